import BraidCore
import BraidData
import BraidTensor
import BraidTraining
import Testing

@Suite struct `What goes wrong while training` {
  @Test func `in the data is named by modality and sample`() throws {
    var data = try Toy.exclusiveOr(70, train: 41)
    data.spoilt = .init(modality: "right", sample: 17)
    let learner = try Learner(data, ["left": hidden, "right": hidden])
    var options = TrainingOptions.short
    options.batchSize = 41
    let found = message { _ = try learner.train(on: data, options) }
    #expect(
      found == "epoch 1, step 0: the loss is NaN. The first values that are not finite come from the data of modality "
        + "\"right\" (sample \"sample 17\").")
    // Not of a modality that is not joined.
    _ = try Learner(data, ["left": hidden]).train(on: data, options)
  }

  @Test func `in the targets is named by sample`() throws {
    let inner = try Toy.linear()
    let data = SpoiltTarget(inner: inner, sample: 5)
    let found = message { _ = try Learner(inner, ["left": identity]).train(on: data, .with { $0.batchSize = 80 }) }
    #expect(
      found
        == "epoch 1, step 0: the loss is NaN. The first values that are not finite come from the target (sample \"5\")."
    )
  }

  @Test func `by a far too high learning rate is named by step and part`() throws {
    let data = try Toy.linear()
    func failure(_ rate: Double, _ optimizer: TrainingOptions.OptimizerName) throws -> String {
      let learner = try Learner(data, ["left": hidden, "right": hidden], ("concat", ["width": .integer(4)]))
      let options = TrainingOptions.with { ($0.learningRate, $0.optimizer, $0.batchSize) = (rate, optimizer, 16) }
      return message { _ = try learner.train(on: data, options) }
    }
    let parameter = try failure(1e39, .adam)
    #expect(parameter.hasPrefix("epoch 1, step 1: the loss is "))
    #expect(parameter.contains("come from the parameter encoder.left.layers.0.weight, after the step before"))
    #expect(parameter.contains("(try a lower learning rate or train.clipNorm)"))
    let fusion = try failure(1e20, .adam)
    #expect(fusion.hasPrefix("epoch 1, step 1: the loss is "))
    #expect(fusion.contains("come from the fusion \"concat\" (sample \"") || fusion.contains("come from the head"))
    #expect(
      try Learner(data, ["left": hidden]).train(on: data, .short).epochs.count == 3, "a rate that is not too high")
  }

  @Test func `is an empty split to train or validate on, before the first step`() throws {
    for (split, sentence) in [
      (Split.train, "the training split is empty: give it samples (a larger share, or more rows)"),
      (.validation, "the validation split is empty: the best epoch is chosen on it, so give it samples"),
    ] {
      var data = try Toy.linear()
      let learner = try Learner(data, ["left": identity])
      data.hidden = [split]
      #expect(throws: SetupError(sentence)) { _ = try learner.train(on: data) }
      #expect(data.log.batches.isEmpty)
    }
  }

  @Test func `in the observer ends training with its error`() throws {
    let data = try Toy.linear()
    let learner = try Learner(data, ["left": identity])
    var epochs = 0
    #expect(throws: SetupError("enough")) {
      _ = try learner.train(on: data, .short) { record in
        epochs = record.epoch
        if record.epoch == 2 { throw SetupError("enough") }
      }
    }
    #expect(epochs == 2)
  }
}

/// One target of the training split is not a number.
private struct SpoiltTarget: Dataset {
  typealias Options = NoOptions
  static let about = About("spoilt", "A target that is not a number")
  let inner: ObservedData
  let sample: Int
  init(inner: ObservedData, sample: Int) { (self.inner, self.sample) = (inner, sample) }
  init(_ options: NoOptions) throws { throw SetupError("made from other data") }
  var inputs: [InputSpecification] { inner.inputs }
  var target: TargetSpecification { inner.target }
  var digest: String { inner.digest }
  func count(_ split: Split) -> Int { inner.count(split) }
  func identifiers(_ split: Split) -> [String] { inner.identifiers(split) }
  func batch(_ split: Split, _ samples: [Int]) throws -> Batch {
    let batch = try inner.batch(split, samples)
    guard split == .train, let place = samples.firstIndex(of: sample), case .values(let values) = batch.target else {
      return batch
    }
    let spoilt = values.copy()
    spoilt.pointer[place] = .nan
    return Batch(inputs: batch.inputs, target: .values(spoilt), samples: samples)
  }
}

@Suite struct `Training options` {
  private static let cases: [(String, @Sendable (inout TrainingOptions) -> Void)] = [
    ("epochs: found 0; expected 1 or more.", { $0.epochs = 0 }),
    ("batchSize: found -1; expected 1 or more.", { $0.batchSize = -1 }),
    ("accumulate: found 0; expected 1 or more.", { $0.accumulate = 0 }),
    ("learningRate: found 0.0; expected a positive number.", { $0.learningRate = 0 }),
    ("learningRate: found nan; expected a positive number.", { $0.learningRate = .nan }),
    ("learningRate: found inf; expected a positive number.", { $0.learningRate = .infinity }),
    ("momentum: found 1.0; expected at least 0 and below 1.", { $0.momentum = 1 }),
    ("weightDecay: found -0.1; expected 0 or more.", { $0.weightDecay = -0.1 }),
    ("weightDecay: found inf; expected 0 or more.", { $0.weightDecay = .infinity }),
    ("groups.head.rate: found -1.0; expected 0 or more.", { $0.groups = ["head": .with { $0.rate = -1 }] }),
    (
      "groups.head.weightDecay: found inf; expected 0 or more, or -1 for that of the others.",
      { $0.groups = ["head": .with { $0.weightDecay = .infinity }] }
    ),
    ("groups: found an empty name; expected the beginning of a parameter's path.", { $0.groups = ["": .init()] }),
    ("emaDecay: found 1.0; expected 0 (no average) or more, and below 1.", { $0.emaDecay = 1 }),
    ("emaDecay: found nan; expected 0 (no average) or more, and below 1.", { $0.emaDecay = .nan }),
    ("warmUp: found 1.5; expected a share between 0 and 1.", { $0.warmUp = 1.5 }),
    ("decayEvery: found 0; expected 1 or more.", { $0.decayEvery = 0 }),
    ("decayFactor: found 0.0; expected a positive number.", { $0.decayFactor = 0 }),
    ("decayFactor: found inf; expected a positive number.", { $0.decayFactor = .infinity }),
    ("clipNorm: found -1.0; expected 0 (no limit) or a positive number of ordinary size.", { $0.clipNorm = -1 }),
    ("clipNorm: found 1e-60; expected 0 (no limit) or a positive number of ordinary size.", { $0.clipNorm = 1e-60 }),
    ("clipNorm: found nan; expected 0 (no limit) or a positive number of ordinary size.", { $0.clipNorm = .nan }),
    ("patience: found -2; expected 0 (never stop early) or more.", { $0.patience = -2 }),
    (
      "monitor: \"acuracy\" is not measured. Measured: loss, accuracy. Did you mean \"accuracy\"?",
      { $0.monitor = "acuracy" }
    ),
    ("monitor: \"zebra\" is not measured. Measured: loss, accuracy.", { $0.monitor = "zebra" }),
  ]

  @Test(arguments: cases.indices) func `out of range are refused with place, value and fix`(_ index: Int) throws {
    let (sentence, change) = Self.cases[index]
    #expect(throws: SetupError("train." + sentence)) {
      try TrainingOptions.with(change).validate(metrics: ["accuracy"], at: "train")
    }
    // Training itself checks them, before it asks for a sample.
    let data = try Toy.exclusiveOr(20, train: 10)
    let learner = try Learner(data, ["left": hidden])
    #expect(throws: SetupError("train." + sentence)) { _ = try learner.train(on: data, .with(change)) }
    #expect(data.log.batches.isEmpty)
  }

  @Test func `for parameters that the model has not are refused before training`() throws {
    let data = try Toy.exclusiveOr(20, train: 10)
    let learner = try Learner(data, ["left": hidden])
    #expect(
      throws: SetupError(
        "train.groups: no parameter's path is \"encoder.right\" or begins with \"encoder.right.\". Paths begin with: encoder, "
          + "encoder.left, head, head.output. Did you mean \"encoder.left\"?")
    ) { _ = try learner.train(on: data, .with { $0.groups = ["encoder.right": .init()] }) }
    #expect(data.log.batches.isEmpty)
  }

  @Test func `at their limits are accepted`() throws {
    try TrainingOptions().validate(metrics: [], at: "train")
    try TrainingOptions.with {
      ($0.epochs, $0.batchSize, $0.momentum, $0.warmUp, $0.decayEvery, $0.patience) = (1, 1, 0, 1, 1, 0)
      $0.monitor = "macro-f1"
    }.validate(metrics: ["accuracy", "macro-f1"], at: "train")
  }

  @Test func `read from a file name a misspelt choice`() {
    #expect(
      throws: SetupError(
        "train.optimizer: found \"adamm\" (text), which is not one of the allowed values. Allowed: sgd, adam, adamw, "
          + "rmsprop, adadelta. Did you mean \"adam\"?")
    ) { _ = try TrainingOptions(["optimizer": .text("adamm")], at: "train") }
  }
}
