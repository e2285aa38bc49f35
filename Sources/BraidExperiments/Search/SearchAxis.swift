import BraidCore
import BraidTensor

/// A setting that is searched: its key path within a row, and the values it may have.
struct SearchAxis: ConditionalAxis {
  let path: String
  /// Where it stands in the file.
  let place: String
  let domain: SweepDomain
  let condition: SweepCondition?

  /// Paths that cannot be searched, and why.
  private static let refused = [
    "fusion": "fusions are what is compared: list them in compare or sweep",
    "modalities": "rows of other modalities answer another question: list them in compare or sweep",
    "data": "values on other validation samples could not be compared: list data sets in compare or sweep",
    "noise": "values on other validation samples could not be compared: list noise in compare or sweep",
    "train.epochs": "they are what a trial costs, and all rows get the same",
  ]

  /// - Throws: `SetupError` for a key no row has, one that is not for searching, and values that are none.
  init(_ path: String, _ written: Setting, at place: String, _ reader: SweepReader) throws {
    try reader.background.requireKey(path, at: place)
    for (refused, why) in SearchAxis.refused {
      let isRefused = path == refused || (["data", "noise"].contains(refused) && path.hasPrefix("\(refused)."))
      try require(!isRefused, "\(place): \(refused) cannot be searched: \(why).")
    }
    (self.path, self.place) = (path, place)
    let (values, inner, condition) = try reader.conditioned(written, at: place, range: "from and to")
    (domain, self.condition) = (try SweepDomain(values, at: inner), condition)
    if case .list(let values) = domain {
      for (index, value) in values.enumerated() where values[..<index].contains(value) {
        throw SetupError("\(inner)[\(index)]: the value \(Coordinate(path: path, value: value).text) is listed twice.")
      }
    }
  }

  /// What a report says it was searched over: `32, 64, 128`; `0.0001 … 0.01, logarithmic`; `0, 0.9, when
  /// train.optimizer is sgd`.
  var text: String {
    let values =
      switch domain {
      case .list(let values): values.map { Coordinate(path: path, value: $0).text }.joined(separator: ", ")
      case .range(let range): range.text
      }
    return values + (condition.map { ", when \($0.text)" } ?? "")
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

  /// One combination. What depends on other values comes after them, and only if it counts with them.
  /// - Parameter choose: gives an axis its value.
  /// - Returns: values in the order of the file.
  func combination(_ choose: (SearchAxis) -> Setting) throws -> [Coordinate] {
    var written = Setting.map(row.written)
    var chosen: [String: Setting] = [:]
    for axis in axes.filter({ !$0.isConditional }) + axes.filter(\.isConditional) {
      guard case .map(let map) = written, try axis.applies(to: map, background) else { continue }
      let value = choose(axis)
      written = try SettingPath(axis.path, at: axis.place).assigning(value, in: written)
      chosen[axis.path] = value
    }
    return axes.compactMap { axis in chosen[axis.path].map { Coordinate(path: axis.path, value: $0) } }
  }

  /// Combinations in which every listed value and both ends of every range occur: of the axes that always count, the first
  /// samples of all, the second ones, …, and with each of these every combination of the others.
  func samples() throws -> [[Coordinate]] {
    let conditional = axes.filter(\.isConditional)
    let most = axes.filter { !$0.isConditional }.map(\.samples.count).max() ?? 1
    // an axis that depends on others has its own digit in the number of a combination
    var strides: [String: Int] = [:], ways = 1
    for axis in conditional where ways < SearchSpace.mostWays {
      strides[axis.path] = ways
      ways *= axis.samples.count
    }
    var seen: Set<Coordinate> = []
    var result: [[Coordinate]] = []
    for way in 0..<ways {
      for index in 0..<most {
        let values = try combination { axis in
          let digit = strides[axis.path].map { way / $0 } ?? way
          return axis.samples[(axis.isConditional ? index + digit : index) % axis.samples.count]
        }
        guard !seen.isSuperset(of: values) else { continue }
        seen.formUnion(values)
        result.append(values)
      }
    }
    return result
  }

  /// Where combinations of dependent axes stop being gone through one by one.
  private static let mostWays = 256

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
