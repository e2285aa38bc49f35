import BraidCore
import BraidTensor

/// A setting that is searched: its key path within a row, and the values it may have.
struct SearchAxis {
  let path: String
  /// Where it stands in the file.
  let place: String
  let domain: SweepDomain
  /// Whether it is a setting of a part (`fusion.gated.width`), which counts only where the part is used.
  var isOfPart: Bool { RowBackground.part(in: path) != nil }

  /// Paths that cannot be searched, and why.
  private static let refused = [
    "fusion": "fusions are what is compared: list them in compare or sweep",
    "modalities": "rows of other modalities answer another question: list them in compare or sweep",
    "data": "values on other validation samples could not be compared: list data sets in compare or sweep",
    "noise": "values on other validation samples could not be compared: list noise in compare or sweep",
    "train.epochs": "they are what a trial costs, and all rows get the same",
  ]

  /// - Throws: `SetupError` for a key no row has, one that is not for searching, and values that are none.
  init(_ path: String, _ written: Setting, at place: String, _ background: RowBackground) throws {
    try background.requireKey(path, at: place)
    for (refused, why) in SearchAxis.refused {
      let isRefused = path == refused || (["data", "noise"].contains(refused) && path.hasPrefix("\(refused)."))
      try require(!isRefused, "\(place): \(refused) cannot be searched: \(why).")
    }
    (self.path, self.place) = (path, place)
    domain = try SweepDomain(written, at: place)
    if case .list(let values) = domain {
      for (index, value) in values.enumerated() where values[..<index].contains(value) {
        throw SetupError("\(place)[\(index)]: the value \(Coordinate(path: path, value: value).text) is listed twice.")
      }
    }
  }

  /// What a report says it was searched over: `32, 64, 128`; `0.0001 … 0.01, logarithmic`.
  var text: String {
    switch domain {
    case .list(let values): values.map { Coordinate(path: path, value: $0).text }.joined(separator: ", ")
    case .range(let range): range.text
    }
  }

  /// Values to try before anything is trained: all that are listed, or both ends.
  var samples: [Setting] {
    switch domain {
    case .list(let values): values
    case .range(let range): [range.number(at: 0), range.number(at: 1)]
    }
  }
}

/// What can be searched for one row: the axes that count for it.
struct SearchSpace {
  let row: Specification.Row
  let axes: [SearchAxis]
  let background: RowBackground

  /// One combination. Settings of a part come after the choice of the part, and only if it was chosen.
  /// - Parameter choose: gives an axis its value.
  /// - Returns: values in the order of the file.
  func combination(_ choose: (SearchAxis) -> Setting) throws -> [Coordinate] {
    var written = Setting.map(row.written)
    var chosen: [String: Setting] = [:]
    for axis in axes.filter({ !$0.isOfPart }) + axes.filter(\.isOfPart) {
      guard case .map(let map) = written, try background.uses(axis.path, map) else { continue }
      let value = choose(axis)
      written = try SettingPath(axis.path, at: axis.place).assigning(value, in: written)
      chosen[axis.path] = value
    }
    return axes.compactMap { axis in chosen[axis.path].map { Coordinate(path: axis.path, value: $0) } }
  }

  /// One combination drawn at random: every axis by itself, from a stream named by its path and the trial. So rows that
  /// share an axis try the same values on it, and another axis changes none of them.
  /// - Parameter attempt: 0, or more where the draw before is not wanted.
  func draw(seed: UInt64, trial: Int, attempt: Int = 0) throws -> [Coordinate] {
    try combination { axis in
      var stream = stream(of: axis, seed: seed, trial: trial, attempt: attempt)
      return axis.domain.value(from: &stream)
    }
  }

  /// Where an axis draws from in a trial.
  func stream(of axis: SearchAxis, seed: UInt64, trial: Int, attempt: Int) -> RandomStream {
    let path = "search.\(axis.path)" + (attempt == 0 ? "" : " again \(attempt)")
    return RandomStream(seed: seed, .search, path: path, step: UInt64(trial))
  }
}
