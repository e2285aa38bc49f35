import BraidCore
import BraidTensor
import BraidTraining
import Synchronization
import Testing

/// Returns the numbers it was given, one a call.
private final class Script: Sendable {
  private let values: Mutex<[Double]>
  init(_ values: [Double]) { self.values = Mutex(values) }
  func next() -> Double { values.withLock { $0.isEmpty ? .nan : $0.removeFirst() } }
}
private struct Rising: Metric {
  typealias Options = NoOptions
  static let about = About("rising", "Scripted, more is better")
  static let higherIsBetter = true
  var script = Script([])
  init(_ script: [Double]) { self.script = Script(script) }
  init(_ options: Options, for target: TargetSpecification) throws {}
  func callAsFunction(_ evaluation: Evaluation) -> Double { script.next() }
}
private struct Falling: Metric {
  typealias Options = NoOptions
  static let about = About("falling", "Scripted, less is better")
  static let higherIsBetter = false
  var script = Script([])
  init(_ script: [Double]) { self.script = Script(script) }
  init(_ options: Options, for target: TargetSpecification) throws {}
  func callAsFunction(_ evaluation: Evaluation) -> Double { script.next() }
}

/// A training run whose metric is scripted, and the model's state after each epoch.
private func run(
  _ metric: any Metric, epochs: Int, patience: Int = 0
) throws -> (result: TrainingResult, states: [[String: [Float]]], final: [String: [Float]]) {
  let data = try Toy.pictures(16, train: 8)
  var learner = try Learner(
    data, ["picture": ("cnn", ["channels": .list([.integer(2)]), "batchNorm": .bool(true)])])
  learner.metrics = [("scripted", metric)]
  var states: [[String: [Float]]] = []
  let options = TrainingOptions.with {
    ($0.epochs, $0.batchSize, $0.learningRate) = (epochs, 4, 0.05)
    ($0.patience, $0.monitor) = (patience, "scripted")
  }
  let result = try learner.train(on: data, options) { _ in states.append(learner.state) }
  return (result, states, learner.state)
}

@Suite struct `The best epoch` {
  @Test(arguments: [
    ([0.1, 0.5, 0.3, 0.4], 2), ([0.1, 0.5, 0.5, 0.2], 2), ([.nan, 0.1, .nan, 0.2], 4), ([0.3, .nan, 0.2, .nan], 1),
    ([.nan, .nan, .nan, .nan], 1), ([-.infinity, .nan, -5, .nan], 3),
  ])
  func `is the first with the highest value where more is better`(_ script: [Double], _ best: Int) throws {
    #expect(try run(Rising(script), epochs: script.count).result.bestEpoch == best)
  }

  @Test(arguments: [
    ([0.1, 0.5, 0.05, 0.4], 3), ([0.5, 0.2, 0.2], 2), ([.nan, 0.9, 1.2], 2), ([3, .nan, .infinity], 1),
  ])
  func `is the first with the lowest value where less is better`(_ script: [Double], _ best: Int) throws {
    #expect(try run(Falling(script), epochs: script.count).result.bestEpoch == best)
  }

  @Test func `is the lowest validation loss by default`() throws {
    let data = try Toy.exclusiveOr(120, train: 24)
    let options = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.learningRate) = (40, 8, 0.05) }
    let learner = try Learner(data, ["left": hidden, "right": hidden], ("tensor", [:]))
    let result = try learner.train(on: data, options)
    let losses = result.epochs.map(\.validationLoss)
    #expect(result.bestEpoch == losses.firstIndex(of: losses.min()!)! + 1)
    #expect(result.bestEpoch < 40, "24 samples are soon learned by heart: the last epoch is not the best")
    #expect(result.metrics[.validation]!["loss"] == losses.min())
  }

  @Test func `leaves its parameters and running statistics in the model`() throws {
    let (result, states, final) = try run(Rising([0, 1, 0.5, 0.7]), epochs: 4)
    #expect(final.keys.contains("encoder.picture.blocks.0.norm.running-mean"))
    #expect(final == states[1])
    // Every one differs from the last epoch's, or the check above could not fail.
    #expect(final.keys.allSatisfy { final[$0] != states[3][$0] })
    #expect(result.metrics[.validation]!["loss"] == result.epochs[1].validationLoss)
    #expect(result.metrics[.validation]!["loss"] != result.epochs[3].validationLoss)
  }

  @Test func `is what the test split is evaluated with`() throws {
    let data = try Toy.pictures(24, train: 8)
    let cnn: (String, [String: Setting]) = ("cnn", ["channels": .list([.integer(2)]), "batchNorm": .bool(true)])
    var learner = try Learner(data, ["picture": cnn])
    learner.metrics = [("scripted", Rising([0, 1, 0.5]))]
    var losses: [Double] = []
    let options = TrainingOptions.with {
      ($0.epochs, $0.batchSize, $0.learningRate, $0.monitor) = (3, 4, 0.05, "scripted")
    }
    let result = try learner.train(on: data, options) { _ in
      losses.append(try evaluate(learner.model, learner.loss, on: data, .test).loss)
    }
    #expect(result.metrics[.test]!["loss"] == losses[1])
    #expect(Set(losses).count == 3)
  }

  @Test(arguments: [(1, 3), (2, 4), (3, 8), (0, 8)])
  func `is waited for so many epochs`(_ patience: Int, _ epochs: Int) throws {
    // Best at 2, then again only after two worse ones.
    let script = [0.1, 0.5, 0.4, 0.3, 0.6, 0.2, 0.2, 0.2]
    let (result, states, final) = try run(Rising(script), epochs: 8, patience: patience)
    #expect(result.epochs.map(\.epoch) == Array(1...epochs))
    #expect(result.bestEpoch == (epochs == 8 ? 5 : 2))
    #expect(final == states[result.bestEpoch - 1])
    #expect(result.epochs.map { $0.metrics["scripted"] } == Array(script.prefix(epochs)))
  }
}
