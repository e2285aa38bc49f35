import BraidCore
import BraidNN
import BraidTensor
import BraidTraining
import TaskLosses
import Testing

private let dropping: (String, [String: Setting]) = ("mlp", ["layers": .list([.integer(8)]), "dropout": .number(0.3)])

private func outcome(
  _ fusion: String = "gated", seed: UInt64, order: UInt64? = nil
) throws -> (result: TrainingResult, state: [String: [Float]], data: ObservedData) {
  let data = try Toy.exclusiveOr(70, train: 41)
  let learner = try Learner(data, ["left": dropping, "right": dropping], (fusion, [:]), seed: seed)
  return (try learner.train(on: data, .short, seed: order ?? seed), learner.state, data)
}

/// The training samples in the order they were seen, epoch by epoch.
private func order(_ data: ObservedData, epochs: Int, batchSize: Int) -> [[Int]] {
  let count = data.count(.train)
  let steps = (count + batchSize - 1) / batchSize
  let batches = data.log.batches.filter { $0.split == .train }.map(\.samples)
  return (0..<epochs).map { Array(batches[($0 * steps)..<(($0 + 1) * steps)].joined()) }
}

@Suite struct `A seed` {
  @Test func `decides every number of a run`() throws {
    let (first, second, other) = try (outcome(seed: 3), outcome(seed: 3), outcome(seed: 4))
    #expect(first.result.course == second.result.course)
    #expect(first.state == second.state)
    #expect(first.result.evaluations[.test]!.scores == second.result.evaluations[.test]!.scores)
    #expect(first.result.course != other.result.course && first.state != other.state)
    // The seed of training (order, dropout) matters apart from that of the first weights.
    #expect(try outcome(seed: 3, order: 5).state != first.state)
  }

  @Test func `and the epoch decide the order of samples, whatever the model`() throws {
    let reference = try order(outcome("concat", seed: 3).data, epochs: 3, batchSize: 16)
    for fusion in ["gated", "tensor", "attention", "co-attention"] {
      #expect(try order(outcome(fusion, seed: 3).data, epochs: 3, batchSize: 16) == reference, "\(fusion)")
    }
    #expect(reference.allSatisfy { $0.sorted() == Array(0..<41) }, "each epoch sees every sample once")
    #expect(Set(reference).count == 3 && reference[0] != Array(0..<41), "in an order of its own")
    #expect(try order(outcome("concat", seed: 4).data, epochs: 3, batchSize: 16)[0] != reference[0])
    // Nor does the batch size: it only cuts the same order elsewhere.
    let data = try Toy.exclusiveOr(70, train: 41)
    var options = TrainingOptions.short
    options.batchSize = 5
    _ = try Learner(data, ["left": hidden]).train(on: data, options, seed: 3)
    #expect(order(data, epochs: 3, batchSize: 5) == reference)
  }
}

@Suite struct `The splits` {
  @Test func `are kept apart: training never asks for another's samples`() throws {
    let data = try Toy.exclusiveOr(70, train: 41)
    var seen = 0
    let learner = try Learner(data, ["left": hidden, "right": hidden])
    _ = try learner.train(on: data, .short) { record in
      let batches = data.log.batches
      // 41 samples in steps of 16: three training batches an epoch, then the validation split, never the test split.
      #expect(batches[seen...].map(\.split) == [.train, .train, .train, .validation], "epoch \(record.epoch)")
      #expect(batches.last!.samples == Array(0..<data.count(.validation)))
      seen = batches.count
    }
    let rest = data.log.batches[seen...]
    #expect(rest.filter { $0.split == .test }.flatMap(\.samples) == Array(0..<data.count(.test)), "once each")
  }

  @Test func `but for training may be of any content without changing what is learned`() throws {
    let plain = try Toy.exclusiveOr(70, train: 41)
    // The same training samples, others to validate and test on.
    let longer = try Toy.exclusiveOr(90, train: 41)
    let states = try [plain, longer].map { data in
      let learner = try Learner(data, ["left": hidden, "right": hidden])
      var states: [[String: [Float]]] = []
      _ = try learner.train(on: data, .short) { _ in states.append(learner.state) }
      return states
    }
    #expect(states[0] == states[1])
  }
}

@Suite struct `An evaluation` {
  @Test(arguments: [1, 2, 7, 29, 1000, Int.max])
  func `does not depend on the batch size`(_ batchSize: Int) throws {
    let data = try Toy.pictures(58, train: 29)
    let cnn: (String, [String: Setting]) = (
      "cnn", ["channels": .list([.integer(3)]), "batchNorm": .bool(true), "dropout": .number(0.5)]
    )
    let learner = try Learner(data, ["picture": cnn], ("attention", [:]))
    _ = try learner.train(on: data, .short)
    let whole = try evaluate(learner.model, learner.loss, on: data, .train)
    let parts = try evaluate(learner.model, learner.loss, on: data, .train, batchSize: batchSize)
    #expect(whole.evaluation.count == 29 && parts.evaluation.classes == whole.evaluation.classes)
    let difference = zip(parts.evaluation.scores, whole.evaluation.scores).map { abs($0 - $1) }.max()!
    #expect(difference < 2e-6, "products of other sizes may round differently, no more")
    #expect(abs(parts.loss - whole.loss) < 2e-6)
    #expect(Set(whole.evaluation.scores).count > 20, "samples are told apart")
  }

  @Test func `of the mean loss counts samples, not batches`() throws {
    let data = try Toy.linear(20, train: 7)
    let learner = try Learner(data, ["left": identity, "right": identity])
    let each = try (0..<7).map { sample -> Double in
      var context = Context.evaluation()
      return Double(learner.loss(learner.model(try data.batch(.train, [sample]), &context), &context).scalar)
    }
    let mean = each.reduce(0, +) / 7
    let found = try evaluate(learner.model, learner.loss, on: data, .train, batchSize: 3).loss  // 3 + 3 + 1
    #expect(abs(found - mean) < 1e-5 * mean)
  }

  @Test func `of a loss with class weights divides by the weights of the whole split`() throws {
    let data = try Toy.exclusiveOr(40, train: 29)
    var learner = try Learner(data, ["left": identity, "right": identity])
    learner.loss = try CrossEntropyLoss(
      .init(smoothing: 0.1, weights: [1, 7]), for: data.target, in: Scope(seed: 1))
    var context = Context.evaluation()
    let all = learner.model(try data.batch(.train, Array(0..<29)), &context)
    let whole = Double(learner.loss(all, &context).scalar)
    for batchSize in [1, 2, 7, 29] {
      let found = try evaluate(learner.model, learner.loss, on: data, .train, batchSize: batchSize).loss
      #expect(abs(found - whole) < 1e-5 * whole, "batches of \(batchSize)")
    }
  }

  @Test func `leaves the model as it was`() throws {
    let data = try Toy.pictures(24, train: 8)
    let cnn: (String, [String: Setting]) = ("cnn", ["channels": .list([.integer(3)]), "batchNorm": .bool(true)])
    let learner = try Learner(data, ["picture": cnn])
    let before = learner.state
    _ = try evaluate(learner.model, learner.loss, on: data, .validation)
    _ = try flopsPerSample(learner.model, on: data)
    #expect(learner.state == before)
    _ = try learner.train(on: data, .short)
    #expect(learner.state != before)
  }

  @Test func `of an empty split is empty, its loss not a number`() throws {
    var data = try Toy.linear()
    data.hidden = [.test]
    let learner = try Learner(data, ["left": identity])
    let result = try learner.train(on: data, .short)
    #expect(result.evaluations[.test]!.count == 0 && result.evaluations[.test]!.scores.isEmpty)
    #expect(result.metrics[.test]!["loss"]!.isNaN && result.metrics[.test]!["mse"]!.isNaN)
  }
}

@Suite struct `Floating-point operations` {
  @Test func `of a linear model are two for each weight`() throws {
    let data = try Toy.exclusiveOr(20, train: 10)
    let learner = try Learner(data, ["left": identity, "right": identity])
    // [left; right] W + b, with 3 inputs and 2 classes.
    #expect(try flopsPerSample(learner.model, on: data) == 2 * 3 * 2)
    #expect(try flopsPerSample(learner.model, on: data, samples: 1) == 2 * 3 * 2)
    #expect(try learner.train(on: data, .short).flopsPerSample == 2 * 3 * 2)
  }

  @Test func `count what a fusion does to raw inputs, too`() throws {
    let data = try Toy.exclusiveOr(20, train: 10)
    let tensor = try Learner(data, ["left": identity, "right": identity], ("tensor", ["width": .integer(0)]))
    // (2 + 1) · (1 + 1) products, then the head on 6 features.
    #expect(try flopsPerSample(tensor.model, on: data) >= 3 * 2 + 2 * 6 * 2)
  }
}
