import BraidCore
import BraidData
import BraidNN
import BraidTraining
import Foundation

/// The frozen grid: every cell of an experiment with its whole configuration, checked before the first one trains.
///
/// Written to the experiment's folder as `plan.json`, `cells.jsonl` and what is beside them; workers read it from there, so
/// nothing that happens to the experiment file later reaches a run.
public struct Plan: Codable, Sendable {
  /// Of this format.
  public var version = 1
  /// The experiment's.
  public var name: String
  /// What the experiment asks, as its file puts it.
  public var question: String
  /// Where it was read from.
  public var file: String
  /// What is trained and tested on.
  public var data: Comparison.DataSummary
  /// What to answer without looking: class shares, label shares or means of the training split.
  public var constantAnswer: [Double]
  /// Numbers of the test samples whose gates and attention are kept.
  public var samples: [Int]
  /// Those samples as a person recognises them: in `samples.json`, not in the plan.
  public var views: [SampleView] = []
  /// Seconds a cell of each row takes from its start to its end, told from one measured step and how long reading the data
  /// and building the model took, by the row's name; empty unless asked for. Not in the plan's file, which is the same on
  /// every machine.
  public var seconds: [String: Double] = [:]
  /// What is measured, the deciding one first.
  public var metrics: [Comparison.MetricColumn]
  /// In order.
  public var seeds: [UInt64]
  /// Name of the row the others are tested against.
  public var reference: String?
  /// In the order of the file.
  public var rows: [Row]
  /// Row by row, seed by seed.
  public var cells: [Cell]
  /// What is searched before, and once it has been, what was found; nil without a search.
  public var search: Comparison.Search?
  /// How many cells there are where they stand in a file of their own.
  var count: Int?

  enum CodingKeys: CodingKey {
    case version, name, question, file, data, constantAnswer, samples, metrics, seeds, reference, rows, cells
    case search, count
  }

  /// One compared composition.
  public struct Row: Codable, Sendable {
    /// As the file calls it.
    public var name: String
    /// Where it stands in the file: `compare[2]`, `sweep`.
    public var place: String
    /// Its values on the axes of the sweep; empty without one.
    public var coordinates: [Coordinate]
    /// The fusion part.
    public var fusion: String
    /// Names of the modalities it uses.
    public var modalities: [String]
    /// How each modality reaches the fusion.
    public var adapters: [String: String]
    /// Numbers that training changes.
    public var parameters: Int
    /// Numbers of frozen encoders; nil without any.
    public var frozenParameters: Int?
    /// Of what is computed in every pass: frozen encoders are not.
    public var flopsPerSample: Double
    /// Key paths of settings that were given, not defaults.
    public var given: [String]
  }

  /// One row with one seed.
  public struct Cell: Codable, Sendable {
    /// Changes with the configuration, the parts' versions and the data only.
    public var id: String
    /// Name of its row.
    public var row: String
    /// What decides first weights, order and dropout.
    public var seed: UInt64
    /// Within the experiment's folder: `cells/gated-s1-3f9a2c1be07d`.
    public var folder: String
    /// Everything the run depends on.
    public var configuration: CellConfiguration
    /// Of the data set with the row's settings.
    public var dataDigest: String
  }

  /// The cell of this id.
  public func cell(_ id: String) -> Cell? { cells.first { $0.id == id } }
  /// The row of this name.
  public func row(_ name: String) -> Row? { rows.first { $0.name == name } }

  /// Loads the data set, builds every composition, takes a trial step with each, and freezes the result. Rows that differ
  /// in their training only have one composition.
  /// - Parameters:
  ///   - data: the specification's data set, where it has been loaded.
  ///   - measuring: whether to measure a training step of each as well, for `seconds`.
  ///   - reading: seconds that loading the data set took, where it has been loaded.
  /// - Throws: `SetupError` naming file, line and key path of what does not fit; nothing has been written.
  public init(
    _ specification: Specification, catalogue: Catalogue, on data: (any Dataset)? = nil, measuring: Bool = false,
    reading: Double = 0
  ) throws {
    let read: (value: any Dataset, seconds: Double) =
      if let data { (data, reading) } else { try timed { try specification.loadData(catalogue) } }
    do { try self.init(building: specification, catalogue, read, measuring) } catch let error as SetupError {
      throw specification.document.located(error)
    }
  }

  private init(
    building specification: Specification, _ catalogue: Catalogue, _ read: (value: any Dataset, seconds: Double),
    _ measuring: Bool
  ) throws {
    let data = read.value
    let choice = specification.data
    (name, question, file) = (specification.name, specification.question, specification.document.source)
    (seeds, reference) = (specification.seeds, specification.reference)
    self.data = Comparison.DataSummary(
      name: choice.name, digest: data.digest,
      counts: Dictionary(uniqueKeysWithValues: Split.allCases.map { ($0.rawValue, data.count($0)) }),
      target: data.target.summary, targetNames: data.target.names,
      inputs: data.inputs.map { .init(name: $0.name, summary: $0.summary) })
    constantAnswer = try BraidExperiments.constantAnswer(to: data)
    samples = spread(specification.report.samples, over: data.count(.test))
    views = try BraidExperiments.views(of: samples, in: data)
    metrics = specification.metrics.map { metric in
      .init(
        name: metric.name, summary: catalogue.metrics[metric.name]?.about.summary ?? "",
        higherIsBetter: catalogue.higherIsBetter[metric.name] ?? true)
    }
    (rows, cells) = ([], [])
    var loaded = [choice: read]
    var trials: [String: Trial] = [:]  // by what they are of
    var known: [String: (row: String, folder: String)] = [:]  // by their cells' ids
    var frozen: [String: FrozenParameters] = [:]  // by modality and file
    let drafts = try specification.rows.map { row in
      let own = try loaded[row.data] ?? timed { try Plan.load(row, beside: data, catalogue) }
      loaded[row.data] = own
      var configuration = try specification.configuration(of: row, on: own.value)
      configuration.versions = configuration.versions(in: catalogue)
      try configuration.freeze(row, &frozen)
      let data = try configuration.noisy(own.value, at: row.noisePlace)
      return Draft(row: row, configuration: configuration, data: data, reading: own.seconds)
    }
    let texts = try drafts.concurrentMap { [seeds] draft in
      (
        ids: try draft.configuration.identifiers(seeds: seeds, dataDigest: draft.data.digest),
        subject: try draft.configuration.trialled(measuring: measuring).text()
      )
    }
    for (draft, (ids, subject)) in zip(drafts, texts) {
      let (row, planned, data) = (draft.row, draft.configuration, draft.data)
      for (seed, id) in zip(seeds, ids) {
        var configuration = planned
        configuration.seed = seed
        var folder = "cells/\(slug(row.name))-s\(seed)-\(id)"
        if let same = known[id], specification.isSettled {
          folder = same.folder  // a search may find the same settings for rows that were written differently
        } else if let same = known[id]?.row {
          throw SetupError(
            "\(row.place): the row \"\(row.name)\" has the same configuration as the row \"\(same)\". Drop one of them."
          )
        }
        cells.append(
          Cell(
            id: id, row: row.name, seed: seed, folder: folder, configuration: configuration, dataDigest: data.digest))
        known[id] = (row.name, folder)
      }
      let trial = try trials[subject] ?? Trial(of: planned, on: data, catalogue, place: row.place, measuring: measuring)
      trials[subject] = trial
      seconds[row.name] = trial.cost.map {
        Plan.processStart + draft.reading + trial.building + $0.seconds(epochs: planned.train.epochs)
      }
      rows.append(
        Row(
          name: row.name, place: row.place, coordinates: row.coordinates, fusion: row.fusion.name,
          modalities: planned.modalities, adapters: trial.adapters,
          parameters: trial.parameters, frozenParameters: trial.frozenParameters,
          flopsPerSample: trial.flopsPerSample,
          given: specification.given.union(row.given).sorted()))
      // every value that may be searched, so that none fails after hours
      for values in try specification.search?.samples(of: row) ?? [] {
        let tried = try specification.row(row, with: values)
        var planned = try specification.configuration(of: tried, on: data)
        try planned.freeze(tried, &frozen)
        let subject = try planned.trialled(measuring: false).text()
        if trials[subject] == nil {
          trials[subject] = try Trial(of: planned, on: data, catalogue, place: tried.place, measuring: false)
        }
      }
    }
    search = try specification.search?.described(specification, catalogue)
  }
}

/// A row with what all its cells have in common.
private struct Draft: Sendable {
  let row: Specification.Row
  let configuration: CellConfiguration
  /// With the row's settings and noise.
  let data: any Dataset
  /// Seconds that reading the data took.
  let reading: Double
}

extension Plan {
  /// Seconds until a worker reads its data: a process is started and finds its cell.
  static let processStart = 0.03

  /// Seconds the whole plan takes with so many cells at a time; nil unless measured.
  public func secondsInAll(workers: Int) -> Double? {
    guard !seconds.isEmpty, workers > 0 else { return nil }
    let cells = rows.map { seconds[$0.name] ?? 0 }
    return max(cells.reduce(0, +) * Double(seeds.count) / Double(workers), cells.max() ?? 0)
  }
}

/// What a body gives, and the seconds it took.
func timed<Value>(_ body: () throws -> Value) rethrows -> (value: Value, seconds: Double) {
  let start = ContinuousClock.now
  let value = try body()
  return (value, (ContinuousClock.now - start).inSeconds)
}

extension CellConfiguration {
  /// Takes the parameters of the row's frozen encoders, from those read before where they are among them.
  mutating func freeze(_ row: Specification.Row, _ known: inout [String: FrozenParameters]) throws {
    for modality in modalities {
      guard let written = row.frozen[modality] else { continue }
      let key = "\(modality) \(written)"
      let found = try known[key] ?? FrozenParameters(written: written, modality: modality, at: "\(row.place).frozen")
      known[key] = found
      frozen = (frozen ?? [:]).merging([modality: found]) { $1 }
    }
  }
}

extension Plan {
  /// The data set of a row that has its own settings for it.
  /// - Throws: `SetupError` unless its modalities and target are those of the other rows: results could not be compared.
  static func load(
    _ row: Specification.Row, beside shared: any Dataset, _ catalogue: Catalogue
  ) throws -> any Dataset {
    let place = "\(row.place).data.\(row.data.name)"
    let entry = try Catalogue.find(row.data.name, "data set", in: catalogue.datasets, at: "\(row.place).data")
    let data = try entry.make(row.data.settings, place)
    for split in Split.allCases {
      try require(data.count(split) > 0, "\(place): the \(split.rawValue) split is empty.")
    }
    let (own, other) = (
      data.inputs.map { "\($0.name) (\($0.summary))" }, shared.inputs.map { "\($0.name) (\($0.summary))" }
    )
    try require(
      own == other && data.target.summary == shared.target.summary && data.target.names == shared.target.names,
      "\(place): has \(own.joined(separator: ", ")) and predicts \(data.target.summary); the other rows have "
        + "\(other.joined(separator: ", ")) and predict \(shared.target.summary), so they cannot be compared.")
    return data
  }
}

extension Specification {
  /// Loads the data set of all rows that do not have their own.
  /// - Throws: `SetupError` when it cannot be read, or a split has no sample.
  public func loadData(_ catalogue: Catalogue) throws -> any Dataset {
    do {
      let entry = try Catalogue.find(data.name, "data set", in: catalogue.datasets, at: "data")
      let loaded = try entry.make(data.settings, "data.\(data.name)")
      for split in Split.allCases {
        try require(loaded.count(split) > 0, "data.\(data.name): the \(split.rawValue) split is empty.")
      }
      return loaded
    } catch let error as SetupError { throw document.located(error) }
  }

  /// A row's configuration on a data set: modalities in the data's order, parts chosen by the target where none is
  /// named. The seed is the first.
  func configuration(of row: Row, on data: any Dataset) throws -> CellConfiguration {
    let known = data.inputs.map(\.name)
    for modality in (row.modalities ?? []) + row.encoders.keys.sorted() where !known.contains(modality) {
      throw SetupError(
        "encoders.\(modality): the data set has no modality \"\(modality)\". It has \(known.joined(separator: ", "))."
          + suggestion(for: modality, among: known))
    }
    let used = row.modalities ?? Array(row.encoders.keys)
    let (head, loss) =
      switch data.target {
      case .classes: ("classification", "cross-entropy")
      case .labels: ("multi-label", "binary-cross-entropy")
      case .values: ("regression", "mse")
      }
    if let modality = row.noise.keys.sorted().first(where: { !known.contains($0) }) {
      throw SetupError(
        "\(row.noisePlace).\(modality): the data set has no modality \"\(modality)\". "
          + "It has \(known.joined(separator: ", "))." + suggestion(for: modality, among: known))
    }
    let noise = row.noise.filter { used.contains($0.key) && !$0.value.isNone }
    // what is set for the encoders of all rows is not for modalities this one leaves out
    var train = row.train
    let unused =
      known.filter { !used.contains($0) }.flatMap {
        [ParameterGroup("encoder.\($0)"), ParameterGroup("adapter.\($0)")]
      }
      + row.frozen.keys.map { ParameterGroup("encoder.\($0)") }
    for name in train.groups.names where unused.contains(where: { $0.holds(name) }) { train.groups[name] = nil }
    return CellConfiguration(
      data: row.data, modalities: known.filter(used.contains), encoders: row.encoders.filter { used.contains($0.key) },
      noise: noise.isEmpty ? nil : noise, pooling: row.pooling, fusion: row.fusion,
      head: try row.head ?? defaultPart(head, "head", \.heads),
      loss: try row.loss ?? defaultPart(loss, "loss", \.losses), metrics: metrics, train: train, threads: threads,
      seed: seeds[0], samples: report.samples)
  }

  private func defaultPart<E>(
    _ name: String, _ kind: String, _ shelf: KeyPath<Catalogue, [String: Catalogue.Entry<E>]>
  ) throws -> PartChoice {
    try PartChoice(name).resolved(kind, in: catalogue[keyPath: shelf], at: kind)
  }
}

/// A name as part of a folder's: lower case, letters and digits, `-` for the rest.
func slug(_ name: String) -> String {
  let kept = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
  let words = String(kept).split(separator: "-").joined(separator: "-")
  return words.isEmpty ? "row" : String(words.prefix(40))
}
