import BraidCore
import BraidNN
import BraidTensor
import Foundation

/// What training a model costs, told from one measured step and one checkpoint.
public struct TrainingCost: Sendable {
  /// Seconds of one training step, and of the forward pass of one batch.
  public let step: Double, pass: Double
  /// Seconds of an epoch with its validation, and of the evaluations at the end.
  public let epoch: Double, end: Double
  /// Seconds of keeping a checkpoint; 0 where none can be kept.
  public let checkpoint: Double

  /// Seconds of the whole training; early stopping can make it less.
  /// - Parameter interval: seconds that pass at least between two checkpoints, which are kept when an epoch ends.
  public func seconds(epochs: Int, checkpointEvery interval: Double = 1) -> Double {
    let kept = interval > 0 ? min(epoch / interval, 1) : 1
    return Double(epochs) * (epoch + kept * checkpoint) + end
  }

  /// Takes two training steps with a full batch and measures the second; the first meets cold memory. The model's
  /// parameters change.
  /// - Throws: what making a batch throws, and `SetupError` for settings that cannot be written down.
  public init(
    of model: FusionModel, _ loss: any Loss, on data: any Dataset, options: TrainingOptions, seed: UInt64
  ) throws {
    let samples = options.samples(of: data.count(.train), seed: seed)
    let batchSize = min(options.batchSize, samples.count)
    var optimizer = options.makeOptimizer()
    var (step, pass) = (0.0, 0.0)
    for number in 0..<2 {
      step = try elapsed {
        let batch = try data.batch(.train, Array(samples.prefix(batchSize)))
        var context = Context.training(seed: seed, step: number)
        let forward = model(batch, &context)
        let gradients = objective(loss(forward, &context), forward, loss).gradients()
        optimizer.update(model.store, gradients, learningRate: Float(options.learningRate))
      }
      pass = try elapsed {
        let batch = try data.batch(.train, Array(samples.prefix(batchSize)))
        var context = Context.evaluation()
        _ = model(batch, &context)
      }
    }
    func batches(_ count: Int) -> Double { (Double(count) / Double(batchSize)).rounded(.up) }
    epoch = batches(samples.count) * step + batches(data.count(.validation)) * pass
    end = (batches(data.count(.validation)) + batches(data.count(.test))) * pass
    (self.step, self.pass) = (step, pass)
    var state = TrainingState(options, metrics: [])
    state.optimizer = optimizer
    state.best.consider(
      EpochRecord(epoch: 1, trainLoss: 0, validationLoss: 0, metrics: [:], learningRate: 0, seconds: 0), model.store)
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString).checkpoint")
    defer { try? FileManager.default.removeItem(at: place) }
    let file = try CheckpointFile(
      TrainingCheckpoint(place.path), of: model.store, options, metrics: [], seed: seed, data: data)
    checkpoint = (try? elapsed { try file.write(state, model.store) }) ?? 0
  }
}

private func elapsed(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try Denormals.flushed(body)
  return (ContinuousClock.now - start).seconds
}
