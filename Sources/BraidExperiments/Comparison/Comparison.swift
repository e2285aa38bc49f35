import BraidCore

/// What an experiment found: the statistics of its run folders and everything a report says, as plain values.
///
/// `Comparison(reading:)` makes it from the files of an experiment folder alone. Nothing in it is computed by the
/// renderers: they lay out what stands here. Written as JSON it is the report's machine-readable form.
public struct Comparison: Codable, Sendable {
  /// Of this format.
  public var version = 1
  /// The experiment's.
  public var name: String
  /// What the experiment asks, as its file puts it.
  public var question: String
  /// What it was trained and tested on.
  public var data: DataSummary
  /// What is measured on the test split, the deciding one first.
  public var metrics: [MetricColumn]
  /// In order.
  public var seeds: [UInt64]
  /// One a compared composition, in the order of the file.
  public var rows: [Row]
  /// Name of the row the others are tested against; nil when the file names none.
  public var reference: String?
  /// Name of the row with the best mean of the first metric; nil when nothing finished.
  public var best: String?
  /// Answers of the best row over all its seeds together; nil unless the target is one of several classes.
  public var confusion: ConfusionMatrix?
  /// The answer that ignores every input, fitted on the training split, measured on test.
  public var baseline: Baseline?
  /// Cells that ended with an error, and why.
  public var failures: [Failure]
  /// Cells that have not been run yet, or whose folder is damaged.
  public var missing: [Failure]
  /// Settings all rows share. What differs is in `Row.settings`.
  public var settings: [SettingLine]
  /// Where and how the finished cells ran: one entry for each distinct machine and build.
  public var provenance: [ProvenanceGroup]
  /// A few test samples, as far as the data set can show them.
  public var samples: [SampleView]
  /// What was searched before the rows were trained; nil without a search.
  public var search: Search?
  /// What a reader must know to read the numbers rightly; whole sentences.
  public var notes: [String]

  /// The row of this name.
  public func row(_ name: String) -> Row? { rows.first { $0.name == name } }
}

extension Comparison {
  /// The data set as a report names it.
  public struct DataSummary: Codable, Sendable {
    /// As the file names it.
    public var name: String
    /// SHA-256 over everything that decides the samples.
    public var digest: String
    /// Samples by split.
    public var counts: [String: Int]
    /// `one of 9 classes`.
    public var target: String
    /// Names of the classes, labels or predicted numbers.
    public var targetNames: [String]
    /// The modalities, in the data set's order.
    public var inputs: [InputSummary]
  }

  /// One modality's input.
  public struct InputSummary: Codable, Sendable {
    /// The modality's.
    public var name: String
    /// `image 3×32×32`.
    public var summary: String
  }

  /// One metric.
  public struct MetricColumn: Codable, Sendable, Hashable {
    /// The name it is reported under.
    public var name: String
    /// What it measures.
    public var summary: String
    /// Whether more of it is better.
    public var higherIsBetter: Bool
  }

  /// The constant answer: class shares, label shares or mean values of the training split.
  public struct Baseline: Codable, Sendable {
    /// `majority class (Flags)`.
    public var name: String
    /// On the test split, by metric; a metric it has no value for is absent.
    public var metrics: [String: Double]
  }

  /// A cell without a result.
  public struct Failure: Codable, Sendable, Hashable {
    /// The row it belongs to.
    public var row: String
    /// Its seed.
    public var seed: UInt64
    /// The cell's folder within the experiment's.
    public var folder: String
    /// What went wrong, as the cell said it.
    public var reason: String
  }

  /// Cells that ran in the same place with the same build.
  public struct ProvenanceGroup: Codable, Sendable {
    /// Of the first of them; its `seed` and times are that cell's.
    public var provenance: Provenance
    /// How many.
    public var cells: Int
    /// When the first of them started and the last finished: ISO 8601, UTC.
    public var started: String
    /// When the last of them finished: ISO 8601, UTC.
    public var finished: String
  }

  /// One setting: `train.learningRate`, 0.001.
  public struct SettingLine: Codable, Sendable, Hashable {
    /// Key path within a cell's configuration.
    public var path: String
    /// What is set.
    public var value: Setting
    /// Whether the file or the command line said so; otherwise it is the default.
    public var isGiven: Bool
  }
}
