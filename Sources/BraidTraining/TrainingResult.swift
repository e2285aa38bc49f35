import BraidCore

/// One epoch's numbers, as written to `epochs.jsonl`.
public struct EpochRecord: Codable, Sendable {
  /// From 1.
  public var epoch: Int
  /// Mean loss over the training samples of the epoch, as seen during training.
  public var trainLoss: Double
  /// Mean over the validation split.
  public var validationLoss: Double
  /// On the validation split, by metric name.
  public var metrics: [String: Double]
  /// Of the epoch's last step.
  public var learningRate: Double
  /// Wall-clock seconds of training (without evaluation).
  public var seconds: Double
}

/// What training returns.
public struct TrainingResult: Sendable {
  /// In order.
  public var epochs: [EpochRecord]
  /// The epoch whose parameters the model holds now.
  public var bestEpoch: Int
  /// By split, of the best epoch's parameters. `test` was evaluated once.
  public var evaluations: [Split: Evaluation]
  /// By split and metric name, `loss` among them.
  public var metrics: [Split: [String: Double]]
  /// Trainable numbers.
  public var parameters: Int
  /// Floating-point operations of one sample's forward pass (a multiply-add is two).
  public var flopsPerSample: Double
  /// Wall-clock, without evaluation.
  public var secondsPerEpoch: Double
}
