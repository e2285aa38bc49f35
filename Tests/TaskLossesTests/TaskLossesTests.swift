import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import TaskLosses
import Testing

private var catalogue: Catalogue {
  var catalogue = Catalogue()
  catalogue.add(CrossEntropyLoss.self)
  catalogue.add(BinaryCrossEntropyLoss.self)
  catalogue.add(MeanSquaredErrorLoss.self)
  catalogue.add(MeanAbsoluteErrorLoss.self)
  return catalogue
}

@Suite struct `Task losses` {
  @Test(arguments: [
    (
      "cross-entropy",
      [
        "cross-entropy", "cross-entropy-smooth", "cross-entropy-weights", "cross-entropy-both", "cross-entropy-one",
        "cross-entropy-steep",
      ]
    ),
    ("binary-cross-entropy", ["binary-cross-entropy", "binary-cross-entropy-steep", "binary-cross-entropy-one"]),
    ("mse", ["mse", "mse-one", "mse-exact"]), ("mae", ["mae", "mae-one", "mae-exact"]),
  ])
  func `and their gradients are PyTorch's`(_ name: String, _ cases: [String]) throws {
    for each in cases {
      #expect(try Probe.violations("loss:\(name)", of: catalogue, against: Fixture("losses/\(each)")) == [])
    }
  }

  /// The sum over samples of one pass is its loss; a sample's share is the same whoever else is in the batch.
  @Test(arguments: [
    ("cross-entropy", [:]), ("cross-entropy", ["smoothing": Setting.number(0.2)]),
    ("cross-entropy", ["weights": .list([.integer(1), .number(0.5), .integer(3)])]),
    ("cross-entropy", ["weights": .list([.integer(1), .integer(0), .integer(3)]), "smoothing": .number(0.3)]),
    ("binary-cross-entropy", [:]), ("mse", [:]), ("mae", [:]),
  ])
  func `come apart by sample`(_ name: String, _ settings: [String: Setting]) throws {
    var stream = RandomStream(seed: 4, .sampling)
    let output = stream.normal([5, 3], deviation: 3)
    func target(_ rows: Range<Int>) -> (TargetSpecification, Target) {
      switch name {
      case "cross-entropy": (.classes(["a", "b", "c"]), .classes(rows.map { Int32($0 % 3) }))
      case "binary-cross-entropy":
        (.labels(["a", "b", "c"]), .labels(Tensor(rows.flatMap { [Float($0 % 2), 1, 0] }, Shape(rows.count, 3))))
      default: (.values(["a", "b", "c"]), .values(Tensor(rows.flatMap { [Float($0), 1, 0] }, Shape(rows.count, 3))))
      }
    }
    let loss = try catalogue.losses[name]!.make(settings, "loss", target(0..<5).0, Scope(seed: 1))
    func pass(_ rows: Range<Int>) -> Pass {
      let batch = Batch(inputs: [:], target: target(rows).1, samples: Array(rows))
      let prediction = Prediction(output.slice(0, rows))
      return Pass(batch: batch, modalities: [], encoded: [], fused: Fused(.ones([1])), prediction: prediction)
    }
    var context = Context.evaluation()
    let samples = try #require(loss.samples(pass(0..<5)))
    #expect(samples.values.count == 5 && samples.weights.count == 5)
    let whole = samples.values.reduce(0, +) / samples.weights.reduce(0, +)
    #expect(abs(whole - Double(loss(pass(0..<5), &context).scalar)) < 1e-6 * max(1, whole))
    for row in 0..<5 {
      let alone = try #require(loss.samples(pass(row..<(row + 1))))
      #expect(abs(alone.values[0] - samples.values[row]) < 1e-6 && alone.weights[0] == samples.weights[row])
    }
  }

  @Test func `with another setting or in another's place are told apart`() throws {
    let smooth = try Fixture("losses/cross-entropy-smooth")
    #expect(try !Probe.violations("loss:cross-entropy", of: catalogue, against: smooth, settings: [:]).isEmpty)
    #expect(
      try !Probe.violations(
        "loss:cross-entropy", of: catalogue, against: smooth, settings: ["smoothing": .number(0.11)]
      ).isEmpty)
    #expect(try !Probe.violations("loss:mae", of: catalogue, against: Fixture("losses/mse")).isEmpty)
  }

  @Test(arguments: [
    (
      "cross-entropy", TargetSpecification.labels(["a", "b"]),
      "loss cross-entropy: it is for classes; the target is any of 2 labels. Use binary-cross-entropy."
    ),
    (
      "binary-cross-entropy", .values(["a"]),
      "loss binary-cross-entropy: it is for labels; the target is one number. Use mse or mae."
    ),
    ("mse", .classes(["a", "b"]), "loss mse: it is for numbers; the target is one of 2 classes. Use cross-entropy."),
    (
      "mae", .labels(["a", "b"]),
      "loss mae: it is for numbers; the target is any of 2 labels. Use binary-cross-entropy."
    ),
  ])
  func `refuse another kind of target and name the loss for it`(
    _ name: String, _ target: TargetSpecification, _ sentence: String
  ) throws {
    let loss = try Catalogue.find(name, "loss", in: catalogue.losses, at: "loss")
    #expect(throws: SetupError(sentence)) { _ = try loss.make([:], "loss", target, Scope(seed: 1)) }
  }

  @Test(arguments: [
    (["smoothing": Setting.number(1)], "loss cross-entropy: smoothing is 1.0; expected at least 0 and less than 1"),
    (["weights": .list([.integer(1)])], "loss cross-entropy: weights has 1 numbers for 2 classes (cat, dog)"),
    (
      ["weights": .list([.integer(1), .integer(-2)])],
      "loss cross-entropy: weights[1] is -2.0; expected a number at or above 0"
    ),
    (
      ["weights": .list([.integer(0), .integer(0)])],
      "loss cross-entropy: all weights are 0; expected at least one above 0"
    ),
  ])
  func `refuse settings outside their range`(_ settings: [String: Setting], _ sentence: String) throws {
    let loss = try Catalogue.find("cross-entropy", "loss", in: catalogue.losses, at: "loss")
    #expect(throws: SetupError(sentence)) {
      _ = try loss.make(settings, "loss", .classes(["cat", "dog"]), Scope(seed: 1))
    }
  }
}
