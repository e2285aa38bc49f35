import BraidCore

extension Comparison {
  /// One composition: the same parts with every seed.
  public struct Row: Codable, Sendable {
    /// As the file calls it.
    public var name: String
    /// Name of the fusion part.
    public var fusion: String
    /// Its values on the axes of the sweep; empty without one.
    public var coordinates: [Coordinate] = []
    /// Names of the modalities it uses.
    public var modalities: [String]
    /// How each modality reaches the fusion: `mean over steps`, `as it is`.
    public var adapters: [String: String]
    /// Whether the others are tested against it.
    public var isReference: Bool
    /// Whether one modality alone is used, so that nothing is fused.
    public var isSingleModality: Bool { modalities.count == 1 }
    /// In the order of `Comparison.metrics`.
    public var metrics: [MetricResult]
    /// Trainable numbers.
    public var parameters: Int?
    /// Floating-point operations of one sample's forward pass; a multiply-add is two.
    public var flopsPerSample: Double?
    /// Wall-clock seconds of training an epoch, without evaluation.
    public var secondsPerEpoch: Estimate
    /// The epoch whose parameters were kept.
    public var bestEpoch: Estimate
    /// Means over the seeds, epoch by epoch.
    public var curve: [CurvePoint]
    /// Settings that are not the same in all rows.
    public var settings: [SettingLine]
    /// One a seed, in the order of `Comparison.seeds`.
    public var cells: [Cell]
    /// What the fusion did with the shown samples, in the order of `Comparison.samples`, by the first seed that
    /// finished.
    public var samples: [SampleAnswer]

    /// The result of this metric.
    public func metric(_ name: String) -> MetricResult? { metrics.first { $0.name == name } }
  }

  /// What one row reached by one metric.
  public struct MetricResult: Codable, Sendable {
    /// The metric's.
    public var name: String
    /// On the test split, with the parameters of the best validation epoch. This is what the main table shows.
    public var test: Estimate
    /// On the validation split: what the best epoch was chosen by, so optimistic.
    public var validation: Estimate
    /// On test, against the reference row; nil for the reference itself or without one.
    public var difference: Difference?
  }

  /// Means over those seeds that reached the epoch.
  public struct CurvePoint: Codable, Sendable {
    /// From 1.
    public var epoch: Int
    /// How many seeds the means are over: fewer late in training when cells stop early.
    public var cells: Int
    /// On the training split.
    public var trainLoss: Double?
    /// On the validation split.
    public var validationLoss: Double?
    /// On the validation split, by metric; one that no seed has a value for is absent.
    public var metrics: [String: Double]
  }

  /// What became of a cell.
  public enum Status: String, Codable, Sendable { case done, failed, missing }

  /// One run.
  public struct Cell: Codable, Sendable {
    /// What decides first weights, order and dropout.
    public var seed: UInt64
    /// What became of it.
    public var status: Status
    /// Within the experiment's folder.
    public var folder: String
    /// On test, by metric name; empty unless done.
    public var test: [String: Double]
    /// The epoch whose parameters were kept, from 1.
    public var bestEpoch: Int?
    /// Epochs trained.
    public var epochs: Int?
    /// Wall-clock seconds of the whole run.
    public var seconds: Double?
  }
}
