import BraidCore
import BraidTensor
import Foundation

/// Numbers between two ends: `{from: 1e-4, to: 1e-2, scale: log}`, with `whole: true` for whole numbers and `steps` for an
/// axis of a grid.
struct SweepRange {
  private enum Scale: String, Choice { case linear, log }
  private struct Written: PartOptions {
    var from = 0.0
    var to = 0.0
    var scale = Scale.linear
    var whole = false
    var steps = 0
  }
  private let written: Written
  private let place: String

  init(_ map: [String: Setting], at place: String) throws {
    try require(map["from"] != nil && map["to"] != nil, "\(place): a range needs from and to.")
    (written, self.place) = (try Written(map, at: place), place)
    try require(written.from < written.to, "\(place): from \(written.from) is not below to \(written.to).")
    try require(
      written.scale == .linear || written.from > 0,
      "\(place).from: found \(written.from); a logarithmic range begins above 0.")
  }

  /// The number at a share of the way, 0 … 1.
  func number(at share: Double) -> Setting {
    var value =
      written.scale == .linear
      ? written.from + share * (written.to - written.from)
      : exp(log(written.from) + share * (log(written.to) - log(written.from)))
    if written.whole { return .integer(Int(value.rounded())) }
    // six digits say enough of a drawn number, and read better
    if share > 0, share < 1, let shorter = Double(String(format: "%.6g", value)) { value = shorter }
    return .number(share == 0 ? written.from : share == 1 ? written.to : value)
  }

  /// The share of the way a number is at; nil for what is no number.
  func share(_ value: Setting) -> Double? {
    switch value {
    case .integer(let number): share(Double(number))
    case .number(let number): share(number)
    default: nil
    }
  }

  /// The shares of the way whose whole number this is; nil where numbers need not be whole.
  func shares(of value: Setting) -> ClosedRange<Double>? {
    guard written.whole, case .integer(let number) = value else { return nil }
    return share(Double(number) - 0.5)...share(Double(number) + 0.5)
  }

  private func share(_ number: Double) -> Double {
    guard number > written.from else { return 0 }
    let share =
      written.scale == .linear
      ? (number - written.from) / (written.to - written.from)
      : (log(number) - log(written.from)) / (log(written.to) - log(written.from))
    return min(share, 1)
  }

  /// `0.0001 … 0.01, logarithmic`.
  var text: String {
    let ends = [0, 1].map { Coordinate(path: "", value: number(at: $0)).text }.joined(separator: " … ")
    return ends + (written.scale == .log ? ", logarithmic" : "") + (written.whole ? ", whole numbers" : "")
  }

  /// Evenly spaced numbers, both ends among them; whole numbers that coincide count once.
  func steps() throws -> [Setting] {
    try require(written.steps >= 2, "\(place).steps: found \(written.steps); expected 2 or more.")
    var result: [Setting] = []
    for index in 0..<written.steps {
      let value = number(at: Double(index) / Double(written.steps - 1))
      if !result.contains(value) { result.append(value) }
    }
    return result
  }
}

/// The section `random`: `{draws: 20, seed: 0, axes: {train.learningRate: {from: 1e-4, to: 1e-2, scale: log}}}`.
///
/// An axis is a list to choose from or a range. Its draws come from a stream of its own, so that another axis, or more
/// draws, change none of those there are.
struct SweepDrawing {
  private struct Written: PartOptions {
    var draws = 0
    var seed: UInt64 = 0
    var axes: [String: Setting] = [:]
  }
  private let written: Written
  private let axes: [(path: String, place: String, domain: SweepDomain, condition: SweepCondition?)]

  init(_ section: Setting, at place: String, _ reader: SweepReader) throws {
    guard case .map(let map) = section else {
      throw SetupError("\(place): found \(section) (\(section.kind)); expected draws and axes.")
    }
    written = try Written(map, at: place)
    try require(written.draws >= 1, "\(place).draws: found \(written.draws); expected 1 or more.")
    axes = try reader.entries(of: .map(written.axes), at: "\(place).axes").map { path, value in
      let place = "\(place).axes.\(path)"
      try reader.background.requireKey(path, at: place)
      let (values, inner, condition) = try reader.conditioned(value, at: place, range: "from and to")
      return (path, place, try SweepDomain(values, at: inner), condition)
    }
  }

  func points() -> [SweepPoint] {
    (0..<written.draws).map { draw in
      axes.map { axis in
        var stream = RandomStream(seed: written.seed, .sampling, path: "sweep.\(axis.path)", step: UInt64(draw))
        let value = axis.domain.value(from: &stream)
        return SweepStep(
          coordinate: Coordinate(path: axis.path, value: value), place: axis.place, condition: axis.condition)
      }
    }
  }
}
