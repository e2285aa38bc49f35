import BraidCore

/// The values of one combination, each with the place it was written at.
typealias SweepPoint = [SweepStep]

/// What changes a setting, perhaps in some rows only: a setting of a part (`fusion.gated.width`) where the part is used,
/// noise where the modality is, and anything where its `when` holds.
protocol ConditionalAxis {
  var path: String { get }
  /// Its `when`.
  var condition: SweepCondition? { get }
}

extension ConditionalAxis {
  /// Whether some rows may go without it. It is decided on after what it may depend on.
  var isConditional: Bool { condition != nil || RowBackground.isConditional(path) }

  /// Whether it counts for a row.
  func applies(to row: [String: Setting], _ background: RowBackground) throws -> Bool {
    guard try condition?.holds(for: row, background) ?? true else { return false }
    return try background.uses(path, row)
  }
}

/// One value of a combination.
struct SweepStep: ConditionalAxis {
  let coordinate: Coordinate
  let place: String
  var condition: SweepCondition?
  var path: String { coordinate.path }
}

/// An axis of a grid, or of those that are stepped together.
struct SweepAxis: ConditionalAxis {
  let path: String
  let place: String
  let values: [Setting]
  let condition: SweepCondition?
}

/// Reads the sections of a sweep.
struct SweepReader {
  let background: RowBackground
  let document: SettingsDocument

  /// `{train.learningRate: [1e-3, 1e-4], fusion.low-rank.rank: {values: [2, 4], when: {train.epochs: 20}}}`.
  /// - Parameter isRepeating: whether an axis may have a value several times.
  func axes(_ written: Setting, at place: String, isRepeating: Bool = false) throws -> [SweepAxis] {
    try entries(of: written, at: place).map { path, value in
      let place = "\(place).\(path)"
      try background.requireKey(path, at: place)
      let (written, inner, condition) = try conditioned(value, at: place, range: "from, to and steps")
      if case .map(let range) = written {
        let steps = try SweepRange(range, at: inner).steps()
        return SweepAxis(path: path, place: place, values: steps, condition: condition)
      }
      let values = try values(written, at: inner, isRepeating: isRepeating)
      return SweepAxis(path: path, place: place, values: values, condition: condition)
    }
  }

  /// Takes an axis apart: a list or a range, or `values` beside `when`, or a range with `when` in it.
  /// - Parameter range: what a range has here.
  /// - Returns: the list or range, where it stands, and the condition.
  func conditioned(
    _ written: Setting, at place: String, range: String
  ) throws -> (values: Setting, place: String, condition: SweepCondition?) {
    guard case .map(var map) = written else { return (written, place, nil) }
    let condition = try map.removeValue(forKey: "when").map { try SweepCondition($0, at: "\(place).when", background) }
    if map["from"] != nil || map["to"] != nil { return (.map(map), place, condition) }
    for key in map.keys.sorted() where key != "values" {
      throw SetupError(
        "\(place): no setting \"\(key)\". An axis is a list of values, or has values and when, or \(range).")
    }
    return (map["values"] ?? .null, "\(place).values", condition)
  }

  /// The combinations of a section that lists them: `list`, `zip` or `random`.
  func points(of section: Setting, _ name: String, at place: String) throws -> [SweepPoint] {
    switch name {
    case "list": try listed(section, at: place)
    case "zip": try zipped(section, at: place)
    default: try SweepDrawing(section, at: place, self).points()
    }
  }

  private func listed(_ written: Setting, at place: String) throws -> [SweepPoint] {
    guard case .list(let items) = written, !items.isEmpty else {
      throw SetupError("\(place): found \(written) (\(written.kind)); expected a list of maps from key path to value.")
    }
    return try items.enumerated().map { index, item in
      try entries(of: item, at: "\(place)[\(index)]").map { path, value in
        let place = "\(place)[\(index)].\(path)"
        try background.requireKey(path, at: place)
        return SweepStep(coordinate: Coordinate(path: path, value: value), place: place)
      }
    }
  }

  private func zipped(_ written: Setting, at place: String) throws -> [SweepPoint] {
    let axes = try axes(written, at: place, isRepeating: true)
    guard Set(axes.map(\.values.count)).count == 1, let count = axes.first?.values.count else {
      let found = axes.map { "\($0.path) has \($0.values.count)" }.joined(separator: ", ")
      throw SetupError("\(place): axes that are stepped together need as many values each; \(found).")
    }
    return (0..<count).map { index in
      axes.map { axis in
        SweepStep(
          coordinate: Coordinate(path: axis.path, value: axis.values[index]), place: axis.place,
          condition: axis.condition)
      }
    }
  }

  /// The entries of `exclude`.
  func conditions(_ written: Setting, at place: String) throws -> [SweepCondition] {
    guard case .list(let entries) = written, !entries.isEmpty else {
      throw SetupError("\(place): found \(written) (\(written.kind)); expected a list of maps from key path to value.")
    }
    return try entries.enumerated().map { try SweepCondition($0.element, at: "\(place)[\($0.offset)]", background) }
  }

  /// A map's entries in the order of the file.
  func entries(of written: Setting, at place: String) throws -> [(String, Setting)] {
    guard case .map(let map) = written, !map.isEmpty else {
      throw SetupError("\(place): found \(written) (\(written.kind)); expected a map from key path to values.")
    }
    func position(_ key: String) -> Int { document.places["\(place).\(key)"]?.position ?? 0 }
    return map.sorted { (position($0.key), $0.key) < (position($1.key), $1.key) }
  }

  private func values(_ written: Setting, at place: String, isRepeating: Bool) throws -> [Setting] {
    guard case .list(let values) = written, !values.isEmpty else {
      let found = written == .null ? "nothing" : "\(written) (\(written.kind))"
      throw SetupError("\(place): found \(found); expected a list of values.")
    }
    for (index, value) in values.enumerated() where !isRepeating && values[..<index].contains(value) {
      throw SetupError("\(place)[\(index)]: the value \(Coordinate(path: "", value: value).text) is listed twice.")
    }
    return values
  }
}

/// What must hold of a row: every key path has the value, or one of the values.
struct SweepCondition {
  let place: String
  private let wanted: [(path: String, values: [Setting])]

  init(_ written: Setting, at place: String, _ background: RowBackground) throws {
    guard case .map(let map) = written, !map.isEmpty else {
      throw SetupError("\(place): found \(written) (\(written.kind)); expected a map from key path to value.")
    }
    self.place = place
    wanted = try map.sorted { $0.key < $1.key }.map { path, value in
      try background.requireKey(path, at: "\(place).\(path)")
      if case .list(let values) = value, path != "modalities" { return (path, values) }
      return (path, [value])
    }
  }

  func holds(for row: [String: Setting], _ background: RowBackground) throws -> Bool {
    try wanted.allSatisfy { path, values in
      let found = try background.value(at: path, of: row)
      return values.contains { SweepCondition.matches($0, found) }
    }
  }

  /// Whether it may hold for a row some of whose settings are yet to be chosen.
  /// - Parameter values: what is known of a setting that is: what it may be chosen from, or nothing; nil for others.
  func mayHold(
    for row: [String: Setting], _ background: RowBackground, choosing values: (_ path: String) -> SweepDomain?
  ) throws -> Bool {
    try wanted.allSatisfy { path, wanted in
      switch values(path) {
      case .list(let list)?: return list.contains { value in wanted.contains { SweepCondition.matches($0, value) } }
      case .range?: return true
      case nil:
        // of a part that may be chosen
        if let part = RowBackground.part(in: path), part.place != path, values(part.place) != nil { return true }
        let found = try background.value(at: path, of: row)
        return wanted.contains { SweepCondition.matches($0, found) }
      }
    }
  }

  /// `train.optimizer is sgd or adam`.
  var text: String {
    wanted.map { path, values in
      "\(path) is \(values.map { Coordinate(path: path, value: $0).text }.joined(separator: " or "))"
    }.joined(separator: " and ")
  }

  /// A part's name alone stands for it with any settings; 1 and 1.0 are one number.
  private static func matches(_ wanted: Setting, _ found: Setting?) -> Bool {
    switch (wanted, found) {
    case (.text(let name), .map(let map)?): map.count == 1 && map[name] != nil
    case (.integer(let a), .number(let b)?): Double(a) == b
    case (.number(let a), .integer(let b)?): a == Double(b)
    default: wanted == found
    }
  }
}
