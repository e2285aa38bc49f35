import BraidCore
import BraidData
import BraidTraining

/// An experiment file, checked: every part is known, every setting is one of its part's, nothing is misspelt.
///
/// What needs the data (which modalities there are, what is predicted) is checked by `Plan`. The guide "Experiment
/// files" describes the format.
public struct Specification: Sendable {
  /// What was read.
  public let document: SettingsDocument
  /// Names the folder of the runs: letters, digits, `.`, `_` and `-`.
  public let name: String
  /// What the experiment asks.
  public let question: String
  /// Of rows that do not say otherwise.
  public let data: PartChoice
  /// What is measured, the deciding one first.
  public let metrics: [PartChoice]
  /// Of every cell.
  public let threads: Int
  /// In order.
  public let seeds: [UInt64]
  /// Name of the row the others are tested against; nil without one.
  public let reference: String?
  /// What the report shows.
  public let report: ReportOptions
  /// Where its cells are trained, as the file says it; nil: it does not.
  public let launcher: PartChoice?
  /// The compositions compared: those of `compare` in the file's order, each spread over the sweep.
  public private(set) var rows: [Row]
  /// Which settings are searched before the rows are trained; nil: none.
  private(set) var search: Search?
  /// Whether the rows have what a search found for them.
  private(set) var isSettled = false
  /// Key paths of a configuration that the file or the command line gave, and all rows share.
  let given: Set<String>
  let catalogue: Catalogue
  /// Makes rows of this file.
  let reader: RowReader

  /// One composition.
  public struct Row: Sendable {
    /// As the file calls it.
    public let name: String
    /// Where it stands: `compare[2]`, `sweep`.
    public let place: String
    /// Its values on the axes of the sweep.
    public let coordinates: [Coordinate]
    /// The data set.
    public let data: PartChoice
    /// Those it names; nil: all that have an encoder.
    public let modalities: [String]?
    /// By modality.
    public let encoders: [String: PartChoice]
    /// By modality, of those whose encoder does not train: the file its parameters come from, or an empty text for first
    /// weights.
    public let frozen: [String: String]
    /// By modality.
    public let noise: [String: InputNoise]
    /// How a sequence becomes a vector where the fusion wants one.
    public let pooling: Adapter.Pooling
    /// The fusion part.
    public let fusion: PartChoice
    /// Nil: what suits the target.
    public let head: PartChoice?
    /// Nil: what suits the target.
    public let loss: PartChoice?
    /// How it is trained.
    public let train: TrainingOptions
    let given: Set<String>
    /// Where its noise is written, for messages.
    let noisePlace: String
    /// What the row itself says, as a map.
    let written: [String: Setting]
  }

  /// Reads and checks an experiment file.
  /// - Parameters:
  ///   - overrides: `key.path=value`, laid over the file in order.
  /// - Throws: `SetupError` naming file, line and key path.
  public init(contentsOf path: String, overrides: [String] = [], catalogue: Catalogue) throws {
    try self.init(SettingsDocument(contentsOf: path).overriding(overrides), catalogue: catalogue)
  }

  /// Checks a document.
  public init(_ document: SettingsDocument, catalogue: Catalogue) throws {
    do { try self.init(checking: document, catalogue) } catch let error as SetupError { throw document.located(error) }
  }

  private init(checking document: SettingsDocument, _ catalogue: Catalogue) throws {
    (self.document, self.catalogue) = (document, catalogue)
    let file = try WrittenExperiment(document.root, at: "experiment")
    try require(file.version == 1, "version: found \(file.version); this Braid reads version 1.")
    let stem = document.source.split(separator: "/").last.map { $0.prefix { $0 != "." } }.map(String.init) ?? ""
    name = document.root["name"] == nil ? stem : file.name
    try require(
      name.wholeMatch(of: #/[A-Za-z0-9_-][A-Za-z0-9._-]*/#) != nil,
      "name: found \"\(name)\"; expected letters, digits, \".\", \"_\" and \"-\": it names a folder.")
    question = file.question
    try require(file.data != .null, "data: missing. Name the data set, such as data: emoji.")
    let writtenData = try PartChoice(written: file.data, at: "data")
    data = try writtenData.resolved("data set", in: catalogue.datasets, at: "data")

    try require(
      !file.metrics.isEmpty, "metrics: missing. List what is measured, the deciding one first, such as [accuracy].")
    metrics = try file.metrics.enumerated().map { index, value in
      let place = "metrics[\(index)]"
      return try PartChoice(written: value, at: place).resolved("metric", in: catalogue.metrics, at: place)
    }
    for (index, metric) in metrics.enumerated() where metrics[..<index].contains(where: { $0.name == metric.name }) {
      throw SetupError("metrics[\(index)]: \"\(metric.name)\" is listed twice.")
    }
    threads = file.threads
    try require(threads >= 1, "threads: found \(threads); expected 1 or more.")
    seeds = file.seeds
    try require(
      !seeds.isEmpty,
      "seeds: missing. Name them, such as seeds: [1, 2, 3, 4, 5]. "
        + "There is no default: one run says nothing about chance."
    )
    for (index, seed) in seeds.enumerated() where seeds[..<index].contains(seed) {
      throw SetupError("seeds[\(index)]: the seed \(seed) is listed twice.")
    }
    report = file.report
    try require(report.samples >= 0, "report.samples: found \(report.samples); expected 0 or more.")
    launcher = try Launcher.choice(file.launcher)

    reader = RowReader(file: file, document: document, catalogue: catalogue, metrics: metrics.map(\.name))
    rows = try reader.rows()
    for (index, row) in rows.enumerated() where rows[..<index].contains(where: { $0.name == row.name }) {
      throw SetupError(
        "\(row.place): a second row is called \"\(row.name)\". Give it a name: {name: \"\(row.name) 2\", fusion: …}.")
    }
    if file.search != .null {
      let background = RowBackground(shared: document.root, catalogue: catalogue)
      search = try Search(file.search, rows: rows, metrics: metrics.map(\.name), background, document)
    }
    reference = file.reference.isEmpty ? nil : file.reference
    if let reference {
      let known = rows.map(\.name)
      try require(
        known.contains(reference),
        "reference: no row is called \"\(reference)\". Rows: \(known.joined(separator: ", "))."
          + suggestion(for: reference, among: known))
    }
    given = Set(["metrics", "seed"]).union(document.root["threads"] == nil ? [] : ["threads"])
      .union(document.root["report"]?["samples"] == nil ? [] : ["samples"])
  }

  /// These rows in place of those that were searched.
  mutating func settle(_ found: [Row]) { (rows, search, isSettled) = (found, nil, true) }
}

/// The file's first level, with its defaults.
struct WrittenExperiment: PartOptions {
  var version = 1
  var name = ""
  var question = ""
  var data = Setting.null
  var encoders: [String: Setting] = [:]
  var frozen = Setting.null
  var noise: [String: Setting] = [:]
  var pooling = Adapter.Pooling.mean
  var head = Setting.null
  var loss = Setting.null
  var metrics: [Setting] = []
  var train: [String: Setting] = [:]
  var threads = 1
  var compare: [Setting] = []
  var sweep = Setting.null
  var search = Setting.null
  var seeds: [UInt64] = []
  var reference = ""
  var report = ReportOptions()
  var launcher = Setting.null
}
