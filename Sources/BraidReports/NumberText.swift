import BraidExperiments
import Foundation

/// How reports write numbers: enough digits to compare, no more than the seeds can carry.
enum NumberText {
  /// Fixed decimals, a real minus sign, `–` for nothing.
  static func fixed(_ value: Double?, _ decimals: Int = 3) -> String {
    guard let value, value.isFinite else { return "–" }
    let text = String(format: "%.\(decimals)f", value)
    let zero = String(format: "%.\(decimals)f", 0.0)
    return text == "-" + zero ? zero : text.replacingOccurrences(of: "-", with: "−")
  }

  /// Decimals that show three digits of numbers near 1 and none beyond the point of large ones.
  static func decimals(for value: Double?) -> Int {
    guard let size = value.map(abs), size.isFinite else { return 3 }
    return size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3
  }

  /// `0.873 ± 0.012`; without a deviation the mean alone.
  static func meanDeviation(_ estimate: Estimate) -> String {
    let digits = decimals(for: estimate.mean)
    let mean = fixed(estimate.mean, digits)
    return estimate.deviation.map { "\(mean) ± \(fixed($0, digits))" } ?? mean
  }

  /// `0.861 … 0.885`.
  static func interval(_ interval: Interval?, signed: Bool = false) -> String {
    guard let interval else { return "–" }
    let digits = decimals(for: max(abs(interval.low), abs(interval.high)))
    return
      "\(sign(interval.low, signed))\(fixed(interval.low, digits)) … \(sign(interval.high, signed))\(fixed(interval.high, digits))"
  }

  /// A difference with its sign: `+0.021`.
  static func difference(_ value: Double?) -> String { sign(value, true) + fixed(value, decimals(for: value)) }

  private static func sign(_ value: Double?, _ signed: Bool) -> String { signed && (value ?? 0) > 0 ? "+" : "" }

  /// `0.032`, `< 0.001`.
  static func probability(_ p: Double?) -> String {
    guard let p else { return "–" }
    return p < 0.001 ? "< 0.001" : fixed(p, 3)
  }

  /// `73 511`, with thin groups of three.
  static func count(_ value: Int?) -> String {
    guard let value else { return "–" }
    var text = ""
    for (index, digit) in String(abs(value)).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append("\u{202f}") }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + String(text.reversed())
  }

  /// `147 k`, `3.2 M`, `1.4 G`.
  static func magnitude(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    for (limit, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where abs(value) >= limit {
      let scaled = value / limit
      return "\(fixed(scaled, abs(scaled) < 10 ? 2 : abs(scaled) < 100 ? 1 : 0)) \(unit)"
    }
    return fixed(value, 0)
  }
}
