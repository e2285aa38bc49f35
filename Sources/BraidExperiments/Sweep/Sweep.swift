import BraidCore

/// The file's `sweep`: combinations of settings, each of which becomes a row.
///
/// A sweep is one block or a list of blocks, whose rows follow one another. A block has sections, and its combinations are
/// every choice of one from each section:
///
/// | section | combinations |
/// |---|---|
/// | `list` | those written down |
/// | `zip` | the first values of all axes, the second values, … |
/// | `random` | `draws` combinations, every axis drawn on its own |
/// | `grid` | one value of every axis, in all ways |
/// | `exclude` | takes away the combinations that have all values of one of its entries |
///
/// An axis is a key path of a row (`train.learningRate`, `fusion`, `encoders.words.gru.width`) and its values. An axis of a
/// part's setting counts only where that part is used, and one with `when` only where that holds.
struct Sweep {
  /// The rows of `compare` to spread, as maps; one empty row where the file has none.
  let bases: [[String: Setting]]
  /// What a row does not say itself.
  let background: RowBackground
  /// Where keys stand in the file, so that axes come in its order.
  let document: SettingsDocument

  /// A row that came out: what is written in it, and its values on the axes, in order.
  struct Row {
    var written: [String: Setting]
    var coordinates: [Coordinate] = []
  }

  /// The most rows a sweep may have.
  static let mostRows = 100_000

  /// All rows of the sweep.
  /// - Parameter written: the file's value of `sweep`.
  func rows(_ written: Setting) throws -> [Row] {
    guard case .list(let blocks) = written else { return try rows(ofBlock: written, at: "sweep") }
    try require(!blocks.isEmpty, "sweep: found an empty list; expected grid, zip, random or list.")
    return try blocks.enumerated().flatMap { try rows(ofBlock: $0.element, at: "sweep[\($0.offset)]") }
  }

  private func rows(ofBlock block: Setting, at place: String) throws -> [Row] {
    let known = ["exclude", "grid", "list", "random", "zip"]
    let listed = known.joined(separator: ", ")
    guard case .map(let sections) = block else {
      throw SetupError("\(place): found \(block) (\(block.kind)); expected a map with some of \(listed).")
    }
    for key in sections.keys.sorted() where !known.contains(key) {
      throw SetupError("\(place): no section \"\(key)\". Sections: \(listed)." + suggestion(for: key, among: known))
    }
    try require(
      sections.keys.contains { $0 != "exclude" }, "\(place): no section makes rows: grid, zip, random or list.")
    let reader = SweepReader(background: background, document: document)
    var rows = bases.map { Row(written: $0) }
    for name in ["list", "zip", "random"] {
      guard let section = sections[name] else { continue }
      let points = try reader.points(of: section, name, at: "\(place).\(name)")
      try requireFew(rows.count * points.count)
      rows = try combined(rows, points)
    }
    if let grid = sections["grid"] {
      let axes = try reader.axes(grid, at: "\(place).grid")
      // what depends on other values comes after them
      for axis in axes.filter({ !$0.isConditional }) + axes.filter(\.isConditional) {
        rows = try spread(rows, over: axis)
      }
    }
    if let exclude = sections["exclude"] {
      for condition in try reader.conditions(exclude, at: "\(place).exclude") {
        let left = try rows.filter { try !condition.holds(for: $0.written, background) }
        try require(left.count < rows.count, "\(condition.place): no combination has these values.")
        rows = left
      }
    }
    try require(!rows.isEmpty, "\(place): every combination is excluded.")
    return rows
  }

  /// Every row with every value of an axis; rows to which it does not apply stay as they are.
  private func spread(_ rows: [Row], over axis: SweepAxis) throws -> [Row] {
    var result: [Row] = []
    var isUsed = false
    for row in rows {
      guard try axis.applies(to: row.written, background) else {
        result.append(row)
        continue
      }
      isUsed = true
      for value in axis.values { result.append(try assigning(Coordinate(path: axis.path, value: value), to: row)) }
      try requireFew(result.count)
    }
    try require(isUsed, "\(axis.place): applies to no row.")
    return result
  }

  /// Every row with every point.
  private func combined(_ rows: [Row], _ points: [SweepPoint]) throws -> [Row] {
    var unused = Dictionary(
      points.flatMap { $0.map { ($0.path, $0.place) } }, uniquingKeysWith: { first, _ in first })
    let result = try rows.flatMap { row in
      try points.map { point in
        // what depends on other values comes after them
        let ordered = point.filter { !$0.isConditional } + point.filter(\.isConditional)
        return try ordered.reduce(row) { row, step in
          guard try step.applies(to: row.written, background) else { return row }
          unused[step.path] = nil
          return try assigning(step.coordinate, to: row)
        }
      }
    }
    if let place = unused.values.sorted().first { throw SetupError("\(place): applies to no row.") }
    return result
  }

  private func assigning(_ coordinate: Coordinate, to row: Row) throws -> Row {
    let path = try SettingPath(coordinate.path, at: "sweep")
    guard case .map(let written) = try path.assigning(coordinate.value, in: .map(row.written)) else { return row }
    return Row(written: written, coordinates: row.coordinates + [coordinate])
  }

  private func requireFew(_ count: Int) throws {
    try require(count <= Sweep.mostRows, "sweep: makes more than \(Sweep.mostRows) rows; leave out axes or values.")
  }
}
