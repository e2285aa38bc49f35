import BraidCore
import BraidNN
import BraidData
import BraidTensor
import BraidTraining
import Testing

private let fully = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.learningRate) = (25, 16, 0.02) }

private func accuracy(_ result: TrainingResult) -> Double { result.metrics[.test]!["accuracy"]! }

@Suite struct `Training` {
  @Test(arguments: [
    ("tensor", ["width": Setting.integer(4)]), ("concat", ["width": .integer(8), "hidden": .list([.integer(16)])]),
  ])
  func `learns from two modalities what neither says alone`(_ fusion: String, _ settings: [String: Setting]) throws {
    let data = try Toy.exclusiveOr()
    let learner = try Learner(data, ["left": hidden, "right": hidden], (fusion, settings))
    let result = try learner.train(on: data, fully)
    #expect(accuracy(result) > 0.9)
    #expect(result.epochs.last!.trainLoss < result.epochs[0].trainLoss / 2)
  }

  @Test(arguments: ["left", "right"])
  func `of one modality alone stays at chance where only both tell`(_ modality: String) throws {
    let data = try Toy.exclusiveOr()
    let result = try Learner(data, [modality: hidden], ("concat", ["width": .integer(8)])).train(on: data, fully)
    #expect((0.35...0.65).contains(accuracy(result)))
  }

  @Test func `on labels drawn at random stays at chance on the test split`() throws {
    let data = try Toy.exclusiveOr(shuffled: true)
    let result = try Learner(data, ["left": hidden, "right": hidden], ("tensor", [:])).train(on: data, fully)
    #expect((0.35...0.65).contains(accuracy(result)))
  }

  /// Each of four steps holds a key and a value; the label is the value of the step whose key the question names.
  @Test func `learns to choose the step that answers, although a choice has no derivative`() throws {
    let data = try Toy.lookup()
    let settings: [String: Setting] = [
      "form": .text("question-guided"), "question": .text("question"), "score": .text("bilinear"), "width": .integer(0),
      "mode": .text("hard"),
    ]
    let learner = try Learner(data, ["question": identity, "steps": identity], ("attention", settings))
    let options = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.learningRate) = (60, 32, 0.03) }
    #expect(accuracy(try learner.train(on: data, options)) > 0.9)
  }

  @Test func `takes the label of a picture from its pixels`() throws {
    let data = try Toy.pictures()
    let cnn: (String, [String: Setting]) = ("cnn", ["channels": .list([.integer(4)]), "batchNorm": .bool(true)])
    let result = try Learner(data, ["picture": cnn], ("attention", [:])).train(on: data, fully)
    #expect(accuracy(result) > 0.9)
  }

  @Test func `predicts any number of labels`() throws {
    var stream = RandomStream(seed: 8, .sampling)
    let values = (0..<240).map { _ in stream.normal() }  // [120, 2]
    let labels: [Float] = stride(from: 0, to: 240, by: 2).flatMap { at -> [Float] in
      [values[at] > 0 ? 1 : 0, values[at + 1] > 0 ? 1 : 0, values[at] > values[at + 1] ? 1 : 0]
    }
    let data = ObservedData(
      try PreparedData(
        [SourceColumn("x", .vectors(values, width: 2))], target: .labels(labels, names: ["a", "b", "c"]),
        splits: Toy.splits(120, train: 80)))
    let result = try Learner(data, ["x": hidden]).train(on: data, fully)
    let evaluation = try #require(result.evaluations[.test])
    #expect(evaluation.scores.count == 20 * 3 && evaluation.values.count == 20 * 3 && evaluation.classes.isEmpty)
    let right = zip(evaluation.scores, evaluation.values).count { ($0 >= 0.5) == ($1 >= 0.5) }
    #expect(right > 52, "of 60 labels")
  }

  @Test(arguments: ["mse", "mae"]) func `predicts numbers`(_ loss: String) throws {
    let data = try Toy.linear()
    let options = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.learningRate) = (40, 16, 0.05) }
    let learner = try Learner(data, ["left": identity, "right": identity], loss: loss)
    let result = try learner.train(on: data, options)
    #expect(result.metrics[.test]!["mse"]! < 0.05, "the noise alone is 0.01, the variance of y about 5")
    // The parameters are the equation's: standardised inputs have the deviations of their columns as factors.
    let deviation = ["left", "right"].map { data.data.standardizers[$0]!.deviation[0] }
    let weight = learner.model.store["head.output.weight"]!.value.elements
    #expect(abs(weight[0] / deviation[0] - 2) < 0.15 && abs(weight[1] / deviation[1] + 1) < 0.15)
  }

  @Test(arguments: ["concat", "gated", "tensor", "attention", "co-attention"])
  func `goes through with missing modalities and empty texts`(_ fusion: String) throws {
    let count = 60
    let classes = (0..<count).map { $0 % 2 }
    let texts = classes.enumerated().map { $0 % 7 == 0 ? "" : $1 == 0 ? "red sky tonight" : "blue" }
    let numbers = classes.map { Float($0) * 2 - 1 }
    let data = ObservedData(
      try PreparedData(
        [
          SourceColumn("words", .texts(texts)),
          SourceColumn("number", .vectors(numbers, width: 1), presence: (0..<count).map { $0 % 3 != 0 }),
        ], target: .classes(classes, names: ["red", "blue"]), splits: Toy.splits(count, train: 40)))
    let gru: (String, [String: Setting]) = ("gru", ["width": .integer(8)])
    let learner = try Learner(
      data, ["words": gru, "number": hidden],
      (fusion, fusion == "gated" || fusion == "tensor" ? ["width": .integer(8)] : [:]))
    let options = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.learningRate) = (20, 8, 0.02) }
    let result = try learner.train(on: data, options)
    #expect(result.evaluations[.test]!.scores.allSatisfy { $0.isFinite })
    #expect(learner.state.values.allSatisfy { $0.allSatisfy(\.isFinite) })
    // Every sample has a text or a number, but the multiples of 21.
    #expect(accuracy(result) >= 0.9)
  }

  @Test(arguments: [(1, 7), (4, 9), (1000, 9), (Int.max, 9)])
  func `takes batches of any size`(_ batchSize: Int, _ train: Int) throws {
    let data = try Toy.exclusiveOr(train + 8, train: train)
    var options = TrainingOptions.short
    options.batchSize = batchSize
    let result = try Learner(data, ["left": hidden, "right": hidden], ("gated", [:])).train(on: data, options)
    #expect(result.epochs.allSatisfy { $0.trainLoss.isFinite })
    let sizes = data.log.batches.filter { $0.split == .train }.map(\.samples.count)
    let size = min(batchSize, train)
    let epoch = Array(repeating: size, count: train / size) + (train % size == 0 ? [] : [train % size])
    #expect(Array(sizes.prefix(epoch.count)) == epoch)
  }
}
