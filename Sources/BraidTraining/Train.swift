import BraidCore
import BraidData
import BraidNN
import BraidTensor

/// How a model is trained. Every setting has a default.
public struct TrainingOptions: PartOptions {
  public enum OptimizerName: String, Choice { case sgd, adam, adamw }
  public enum ScheduleName: String, Choice { case constant, step, cosine }

  /// Passes over the training split.
  public var epochs = 20
  /// Samples a step; the last batch of an epoch may be smaller.
  public var batchSize = 32
  public var optimizer = OptimizerName.adam
  public var learningRate = 1e-3
  /// For `sgd`.
  public var momentum = 0.9
  /// Decay of weights a step: decoupled for `adamw`, added to the gradient for `sgd` and `adam`.
  public var weightDecay = 0.0
  public var schedule = ScheduleName.constant
  /// Share of all steps over which the rate rises from 0.
  public var warmUp = 0.0
  /// For `step`: every so many epochs the rate is multiplied by `decayFactor`.
  public var decayEvery = 10
  public var decayFactor = 0.1
  /// Largest norm of the whole gradient; 0: no limit.
  public var clipNorm = 0.0
  /// Stop after so many epochs without a better validation value; 0: never. The best epoch's parameters are kept either way.
  public var patience = 0
  /// The metric that decides the best epoch on the validation split; `loss` or one of the file's metrics.
  public var monitor = "loss"
  public init() {}
}

/// One epoch's numbers, as written to `epochs.jsonl`.
public struct EpochRecord: Codable, Sendable {
  /// From 1.
  public var epoch: Int
  /// Mean loss over the training samples of the epoch, as seen during training.
  public var trainLoss: Double
  public var validationLoss: Double
  /// On the validation split, by metric name.
  public var metrics: [String: Double]
  public var learningRate: Double
  /// Wall-clock seconds of training (without evaluation).
  public var seconds: Double
}

/// What training returns.
public struct TrainingResult: Sendable {
  public var epochs: [EpochRecord]
  /// The epoch whose parameters the model holds now.
  public var bestEpoch: Int
  /// By split, of the best epoch's parameters. `test` was evaluated once.
  public var evaluations: [Split: Evaluation]
  /// By split and metric name, `loss` among them.
  public var metrics: [Split: [String: Double]]
  public var parameters: Int
  /// Floating-point operations of one sample's forward pass (a multiply-add is two).
  public var flopsPerSample: Double
  public var secondsPerEpoch: Double
}

/// Training cannot go on: a value stopped being finite.
public struct TrainingFailure: Error, CustomStringConvertible {
  /// Names epoch, step and the first part that produced the value.
  public let description: String
}

/// Trains a model and evaluates it.
/// - Parameters:
///   - metrics: by the name they are reported under.
///   - seed: of data order and dropout; the model's first weights came from its scope's seed.
///   - observe: called after every epoch; it cannot steer.
/// - Throws: `TrainingFailure` when the loss is not finite; `SetupError` for data or settings that do not fit.
public func train(
  _ model: FusionModel, _ loss: any Loss, on data: any Dataset, metrics: [(name: String, metric: any Metric)],
  options: TrainingOptions, seed: UInt64, observe: (EpochRecord) throws -> Void = { _ in }
) throws -> TrainingResult {
  stop("train", "not built yet")
}
