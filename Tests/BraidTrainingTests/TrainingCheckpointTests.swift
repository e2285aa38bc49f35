import BraidCore
import BraidNN
import Foundation
import Synchronization
import Testing

@testable import BraidTensor
@testable import BraidTraining

private struct Stopped: Error {}

/// A run with everything that has a memory: dropout, running statistics, an optimiser with moments, an average, a
/// schedule.
private struct Trial {
  var options: TrainingOptions
  var seed: UInt64 = 4
  var fusion = "gated"
  let data: ObservedData

  init(_ change: (inout TrainingOptions) -> Void = { _ in }) throws {
    data = try Toy.pictures(40, train: 21)
    options = .with {
      ($0.epochs, $0.batchSize, $0.accumulate, $0.learningRate) = (7, 4, 2, 0.02)
      ($0.schedule, $0.warmUp, $0.emaDecay, $0.weightDecay) = (.cosine, 0.2, 0.8, 0.01)
    }
    change(&options)
  }

  func learner() throws -> Learner {
    let cnn: (String, [String: Setting]) = (
      "cnn", ["channels": .list([.integer(3)]), "batchNorm": .bool(true), "dropout": .number(0.3)]
    )
    return try Learner(data, ["picture": cnn], (fusion, [:]), seed: 1)
  }

  struct Outcome: Equatable {
    var course: [[Double]]
    var state: [String: [Float]]
    var scores: [[Float]]
    var bestEpoch: Int
  }

  /// Trains to the end, or stops after an epoch as a signal would: between two steps of the program.
  func outcome(_ checkpoint: TrainingCheckpoint? = nil, stoppingAfter epoch: Int? = nil) throws -> Outcome {
    let learner = try learner()
    let result = try BraidTraining.train(
      learner.model, learner.loss, on: data, metrics: learner.metrics, options: options, seed: seed,
      checkpoint: checkpoint
    ) { if $0.epoch == epoch { throw Stopped() } }
    return Outcome(
      course: result.epochs.map { [$0.trainLoss, $0.validationLoss, $0.learningRate, $0.metrics["accuracy"]!] },
      state: learner.state, scores: [Split.validation, .test].map { result.evaluations[$0]!.scores },
      bestEpoch: result.bestEpoch)
  }

  /// The reason why a checkpoint is refused. Nothing may have changed then.
  func refusal(_ checkpoint: TrainingCheckpoint, _ sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    let learner = try learner()
    let before = learner.state
    var reason = "it was believed"
    do {
      _ = try BraidTraining.train(
        learner.model, learner.loss, on: data, metrics: learner.metrics, options: options, seed: seed,
        checkpoint: checkpoint
      ) { _ in throw Stopped() }
    } catch let error as TrainingCheckpointError {
      reason = error.description
      #expect(learner.state == before, sourceLocation: sourceLocation)
    } catch is Stopped {}
    return reason
  }
}

/// A file that goes away with the test.
private final class Place {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString).checkpoint").path
  func checkpoint(_ identity: String = "") -> TrainingCheckpoint { TrainingCheckpoint(path, identity: identity) }
  var bytes: Data {
    get { FileManager.default.contents(atPath: path) ?? Data() }
    set { try? newValue.write(to: URL(fileURLWithPath: path)) }
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct `A training checkpoint` {
  @Test func `is written when an epoch ends and the one before is old enough`() throws {
    let (trial, place) = (try Trial(), Place())
    _ = try? trial.outcome(TrainingCheckpoint(place.path, every: .seconds(3600)), stoppingAfter: 6)
    #expect(!FileManager.default.fileExists(atPath: place.path), "an hour has not passed")
    let whole = try trial.outcome()
    // whatever was written last, and however long ago: the run ends with the same bits
    _ = try? trial.outcome(TrainingCheckpoint(place.path, every: .microseconds(1)), stoppingAfter: 3)
    #expect(FileManager.default.fileExists(atPath: place.path))
    #expect(try trial.outcome(TrainingCheckpoint(place.path, every: .seconds(3600))) == whole)
  }

  /// However often it is told to stop, and although no writing is due: an epoch that is done is not done again.
  @Test func `is written when training is told to stop, which then loses nothing`() throws {
    let (trial, place) = (try Trial(), Place())
    let whole = try trial.outcome()
    let asked = Mutex(0)
    // 3 steps an epoch; asked before each while the file holds all epochs done, and after every epoch
    func stopping(after questions: Int) -> TrainingCheckpoint {
      asked.withLock { $0 = 0 }
      return TrainingCheckpoint(place.path, every: .seconds(3600)) {
        asked.withLock {
          $0 += 1
          return $0 >= questions
        }
      }
    }
    #expect(throws: TrainingStopped(epochs: 0), "at once: nothing is done") { try trial.outcome(stopping(after: 3)) }
    #expect(!FileManager.default.fileExists(atPath: place.path))
    #expect(throws: TrainingStopped(epochs: 1)) { try trial.outcome(stopping(after: 4)) }
    #expect(throws: TrainingStopped(epochs: 1), "at once: the file holds all") { try trial.outcome(stopping(after: 1)) }
    #expect(throws: TrainingStopped(epochs: 3)) { try trial.outcome(stopping(after: 5)) }
    #expect(
      TrainingStopped(epochs: 3).description == "training was told to stop after 3 epochs; the next goes on from there")
    #expect(try trial.outcome(place.checkpoint()) == whole)
    // told so when all epochs are done, it goes on to what it is all for
    #expect(try trial.outcome(stopping(after: 1)) == whole)
  }

  @Test(arguments: [
    TrainingOptions.OptimizerName.sgd, .adam, .adamw, .rmsprop, .adadelta,
  ])
  func `lets a stopped run go on to the same bits, whenever it was stopped`(_ optimizer: TrainingOptions.OptimizerName)
    throws
  {
    let trial = try Trial { $0.optimizer = optimizer }
    let whole = try trial.outcome()
    for epochs in [[1], [6], [7], [2, 3, 5]] {  // one stop, one after the last epoch, and three
      let place = Place()
      for epoch in epochs {
        #expect(throws: Stopped.self) { try trial.outcome(place.checkpoint(), stoppingAfter: epoch) }
      }
      #expect(try trial.outcome(place.checkpoint()) == whole, "stopped after \(epochs)")
    }
    #expect(Set(whole.course.map { $0[1] }).count > 3, "the epochs are told apart")
  }

  /// Settings that differ between parameters, a velocity, and sums that two threads share: work of any size is shared here.
  @Test(arguments: [TrainingOptions.OptimizerName.sgd, .adamw, .rmsprop], [1, 2])
  func `lets a stopped run with groups, momentum and threads go on to the same bits`(
    _ optimizer: TrainingOptions.OptimizerName, _ threads: Int
  ) throws {
    let groups: OptionsMap<TrainingOptions.Group> = [
      "encoder": .with { ($0.rate, $0.weightDecay) = (0.5, 0.2) }, "head": .with { $0.rate = 2 },
      "*.{bias,gain}": .with { $0.weightDecay = 0 },
    ]
    let trial = try Trial { ($0.optimizer, $0.momentum, $0.groups) = (optimizer, 0.95, groups) }
    try Threads.with(threads, sharing: 64) {
      let whole = try trial.outcome()
      for epochs in [[1], [2, 3, 5]] {
        let place = Place()
        for epoch in epochs {
          #expect(throws: Stopped.self) { try trial.outcome(place.checkpoint(), stoppingAfter: epoch) }
        }
        #expect(try trial.outcome(place.checkpoint()) == whole, "stopped after \(epochs)")
      }
      // negative controls: each setting changes the run
      #expect(try Trial { ($0.optimizer, $0.momentum) = (optimizer, 0.95) }.outcome() != whole)
      if optimizer == .sgd {
        #expect(try Trial { ($0.optimizer, $0.momentum, $0.groups) = (optimizer, 0, groups) }.outcome() != whole)
      }
    }
  }

  @Test func `changes nothing by being written, and holds what is over as it ended`() throws {
    let trial = try Trial()
    let place = Place()
    let first = try trial.outcome(place.checkpoint())
    #expect(try first == trial.outcome())
    trial.data.log.clear()
    #expect(try trial.outcome(place.checkpoint()) == first)
    #expect(!trial.data.log.batches.contains { $0.split == .train && $0.samples.count == 4 }, "no step was taken")
    place.checkpoint().remove()
    #expect(place.bytes.isEmpty)
  }

  @Test func `remembers how long patience has lasted`() throws {
    let trial = try Trial { ($0.epochs, $0.patience, $0.learningRate, $0.emaDecay, $0.accumulate) = (40, 3, 0.3, 0, 1) }
    let whole = try trial.outcome()
    #expect(whole.course.count < 40 && whole.course.count > 4, "it stops early")
    for epoch in [whole.course.count - 1, whole.course.count] {
      let place = Place()
      #expect(throws: Stopped.self) { try trial.outcome(place.checkpoint(), stoppingAfter: epoch) }
      #expect(try trial.outcome(place.checkpoint()) == whole)
    }
  }

  @Test func `gives its epochs to the observer first, with the times they took`() throws {
    let trial = try Trial()
    let place = Place()
    func seen(stoppingAfter epoch: Int?) throws -> [EpochRecord] {
      var records: [EpochRecord] = []
      let learner = try trial.learner()
      do {
        _ = try BraidTraining.train(
          learner.model, learner.loss, on: trial.data, metrics: learner.metrics, options: trial.options,
          seed: trial.seed,
          checkpoint: place.checkpoint()
        ) {
          records.append($0)
          if $0.epoch == epoch { throw Stopped() }
        }
      } catch is Stopped {}
      return records
    }
    let first = try seen(stoppingAfter: 4)
    let second = try seen(stoppingAfter: nil)
    #expect(first.map(\.epoch) == [1, 2, 3, 4] && second.map(\.epoch) == [1, 2, 3, 4, 5, 6, 7])
    #expect(second.prefix(4).map(\.seconds) == first.map(\.seconds))
  }

  @Test func `of another run is refused with the first difference`() throws {
    let trial = try Trial()
    let place = Place()
    #expect(throws: Stopped.self) { try trial.outcome(place.checkpoint("cell 1"), stoppingAfter: 2) }
    func refusal(_ identity: String = "cell 1", _ change: (inout Trial) -> Void = { _ in }) throws -> String {
      var other = trial
      change(&other)
      return try other.refusal(place.checkpoint(identity)).replacingOccurrences(of: place.path, with: "FILE")
    }
    let fix = " Remove it to start from the beginning."
    #expect(try refusal() == "it was believed")
    #expect(
      try refusal { $0.seed = 5 } == "FILE: the checkpoint is of another run: seed \"4\" there, \"5\" here.\(fix)")
    #expect(try refusal { $0.options.epochs = 8 }.hasPrefix("FILE: the checkpoint is of another run: options \"…"))
    let options = try refusal { $0.options.epochs = 8 }
    #expect(options.contains("\"epochs\":7") && options.contains("\"epochs\":8"), "\(options)")
    #expect(try refusal { $0.fusion = "attention" }.hasPrefix("FILE: the checkpoint is of another run: model \"…"))
    #expect(
      try refusal("cell 2")
        == "FILE: the checkpoint is of another run: identity \"cell 1\" there, \"cell 2\" here.\(fix)")
  }

  @Test func `cut short anywhere is refused`() throws {
    let trial = try Trial()
    let place = Place()
    #expect(throws: Stopped.self) { try trial.outcome(place.checkpoint(), stoppingAfter: 2) }
    let whole = place.bytes
    var stream = RandomStream(seed: 7, .sampling)
    for length in [0, 1, 7, 8, 9, whole.count - 1] + (0..<30).map({ _ in Int(stream.below(UInt64(whole.count))) }) {
      place.bytes = whole.prefix(length)
      let reason = try trial.refusal(place.checkpoint())
      #expect(
        reason.hasPrefix("\(place.path): the checkpoint is damaged: "), "\(length) of \(whole.count) bytes: \(reason)")
    }
    place.bytes = whole
    #expect(try trial.refusal(place.checkpoint()) == "it was believed")
  }

  @Test func `with any bit changed is refused`() throws {
    let trial = try Trial()
    let place = Place()
    #expect(throws: Stopped.self) { try trial.outcome(place.checkpoint(), stoppingAfter: 2) }
    let whole = place.bytes
    var stream = RandomStream(seed: 8, .sampling)
    for _ in 0..<150 {
      var bytes = whole
      let at = Int(stream.below(UInt64(whole.count)))
      bytes[at] ^= 1 << UInt8(stream.below(8))
      // white space between the header's parts, and the case of an escape, say nothing
      guard bytes[at] != whole[at], whole[at] != UInt8(ascii: " ") else { continue }
      place.bytes = bytes
      #expect(try trial.refusal(place.checkpoint()) != "it was believed", "byte \(at) of \(whole.count)")
    }
  }

  @Test func `that cannot be written ends training with the file's name`() throws {
    let trial = try Trial()
    let said = message { _ = try trial.outcome(TrainingCheckpoint("/nowhere/at/all.checkpoint")) }
    #expect(said.hasPrefix("/nowhere/at/all.checkpoint: cannot be written ("))
  }
}
