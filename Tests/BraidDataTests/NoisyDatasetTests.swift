import BraidCore
import BraidData
import BraidTensor
import Testing

/// Prepared samples as a data set.
private struct Samples: Dataset {
  typealias Options = NoOptions
  static let about = About("samples", "Samples in memory")
  let data: PreparedData
  init(_ data: PreparedData) { self.data = data }
  init(_ options: NoOptions) throws { throw SetupError("samples are made from arrays") }
  var inputs: [InputSpecification] { data.inputs }
  var target: TargetSpecification { data.target }
  var digest: String { data.digest }
  func count(_ split: Split) -> Int { data.count(split) }
  func identifiers(_ split: Split) -> [String] { data.identifiers(split) }
  func batch(_ split: Split, _ samples: [Int]) throws -> Batch { try data.batch(split, samples) }
  func preview(_ split: Split, _ sample: Int) -> [Preview] { data.preview(split, sample) }
}

@Suite struct NoisyDatasetTests {
  /// 400 training samples of every kind, 20 of the other splits; every fourth lacks its sequence.
  private let clean: Samples
  init() throws {
    let count = 440
    let lengths = (0..<count).map { $0 % 5 + 1 }
    let steps = SourceColumn(
      "steps", .sequences((0..<2 * lengths.reduce(0, +)).map { Float($0 % 17) }, width: 2, lengths: lengths),
      presence: (0..<count).map { $0 % 4 != 3 })
    clean = Samples(
      try PreparedData(
        [
          SourceColumn("numbers", .vectors((0..<3 * count).map { Float($0 % 11) }, width: 3)), steps,
          SourceColumn(
            "words",
            .texts((0..<count).map { Array(repeating: "cat dog", count: $0 % 4 + 1).joined(separator: " ") })),
          SourceColumn(
            "picture",
            .images((0..<count * 12).map { UInt8($0 * 7 % 256) }, channels: 3, height: 2, width: 2)),
        ],
        target: .classes((0..<count).map { $0 % 2 }, names: ["a", "b"]),
        splits: (0..<count).map { $0 < 400 ? .train : $0 < 420 ? .validation : .test }))
  }
  private func noise(_ change: (inout InputNoise) -> Void) -> InputNoise {
    var noise = InputNoise()
    change(&noise)
    return noise
  }
  private func noisy(_ modality: String, _ change: (inout InputNoise) -> Void) throws -> NoisyDataset {
    try NoisyDataset(clean, [modality: noise(change)])
  }
  /// What is added to a modality's values.
  private func added(to modality: String, in data: NoisyDataset, _ split: Split, _ samples: [Int]) throws
    -> Tensor
  {
    try data.batch(split, samples).inputs[modality]!.values! - clean.batch(split, samples).inputs[modality]!.values!
  }

  @Test(arguments: ["numbers", "picture"]) func `gaussian noise has mean 0 and the deviation asked for`(
    _ modality: String
  ) throws {
    let noise = try added(to: modality, in: noisy(modality) { $0.gaussian = 0.5 }, .train, Array(0..<400)).elements
    let count = Float(noise.count)
    let mean: Float = noise.reduce(0, +) / count
    let squares: [Float] = noise.map { ($0 - mean) * ($0 - mean) }
    let deviation = (squares.reduce(0, +) / count).squareRoot()
    // five standard errors
    #expect(abs(mean) < 5 * 0.5 / count.squareRoot())
    #expect(abs(deviation - 0.5) < 5 * 0.5 / (2 * count).squareRoot())
    #expect(Set(noise).count > noise.count / 2, "every value has its own")
  }

  @Test func `a sample's noise is its own: the batch, the padding and the order change nothing`() throws {
    let data = try noisy("steps") { $0.gaussian = 1 }
    // sample 0 has one step, sample 4 five
    let alone = try data.batch(.train, [0]).inputs["steps"]!.values!  // [1, 1, 2]
    let padded = try data.batch(.train, [4, 0]).inputs["steps"]!.values!  // [2, 5, 2]
    #expect(Array(padded.elements[10..<12]) == alone.elements)
    #expect(try data.batch(.train, [4, 0]).inputs["steps"]!.values!.elements == padded.elements, "every time the same")
  }

  @Test func `padding stays zero, missing modalities stay as they were, other modalities are not touched`() throws {
    let data = try noisy("steps") { $0.gaussian = 1 }
    let noise = try added(to: "steps", in: data, .train, [4, 0, 3])  // [3, 5, 2]; sample 3 lacks its sequence
    #expect(noise.elements[0..<10].allSatisfy { $0 != 0 })
    #expect(noise.elements[12...].allSatisfy { $0 == 0 })
    let (seen, plain) = (try data.batch(.train, [4, 0, 3]), try clean.batch(.train, [4, 0, 3]))
    #expect(seen.inputs["numbers"]!.values!.elements == plain.inputs["numbers"]!.values!.elements)
    #expect(seen.inputs["words"]!.tokens == plain.inputs["words"]!.tokens)
  }

  @Test func `splits, modalities and seeds have noise of their own; stronger noise is the same noise`() throws {
    func drawn(_ split: Split, _ change: (inout InputNoise) -> Void) throws -> [Float] {
      try added(to: "numbers", in: noisy("numbers", change), split, [0, 1]).elements
    }
    let one = try drawn(.train) { $0.gaussian = 1 }
    #expect(try drawn(.test) { $0.gaussian = 1 } != one)
    #expect(
      try drawn(.train) {
        $0.gaussian = 1
        $0.seed = 1
      } != one)
    let strong = try drawn(.train) { $0.gaussian = 4 }
    #expect(zip(one, strong).allSatisfy { abs(4 * $0 - $1) < 1e-5 * max(1, abs($1)) })
  }

  private static let splits: [(InputNoise.Over, Set<Split>)] = [
    (.all, [.train, .validation, .test]), (.train, [.train]), (.evaluation, [.validation, .test]), (.test, [.test]),
  ]
  @Test(arguments: splits) func `over says which splits`(_ over: InputNoise.Over, _ splits: Set<Split>) throws {
    let data = try noisy("numbers") { ($0.gaussian, $0.over) = (1, over) }
    for split in Split.allCases {
      let noise = try added(to: "numbers", in: data, split, [0, 1]).elements
      #expect(noise.allSatisfy { $0 != 0 } == splits.contains(split))
      #expect(noise.allSatisfy { $0 == 0 } != splits.contains(split))
    }
  }

  @Test func `lost words become the unknown word, as often as asked; what less loses, more loses too`() throws {
    func ids(_ drop: Double) throws -> [Int32] {
      try noisy("words") { $0.drop = drop }.batch(.train, Array(0..<400)).inputs["words"]!.tokens!.ids
    }
    let plain = try clean.batch(.train, Array(0..<400)).inputs["words"]!.tokens!.ids
    let (some, more, all) = (try ids(0.2), try ids(0.6), try ids(1))
    let words = plain.indices.filter { plain[$0] != 0 }
    for (found, share) in [(some, 0.2), (more, 0.6), (all, 1)] {
      #expect(plain.indices.allSatisfy { found[$0] == plain[$0] || plain[$0] != 0 && found[$0] == 1 })
      let lost = Double(words.count { found[$0] == 1 }) / Double(words.count)
      #expect(abs(lost - share) <= 5 * (share * (1 - share) / Double(words.count)).squareRoot())
    }
    #expect(words.allSatisfy { some[$0] != 1 || more[$0] == 1 })
  }

  @Test func `lost steps are zeros in their place`() throws {
    let data = try noisy("steps") { $0.drop = 0.5 }
    let (seen, plain) = (try data.batch(.train, Array(0..<40)), try clean.batch(.train, Array(0..<40)))
    #expect(seen.inputs["steps"]!.steps!.elements == plain.inputs["steps"]!.steps!.elements)
    let pairs = zip(seen.inputs["steps"]!.values!.elements, plain.inputs["steps"]!.values!.elements)
    #expect(pairs.allSatisfy { $0 == $1 || $0 == 0 })
    #expect(pairs.contains { $0 == 0 && $1 != 0 } && pairs.contains { $0.0 != 0 })
  }

  @Test func `the digest says what was laid over what`() throws {
    let digests = [
      clean.digest, try noisy("numbers") { $0.gaussian = 1 }.digest, try noisy("numbers") { $0.gaussian = 2 }.digest,
      try noisy("picture") { $0.gaussian = 1 }.digest, try noisy("words") { $0.drop = 0.5 }.digest,
      try noisy("numbers") { ($0.gaussian, $0.over) = (1, .test) }.digest,
      try noisy("numbers") { ($0.gaussian, $0.seed) = (1, 7) }.digest,
    ]
    #expect(Set(digests).count == digests.count)
    #expect(try noisy("numbers") { $0.gaussian = 1 }.digest == digests[1])
  }

  @Test func `what does not fit is refused`() {
    func complaint(_ modality: String, _ change: (inout InputNoise) -> Void) -> String? {
      #expect(throws: SetupError.self) { try noisy(modality, change) }?.description
    }
    #expect(
      complaint("pictures") { $0.gaussian = 0.5 }
        == "noise.pictures: the data set has no modality \"pictures\". It has numbers, steps, words, picture. "
        + "Did you mean \"picture\"?")
    #expect(
      complaint("words") { $0.gaussian = 0.5 }
        == "noise.words.gaussian: \"words\" has words, not numbers; use drop.")
    #expect(
      complaint("numbers") { $0.drop = 0.5 }
        == "noise.numbers.drop: \"numbers\" has no words or steps to lose; use gaussian.")
    #expect(
      complaint("picture") { $0.gaussian = -1 }
        == "noise.picture.gaussian: found -1.0; expected a standard deviation, 0 or more.")
    #expect(
      complaint("words") { $0.drop = 1.5 } == "noise.words.drop: found 1.5; expected a probability between 0 and 1.")
  }
}
