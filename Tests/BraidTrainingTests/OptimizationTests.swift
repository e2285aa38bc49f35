import BraidCore
import BraidNN
import BraidTensor
import BraidTraining
import Foundation
import Testing

/// Four epochs of five steps on 80 samples; the rates that the epochs report are those of their last steps.
private func rates(_ change: (inout TrainingOptions) -> Void) throws -> [Double] {
  let data = try Toy.linear()
  var options = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.learningRate) = (4, 16, 0.1) }
  change(&options)
  return try Learner(data, ["left": identity, "right": identity]).train(on: data, options).epochs.map(\.learningRate)
}

private func expectRates(
  _ found: [Double], _ expected: [Double], _ sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, sourceLocation: sourceLocation)
  for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-7, sourceLocation: sourceLocation) }
}

/// The parameters after one step of plain descent on the whole split, and before it.
private func oneStep(
  _ change: (inout TrainingOptions) -> Void
) throws -> (before: [Float], after: [Float]) {
  let data = try Toy.linear()
  let learner = try Learner(data, ["left": identity, "right": identity])
  func values() -> [Float] { learner.model.store.parameters.flatMap(\.value.elements) }
  let before = values()
  var options = TrainingOptions.with {
    ($0.epochs, $0.batchSize, $0.learningRate, $0.optimizer, $0.momentum) = (1, 1000, 0.1, .sgd, 0)
  }
  change(&options)
  _ = try learner.train(on: data, options)
  return (before, values())
}

private func length(_ step: (before: [Float], after: [Float])) -> Float {
  zip(step.after, step.before).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
}

@Suite struct `The learning rate` {
  @Test func `is constant by default`() throws { expectRates(try rates { _ in }, [0.1, 0.1, 0.1, 0.1]) }

  @Test func `drops on whole epochs with a step schedule`() throws {
    let found = try rates { ($0.schedule, $0.decayEvery, $0.decayFactor) = (.step, 2, 0.5) }
    expectRates(found, [0.1, 0.1, 0.05, 0.05])
    expectRates(try rates { ($0.schedule, $0.decayEvery) = (.step, .max) }, [0.1, 0.1, 0.1, 0.1])
  }

  @Test func `goes down a half cosine`() throws {
    // Steps 4, 9, 14 and 19 of 20.
    let expected = [4, 9, 14, 19].map { 0.1 * (1 + cos(Double.pi * $0 / 20)) / 2 }
    expectRates(try rates { $0.schedule = .cosine }, expected)
  }

  @Test func `rises over the warm-up's share of all steps`() throws {
    // Ten steps of warm-up: step 4 has half the rate, step 9 all of it.
    expectRates(try rates { $0.warmUp = 0.5 }, [0.05, 0.1, 0.1, 0.1])
  }

  @Test func `reaches the parameters: a step is as long as the rate`() throws {
    let (full, half) = try (length(oneStep { _ in }), length(oneStep { $0.learningRate = 0.05 }))
    #expect(abs(full / half - 2) < 1e-4)
    #expect(full > 0.01)
  }

  @Test func `of a whole run with a schedule leads elsewhere than without`() throws {
    let data = try Toy.linear()
    let states = try [TrainingOptions.ScheduleName.constant, .cosine, .step].map { schedule in
      let learner = try Learner(data, ["left": identity, "right": identity])
      var options = TrainingOptions.short
      (options.schedule, options.decayEvery) = (schedule, 1)
      _ = try learner.train(on: data, options)
      return learner.state["head.output.weight"]!
    }
    #expect(Set(states).count == 3)
  }
}

@Suite struct `The gradient's norm` {
  @Test func `is limited by clipNorm`() throws {
    let free = try length(oneStep { _ in })
    #expect(free > 0.1 * 0.25, "the gradient is longer than a quarter")
    let clipped = try length(oneStep { $0.clipNorm = 0.25 })
    #expect(abs(clipped - 0.1 * 0.25) < 1e-6)
    #expect(try abs(length(oneStep { $0.clipNorm = 1e6 }) - free) < 1e-6, "a limit it does not reach changes nothing")
  }
}

@Suite struct `Weight decay` {
  @Test func `pulls towards zero: added to the gradient, or decoupled`() throws {
    let plain = try oneStep { _ in }
    let decayed = try oneStep { $0.weightDecay = 0.5 }
    for (index, before) in plain.before.enumerated() {
      #expect(abs(decayed.after[index] - (plain.after[index] - 0.1 * 0.5 * before)) < 1e-6, "sgd, \(index)")
    }
    let adam = try oneStep { $0.optimizer = .adam }
    let decoupled = try oneStep { ($0.optimizer, $0.weightDecay) = (.adamw, 0.5) }
    for (index, before) in adam.before.enumerated() {
      #expect(abs(decoupled.after[index] - (adam.after[index] - 0.1 * 0.5 * before)) < 1e-6, "adamw, \(index)")
    }
    #expect(plain.before.contains { abs($0) > 0.1 }, "there is something to pull")
  }

  @Test func `is none by default, in every optimiser`() throws {
    let adam = try oneStep { $0.optimizer = .adam }
    let adamW = try oneStep { $0.optimizer = .adamw }
    #expect(adam.after == adamW.after && adam.after != adam.before)
  }

  @Test func `and momentum change where descent goes`() throws {
    let data = try Toy.linear()
    let states = try [0, 0.9].map { momentum in
      let learner = try Learner(data, ["left": identity, "right": identity])
      var options = TrainingOptions.short
      (options.optimizer, options.momentum) = (.sgd, momentum)
      _ = try learner.train(on: data, options)
      return learner.state["head.output.weight"]!
    }
    #expect(states[0] != states[1])
  }
}

@Suite struct `The optimiser` {
  /// Its first step, worked out by hand: with a running mean that starts at 0 the size of a gradient hardly matters.
  @Test(arguments: [
    (TrainingOptions.OptimizerName.rmsprop, 0.1, 0.1 / 0.01.squareRoot()),  // η g / √(0.01 g²)
    (.adadelta, 1, 1e-3 / 0.1.squareRoot()),  // √ε g / √(0.1 g²)
    (.adam, 0.1, 0.1),
  ])
  func `is the one that is named`(_ name: TrainingOptions.OptimizerName, _ rate: Double, _ expected: Double) throws {
    let step = try oneStep { ($0.optimizer, $0.learningRate) = (name, rate) }
    for (before, after) in zip(step.before, step.after) {
      #expect(abs(Double(abs(after - before)) / expected - 1) < 1e-3)
    }
  }
}

@Suite struct `A group of parameters` {
  @Test func `has a rate and a decay of its own`() throws {
    // one step of plain descent of concat and a linear head: weights first, then the bias
    let plain = try oneStep { _ in }
    let still = try oneStep { $0.groups = ["head.output.bias": .with { $0.rate = 0 }] }
    let count = plain.before.count
    #expect(still.after.dropLast() == plain.after.dropLast())
    #expect(still.after[count - 1] == still.before[count - 1] && plain.after[count - 1] != plain.before[count - 1])
    let decayed = try oneStep {
      ($0.weightDecay, $0.groups) = (0.5, ["head.output.weight": .with { $0.weightDecay = 0 }])
    }
    #expect(decayed.after.dropLast() == plain.after.dropLast())
  }
}

@Suite struct `Accumulation` {
  /// 41 samples: the last step of an epoch has fewer batches, and its last batch fewer samples.
  private func outcome(
    _ batchSize: Int, _ accumulate: Int
  ) throws -> (result: TrainingResult, state: [String: [Float]]) {
    let data = try Toy.exclusiveOr(70, train: 41)
    let learner = try Learner(data, ["left": hidden, "right": hidden], ("gated", [:]))
    let options = TrainingOptions.with {
      ($0.epochs, $0.batchSize, $0.accumulate, $0.learningRate) = (3, batchSize, accumulate, 0.05)
      ($0.optimizer, $0.schedule, $0.clipNorm) = (.sgd, .cosine, 0.5)
    }
    return (try learner.train(on: data, options), learner.state)
  }

  @Test(arguments: [(4, 4), (8, 2), (1, 16), (15, 3)]) func `learns what the large batch does, within rounding`(
    _ batchSize: Int, _ accumulate: Int
  ) throws {
    let whole = try outcome(batchSize * accumulate, 1), parts = try outcome(batchSize, accumulate)
    // sums of up to 45 gradients in another order, over nine steps
    let differences = whole.state.flatMap { path, values in zip(values, parts.state[path]!).map { abs($0 - $1) } }
    #expect(differences.max()! < 2e-6)
    #expect(zip(whole.result.course.joined(), parts.result.course.joined()).allSatisfy { abs($0 - $1) < 2e-6 })
    #expect(try outcome(batchSize, 1).state != parts.state)
  }

  @Test func `of more batches than there are is one step an epoch`() throws {
    let all = try outcome(41, 1), many = try outcome(10, .max)
    #expect(many.result.course.map(\.last) == all.result.course.map(\.last), "the rate falls from step to step")
  }
}

@Suite struct `The average over steps` {
  /// One step an epoch, so that the parameters seen after an epoch are those after its step.
  private func outcome(
    _ decay: Double
  ) throws -> (result: TrainingResult, seen: [[Float]], kept: [Float], evaluated: Double) {
    let data = try Toy.linear()
    let learner = try Learner(data, ["left": identity, "right": identity])
    var options = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.learningRate) = (4, 1000, 0.1) }
    options.optimizer = .sgd
    (options.momentum, options.emaDecay) = (0, decay)
    var seen: [[Float]] = []
    func values() -> [Float] { learner.model.store.parameters.flatMap(\.value.elements) }
    let result = try learner.train(on: data, options) { _ in seen.append(values()) }
    return (result, seen, values(), try evaluate(learner.model, learner.loss, on: data, .validation).loss)
  }

  @Test func `is what is validated and kept; training goes on beside it`() throws {
    let plain = try outcome(0), averaged = try outcome(0.75)
    #expect(averaged.seen == plain.seen, "the steps are the same")
    #expect(averaged.result.epochs.map(\.trainLoss) == plain.result.epochs.map(\.trainLoss))
    #expect(plain.result.bestEpoch == 4 && averaged.result.bestEpoch == 4, "the toy only gets better")
    #expect(plain.kept == plain.seen[3])
    var expected = plain.seen[0]
    for later in plain.seen.dropFirst() { expected = zip(expected, later).map { 0.75 * $0 + 0.25 * $1 } }
    for (a, b) in zip(averaged.kept, expected) { #expect(abs(a - b) < 1e-6) }
    #expect(averaged.result.epochs.last!.validationLoss == averaged.evaluated)
    #expect(averaged.evaluated > 1.05 * plain.evaluated, "it lags behind")
  }
}
