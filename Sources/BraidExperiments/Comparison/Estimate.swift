import Foundation

/// Where a mean lies with 95 % confidence, if the values are draws from a normal distribution.
public struct Interval: Codable, Sendable, Hashable {
  /// Its lower end.
  public var low: Double
  /// Its upper end.
  public var high: Double
  public init(low: Double, high: Double) { (self.low, self.high) = (low, high) }
}

/// One number over the seeds: its mean, how much it varies, and how well the mean is known.
public struct Estimate: Codable, Sendable, Hashable {
  /// One value a seed, in the order of `Comparison.seeds`; nil where the cell failed or the value is not defined.
  public var values: [Double?]
  /// How many values there are.
  public var count: Int
  /// Nil when there is no value at all.
  public var mean: Double?
  /// Standard deviation of the sample (division by n − 1); nil below two values.
  public var deviation: Double?
  /// `mean ± t(n − 1) · deviation / √n`; nil below two values: one seed says nothing about variation.
  public var interval: Interval?

  /// - Parameter values: one a seed; a value that is not finite counts as none.
  public init(_ values: [Double?]) {
    self.values = values.map { $0.flatMap { $0.isFinite ? $0 : nil } }
    let present = self.values.compactMap { $0 }
    count = present.count
    guard count > 0 else { return }
    let mean = present.reduce(0, +) / Double(count)
    self.mean = mean
    guard count > 1 else { return }
    let deviation = (present.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    self.deviation = deviation
    let reach = StudentT.critical(tail: 0.05, degrees: Double(count - 1)) * deviation / Double(count).squareRoot()
    interval = Interval(low: mean - reach, high: mean + reach)
  }
}

/// A row against the reference row, seed by seed: the same seed means the same first encoder weights and the same
/// batches, so what the two share cancels.
public struct Difference: Codable, Sendable, Hashable {
  /// Row minus reference for each seed; its mean, deviation and 95 % interval.
  public var estimate: Estimate
  /// `mean / (deviation / √n)`; nil below two pairs or when all differences are equal.
  public var t: Double?
  /// Two-sided p of the paired t-test, n − 1 degrees of freedom. Nil when the test cannot be made: below two pairs, or
  /// all differences equal and not zero. Differences that are all zero have p = 1.
  public var p: Double?
  /// `p` after Holm's correction over all rows compared with the reference on this metric.
  public var adjustedP: Double?

  public init(_ row: [Double?], minus reference: [Double?]) {
    estimate = Estimate(zip(row, reference).map { a, b in a.flatMap { a in b.map { a - $0 } } })
    guard let mean = estimate.mean, let deviation = estimate.deviation else { return }
    // below rounding error of the values themselves the differences count as equal
    let scale = (row + reference).compactMap { $0.map(abs) }.filter(\.isFinite).max() ?? 0
    guard deviation > 1e-14 * scale else {
      if abs(mean) <= 1e-14 * scale { p = 1 }
      return
    }
    let t = mean / (deviation / Double(estimate.count).squareRoot())
    self.t = t
    p = StudentT.twoSidedTail(t, degrees: Double(estimate.count - 1))
  }

  /// Holm's step-down correction (Holm 1979): the i-th smallest of m values is multiplied by m − i + 1, never falls
  /// below the one before it, and stops at 1. Keeps the chance of any false claim among all m below the level.
  /// - Parameter p: nil entries are tests that were not made; they do not count and stay nil.
  public static func holm(_ p: [Double?]) -> [Double?] {
    let order = p.indices.filter { p[$0] != nil }.sorted { (p[$0]!, $0) < (p[$1]!, $1) }
    var adjusted = [Double?](repeating: nil, count: p.count)
    var floor = 0.0
    for (rank, index) in order.enumerated() {
      floor = max(floor, min(p[index]! * Double(order.count - rank), 1))
      adjusted[index] = floor
    }
    return adjusted
  }
}
