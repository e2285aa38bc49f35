import Foundation

/// Student's t distribution, from the regularised incomplete beta function.
///
/// `P(|T| ≥ t) = I_{ν/(ν+t²)}(ν/2, 1/2)` (Abramowitz & Stegun 1964, 26.7.1 with 26.5.2). The tail is computed as
/// itself, not as one minus the rest, so that small probabilities keep their digits.
public enum StudentT {
  /// The probability of a value at least this far from zero on either side.
  /// - Parameter degrees: of freedom, above zero. Gives NaN otherwise, as for a `t` that is not a number.
  public static func twoSidedTail(_ t: Double, degrees: Double) -> Double {
    guard degrees > 0, !t.isNaN else { return .nan }
    if t.isInfinite { return 0 }
    let square = t * t
    return incompleteBeta(degrees / (degrees + square), complement: square / (degrees + square), degrees / 2, 0.5)
  }

  /// P(T ≤ t).
  public static func cumulative(_ t: Double, degrees: Double) -> Double {
    let tail = twoSidedTail(t, degrees: degrees) / 2
    return t > 0 ? 1 - tail : tail
  }

  /// The t with `P(|T| ≥ t) = tail`: for a 95 % interval, `tail` is 0.05. By bisection: the tail falls as t grows.
  /// - Parameter tail: above 0 and at most 1; gives NaN otherwise.
  public static func critical(tail: Double, degrees: Double) -> Double {
    guard degrees > 0, tail > 0, tail <= 1 else { return .nan }
    var low = 0.0, high = 1.0
    while twoSidedTail(high, degrees: degrees) > tail {
      low = high
      high *= 2
      if high > 1e300 { return .infinity }
    }
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return high }  // neighbouring numbers: as exact as it gets
      if twoSidedTail(middle, degrees: degrees) > tail { low = middle } else { high = middle }
    }
  }

  /// The regularised incomplete beta function `I_x(a, b)`, a and b above zero, x in 0 … 1.
  /// - Parameter complement: 1 − x, given apart because it may be too small to be seen in x.
  static func incompleteBeta(_ x: Double, complement: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if complement <= 0 { return 1 }
    // x^a (1 − x)^b / B(a, b); a logarithm of a number near 1 is taken from its distance to 1
    let logX = x < 0.5 ? log(x) : log1p(-complement)
    let logComplement = complement < 0.5 ? log(complement) : log1p(-x)
    let front = exp(a * logX + b * logComplement + logGammaRatio(a, b) - logGamma(b))
    if x < (a + 1) / (a + b + 2) { return min(front * fraction(x, a, b) / a, 1) }
    return max(1 - front * fraction(complement, b, a) / b, 0)
  }

  /// The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), by Lentz's method.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func apart(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / apart(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...10_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / apart(1 + even * d)
      c = apart(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / apart(1 + odd * d)
      c = apart(1 + odd / c)
      result *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return result
  }

  /// log Γ(x) for x above zero: Stirling's series, after moving x above 15 by Γ(x + 1) = x Γ(x).
  static func logGamma(_ x: Double) -> Double {
    var shifted = x, product = 1.0
    while shifted < 15 {
      product *= shifted
      shifted += 1
    }
    return (shifted - 0.5) * log(shifted) - shifted + 0.5 * log(2 * Double.pi) + stirling(shifted) - log(product)
  }

  /// log (Γ(a + b) / Γ(a)), without the loss of digits of the difference of two large numbers.
  static func logGammaRatio(_ a: Double, _ b: Double) -> Double {
    var shifted = a, product = 1.0
    while shifted < 15 {
      product *= shifted / (shifted + b)
      shifted += 1
    }
    return (shifted - 0.5) * log1p(b / shifted) + b * log(shifted + b) - b + stirling(shifted + b) - stirling(shifted)
      + log(product)
  }

  /// What Stirling's formula lacks: Σ B_2k / (2k (2k − 1) x^(2k − 1)), for x of 15 and more.
  private static func stirling(_ x: Double) -> Double {
    let coefficients: [Double] = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360]
    return coefficients.reversed().reduce(0) { $0 / (x * x) + $1 } / x
  }
}
