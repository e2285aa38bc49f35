import BraidCore
import BraidTraining

/// The file's `search`: which settings are searched for every row, by which method, and how long.
///
/// Trials are trained like any run but see the training and validation splits only. Every row has the same number of them,
/// of the same epochs. A row is then trained, with all seeds, with the settings of its best trial. A setting that a row of
/// `compare` states itself, or a sweep, is held.
struct Search: Sendable {
  let method: any SearchMethod
  let methodName: String
  /// Of every row.
  let trials: Int
  /// Of what is drawn.
  let seed: UInt64
  /// Each trial is trained with; its value is the mean.
  let seeds: [UInt64]
  /// What is compared on the validation split.
  let monitor: String
  let axes: [SearchAxis]
  private let background: RowBackground

  private struct Written: PartOptions {
    var method = Setting.text(TreeParzenSearch.name)
    var trials = 20
    var seed: UInt64 = 0
    var seeds: [UInt64] = [0]
    var monitor = ""
    var axes: [String: Setting] = [:]
  }

  /// - Parameters:
  ///   - written: the file's value of `search`.
  ///   - metrics: names of what is measured, the deciding one first.
  /// - Throws: `SetupError` naming the key path of what is not known, misspelt or of no use.
  init(
    _ written: Setting, rows: [Specification.Row], metrics: [String], _ background: RowBackground,
    _ document: SettingsDocument
  ) throws {
    guard case .map(let map) = written else {
      throw SetupError("search: found \(written) (\(written.kind)); expected method, trials and axes.")
    }
    let file = try Written(map, at: "search")
    try require(file.trials >= 1, "search.trials: found \(file.trials); expected 1 or more.")
    try require(!file.seeds.isEmpty, "search.seeds: found an empty list; expected one seed or more.")
    for (index, seed) in file.seeds.enumerated() where file.seeds[..<index].contains(seed) {
      throw SetupError("search.seeds[\(index)]: the seed \(seed) is listed twice.")
    }
    let choice = try PartChoice(written: file.method, at: "search.method")
    (methodName, method) = (choice.name, try Search.method(choice))
    (trials, seed, seeds, self.background) = (file.trials, file.seed, file.seeds, background)
    monitor = file.monitor.isEmpty ? metrics.first ?? "loss" : file.monitor
    let known = ["loss"] + metrics
    try require(
      known.contains(monitor),
      "search.monitor: \"\(monitor)\" is not measured. Measured: \(known.joined(separator: ", "))."
        + suggestion(for: monitor, among: known))
    let reader = SweepReader(background: background, document: document)
    axes = try reader.entries(of: .map(file.axes), at: "search.axes").map { path, values in
      try SearchAxis(path, values, at: "search.axes.\(path)", reader)
    }
    for axis in axes {
      try require(
        !rows.contains { $0.coordinates.contains { $0.path == axis.path } },
        "\(axis.place): is an axis of the sweep as well. A setting is either compared or searched.")
      try require(
        monitor != "loss" || !axis.path.hasPrefix("loss"),
        "\(axis.place): values of different losses cannot be compared; let search.monitor be a metric.")
      guard try !rows.contains(where: { try space(of: $0).axes.contains { $0.path == axis.path } }) else { continue }
      throw SetupError("\(axis.place): applies to no row\(try reason(axis, rows)).")
    }
  }

  private static func method(_ choice: PartChoice) throws -> any SearchMethod {
    let place = "search.method.\(choice.name)"
    switch choice.name {
    case TreeParzenSearch.name: return try TreeParzenSearch(choice.settings, at: place)
    case RandomSearch.name: return try RandomSearch(choice.settings, at: place)
    case SuccessiveHalving.name: return try SuccessiveHalving(choice.settings, at: place)
    default:
      let known = [SuccessiveHalving.name, RandomSearch.name, TreeParzenSearch.name]
      throw SetupError(
        "search.method: no method \"\(choice.name)\". Methods: \(known.joined(separator: ", "))."
          + suggestion(for: choice.name, among: known))
    }
  }

  /// What is searched for a row.
  func space(of row: Specification.Row) throws -> SearchSpace {
    let free = try axes.filter { try SettingPath($0.path, at: $0.place).value(in: .map(row.written)) == nil }
    let open = try free.filter { axis in
      let mayHold = try axis.condition?.mayHold(for: row.written, background) { path in
        free.first { $0.path == path }?.domain
      }
      guard mayHold ?? true else { return false }
      if try background.uses(axis.path, row.written) { return true }
      // of a part that another axis may choose
      guard let part = RowBackground.part(in: axis.path) else { return false }
      return free.first { $0.path == part.place }?.samples.contains { value in
        (try? PartChoice(written: value, at: part.place).name) == part.name
      } ?? false
    }
    return SearchSpace(row: row, axes: open, background: background)
  }

  /// How many trials a row has, of how many epochs. Nothing where nothing is searched.
  func budget(of row: Specification.Row) throws -> [SearchRung] {
    try space(of: row).axes.isEmpty ? [] : method.budget(trials: trials, epochs: row.train.epochs)
  }

  /// Combinations in which every listed value and both ends of every range occur, for a trial step with each.
  func samples(of row: Specification.Row) throws -> [[Coordinate]] {
    let space = try space(of: row)
    return space.axes.isEmpty ? [] : try space.samples()
  }

  /// As a report says it, before any trial.
  func described(_ specification: Specification, _ catalogue: Catalogue) throws -> Comparison.Search {
    Comparison.Search(
      method: methodName, settings: method.settings, monitor: monitor,
      higherIsBetter: monitor != "loss" && catalogue.higherIsBetter[monitor] ?? true, seed: seed, seeds: seeds,
      axes: axes.map { .init(path: $0.path, values: $0.text) },
      rows: try specification.rows.map { row in
        .init(name: row.name, axes: try space(of: row).axes.map(\.path), budget: try budget(of: row))
      })
  }

  /// Why no row has an axis: they state it themselves, or have other parts.
  private func reason(_ axis: SearchAxis, _ rows: [Specification.Row]) throws -> String {
    let path = try SettingPath(axis.path, at: axis.place)
    if rows.contains(where: { path.value(in: .map($0.written)) != nil }) {
      return ": every row that could have it states its own"
    }
    guard let part = RowBackground.part(in: axis.path) else {
      return axis.condition.map { ": \($0.text) in none" } ?? ""
    }
    let used = Set(
      rows.compactMap { row in
        (try? background.value(at: part.place, of: row.written)).flatMap {
          try? PartChoice(written: $0, at: part.place).name
        }
      })
    let listed = used.isEmpty ? "none is named" : "the rows have \(used.sorted().joined(separator: ", "))"
    let near = suggestion(for: part.name, among: used.sorted())
    return ": it is of \(part.name) at \(part.place), where \(listed)"
      + near.replacing(" Did", with: "; did").replacing("?", with: "")
  }
}

extension Specification {
  /// A row with these settings laid over it.
  /// - Throws: `SetupError` naming a setting that cannot have its value.
  func row(_ row: Row, with values: [Coordinate], epochs: Int? = nil) throws -> Row {
    var written = Setting.map(row.written)
    for value in values { written = try SettingPath(value.path, at: "search").assigning(value.value, in: written) }
    if let epochs, epochs != row.train.epochs {
      written = try SettingPath("train.epochs", at: "search").assigning(.integer(epochs), in: written)
    }
    guard case .map(var map) = written else { return row }
    map["name"] = .text(row.name)
    do { return try reader.row(map, row.coordinates, at: "search") } catch let error as SetupError {
      throw SetupError("\(error) (In the row \"\(row.name)\".)")
    }
  }
}
