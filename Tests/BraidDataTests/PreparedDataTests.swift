import BraidCore
import BraidData
import BraidTensor
import Testing

@Suite struct PreparedDataTests {
  /// Six samples: four to train on, one to validate, one to test, the last two far away from the others.
  private func sample() throws -> PreparedData {
    var words = SourceColumn(
      "words", .texts(["red cat", "red dog", "", "cat cat cat", "zebra cat", "red zebra dog"]),
      presence: [true, true, false, true, true, true])
    words.maximumLength = 3
    return try PreparedData(
      [
        SourceColumn("numbers", .vectors([1, 5, 3, 5, 5, 5, 7, 5, 100, 9, -100, 1], width: 2)),
        SourceColumn("steps", .sequences([1, 2, 3, 4, 5, 6, 7, 8], width: 1, lengths: [1, 2, 1, 1, 1, 2])),
        words,
        SourceColumn("picture", .images((0..<24).map { UInt8($0 * 10) }, channels: 1, height: 2, width: 2)),
      ],
      target: .classes([0, 1, 0, 1, 0, 1], names: ["a", "b"]),
      splits: [.train, .train, .train, .train, .validation, .test], identifiers: ["s0", "s1", "s2", "s3", "s4", "s5"])
  }

  @Test func `specifications, counts and names are those of the samples`() throws {
    let data = try sample()
    #expect(
      data.inputs == [
        InputSpecification("numbers", .vector(width: 2)), InputSpecification("steps", .sequence(width: 1)),
        InputSpecification("words", .tokens(vocabulary: 5)),
        InputSpecification("picture", .image(channels: 1, height: 2, width: 2)),
      ])
    #expect(data.target == .classes(["a", "b"]))
    #expect(Split.allCases.map(data.count) == [4, 1, 1])
    #expect(data.identifiers(.train) == ["s0", "s1", "s2", "s3"] && data.identifiers(.test) == ["s5"])
  }

  @Test func `vocabulary, means and deviations know the training split only`() throws {
    let data = try sample()
    #expect(data.vocabularies["words"]!.words == ["<padding>", "<unknown>", "cat", "red", "dog"])
    #expect(data.standardizers["numbers"]!.mean == [4, 5])
    #expect(
      data.standardizers["numbers"]!.deviation == [Float(5).squareRoot(), 1],
      "a number that never changes is only centred")
    #expect(data.standardizers["steps"]!.mean == [3])
    // Training pixels are 0, 10 … 150, as shares of 255.
    #expect(abs(data.standardizers["picture"]!.mean[0] - 75 / 255) < 1e-6)
    #expect(abs(data.standardizers["picture"]!.deviation[0] - 46.097722 / 255) < 1e-6)
    // Standardised with the training split's numbers: (100 - 4) / √5, 9 - 5.
    #expect(try data.batch(.validation, [0]).inputs["numbers"]!.values!.elements == [96 / Float(5).squareRoot(), 4])
    #expect(try data.batch(.validation, [0]).inputs["words"]!.tokens!.ids == [1, 2], "zebra is unknown")
  }

  @Test func `batches are padded to their longest sequence, with masks for steps and presence`() throws {
    let batch = try sample().batch(.train, [3, 1, 2])
    let words = batch.inputs["words"]!
    #expect(words.tokens == Tokens([2, 2, 2, 3, 4, 0, 0, 0, 0], batch: 3, time: 3))
    #expect(words.steps!.elements == [1, 1, 1, 1, 1, 0, 0, 0, 0])
    #expect(words.presence!.elements == [1, 1, 0])
    let steps = batch.inputs["steps"]!
    #expect(steps.values!.shape == [3, 2, 1] && steps.presence == nil)
    let deviation = Float(2).squareRoot()
    #expect(steps.values!.elements.map { ($0 * deviation).rounded() } == [2, 0, -1, 0, 1, 0])
    #expect(steps.steps!.elements == [1, 0, 1, 1, 1, 0])
    guard case .classes(let classes) = batch.target else { throw SetupError("not classes") }
    #expect(classes == [1, 1, 0] && batch.samples == [3, 1, 2])
    // No mask where nothing is masked.
    let alone = try sample().batch(.train, [1])
    #expect(alone.inputs["words"]!.steps == nil && alone.inputs["words"]!.presence == nil)
    #expect(alone.inputs["steps"]!.values!.shape == [1, 2, 1])
  }

  @Test func `a batch without any real step still has one padded step`() throws {
    let words = try sample().batch(.train, [2]).inputs["words"]!
    #expect(
      words.tokens == Tokens([0], batch: 1, time: 1) && words.steps!.elements == [0] && words.presence!.elements == [0])
  }

  @Test func `pictures come as planes, standardised by channel`() throws {
    var column = SourceColumn(
      "p", .images([0, 255, 51, 102, 9, 9, 9, 9, 1, 1, 1, 1], channels: 2, height: 1, width: 2))
    column.standardize = false
    let data = try PreparedData(
      [column], target: .values([1, 2, 3], names: ["y"]), splits: [.train, .validation, .test])
    let values = try data.batch(.train, [0]).inputs["p"]!.values!
    #expect(values.shape == [1, 2, 1, 2])
    #expect(zip(values.elements, [0, 1, 0.2, 0.4] as [Float]).allSatisfy { abs($0 - $1) < 1e-6 })
    guard case .values(let target) = try data.batch(.test, [0]).target else { throw SetupError("not values") }
    #expect(target.shape == [1, 1] && target.elements == [3])
  }

  @Test func `previews show pictures and words`() throws {
    let previews = try sample().preview(.test, 0)
    guard case .words("words", let words) = previews[0], case .image("picture", let file) = previews[1] else {
      throw SetupError("other previews: \(previews)")
    }
    #expect(words == ["red", "zebra", "dog"])
    #expect(try Picture.decode(file, named: "preview").grey.pixels == [200, 210, 220, 230])
  }

  @Test func `the digest changes with every input and with nothing else`() throws {
    func digest(_ value: Float = 3, label: Int = 1, split: Split = .test, name: String = "v") throws -> String {
      try PreparedData(
        [SourceColumn(name, .vectors([1, 2, value, 4], width: 1))],
        target: .classes([0, label, 0, 1], names: ["a", "b"]),
        splits: [.train, split, .test, .validation]
      ).digest
    }
    let (first, again) = try (digest(), digest())
    #expect(first.count == 64 && first == again)
    #expect(
      Set([first, try digest(3.5), try digest(label: 0), try digest(split: .train), try digest(name: "w")]).count == 5)
  }

  @Test func `mistakes are errors that say what is wrong`() throws {
    let column = SourceColumn("v", .vectors([1, 2, 3], width: 1))
    func error(
      _ columns: [SourceColumn], _ target: SourceTarget = .classes([0, 0, 0], names: ["a"]),
      splits: [Split?] = [.train, .validation, .test], names: [String] = []
    ) -> String {
      message { _ = try PreparedData(columns, target: target, splits: splits, identifiers: names, named: "toy") }
    }
    #expect(error([column]) == "no error")
    #expect(error([]) == "toy: no modalities; expected at least one.")
    #expect(
      error([SourceColumn("v", .vectors([1, 2], width: 1))]) == "toy: modality \"v\" holds 2 samples; expected 3.")
    #expect(
      error([SourceColumn("v", .vectors([1, .nan, 3], width: 1))])
        == "toy: modality \"v\" of sample 1 holds nan; expected finite numbers.")
    #expect(
      error([column], splits: [.train, .train, .test])
        == "toy: the validation split is empty (3 samples in all); every split needs at least one sample.")
    #expect(
      error([column], names: ["x", "y", "x"]) == "toy: identifier \"x\" is used twice; expected every one different.")
    #expect(error([column], .classes([0, 1, 0], names: ["a"])) == "toy: sample 1 has class 1; there are 1 classes.")
    #expect(
      error([SourceColumn("v", .vectors([1, 2, 3], width: 1), presence: [false, true, true])])
        == "toy: no sample of the training split has modality \"v\".")
  }
}

@Suite struct SplitterTests {
  @Test func `every class keeps its proportions, every sample is in one split`() throws {
    let classes = (0..<200).map { $0 % 10 == 0 ? 1 : 0 }  // 20 of class 1
    let splits = try Splitter.splits(classes: classes, options: SplitOptions())
    for (wanted, total) in [(0, 180), (1, 20)] {
      let own = splits.indices.filter { classes[$0] == wanted }.map { splits[$0] }
      for (split, share) in [(Split.train, 0.7), (.validation, 0.15), (.test, 0.15)] {
        #expect(abs(Double(own.count { $0 == split }) - share * Double(total)) <= 1)
      }
    }
    #expect(!splits.contains(nil))
  }

  @Test func `the seed alone decides, and shares below 1 leave samples out`() throws {
    var options = SplitOptions()
    let classes = Array(repeating: 0, count: 50)
    let first = try Splitter.splits(classes: classes, options: options)
    #expect(first == (try Splitter.splits(classes: classes, options: options)))
    options.seed = 1
    #expect(first != (try Splitter.splits(classes: classes, options: options)))
    (options.train, options.validation, options.test) = (0.2, 0.1, 0.1)
    let few = try Splitter.splits(classes: classes, options: options)
    #expect([few.count { $0 == .train }, few.count { $0 == .validation }, few.count { $0 == .test }] == [10, 5, 5])
    options.train = 0.9
    #expect(
      message { _ = try Splitter.splits(classes: classes, options: options) }
        == "split: shares train 0.9, validation 0.1, test 0.1; expected numbers from 0 that are at most 1 together.")
  }
}
