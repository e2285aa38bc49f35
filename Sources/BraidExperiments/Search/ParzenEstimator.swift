import BraidTensor
import Foundation

/// A density on 0 … 1, estimated from the points there are: Bergstra, Bardenet, Bengio & Kégl 2011, "Algorithms for
/// Hyper-Parameter Optimization" (NIPS), section 4.2.
///
/// `p(x) = (1 + Σ_i N(x; x_i, σ_i) / Z_i) / (n + 1)`: the uniform density and a normal one around each point, all of the same
/// weight, each normal one cut off at 0 and 1 (`Z_i` is what it has between them). σ_i is the larger of the distances to
/// the neighbours on both sides, the ends among them, and at least `1 / min(100, n + 1)`, as in the authors' program
/// hyperopt (the paper says "clipped to remain in a reasonable range").
struct ParzenEstimator {
  /// In ascending order.
  let centres: [Double]
  let widths: [Double]

  init(_ points: [Double]) {
    centres = points.sorted()
    let least = 1 / min(100, Double(points.count) + 1)
    widths = centres.indices.map { [centres] index in
      let left = index == 0 ? 0 : centres[index - 1]
      let right = index == centres.count - 1 ? 1 : centres[index + 1]
      return max(centres[index] - left, right - centres[index], least)
    }
  }

  func density(at x: Double) -> Double {
    let normal = zip(centres, widths).map { centre, width in
      let z = (x - centre) / width
      return exp(-z * z / 2) / (width * (2 * Double.pi).squareRoot()) / inside(centre, width, 0, 1)
    }
    return (1 + normal.reduce(0, +)) / Double(centres.count + 1)
  }

  /// The probability of a part of 0 … 1: of the numbers that are rounded to one whole number.
  func mass(of part: ClosedRange<Double>) -> Double {
    let normal = zip(centres, widths).map { centre, width in
      inside(centre, width, part.lowerBound, part.upperBound) / inside(centre, width, 0, 1)
    }
    return (part.upperBound - part.lowerBound + normal.reduce(0, +)) / Double(centres.count + 1)
  }

  /// A draw: first which of the densities, then from it, again until it lies between 0 and 1.
  func draw(_ stream: inout RandomStream) -> Double {
    let which = Int(stream.below(UInt64(centres.count + 1)))
    guard which < centres.count else { return Double(stream.uniform()) }
    while true {
      let x = centres[which] + widths[which] * Double(stream.normal())
      if (0...1).contains(x) { return x }
    }
  }

  /// What a normal density has between two numbers.
  private func inside(_ centre: Double, _ width: Double, _ low: Double, _ high: Double) -> Double {
    func below(_ x: Double) -> Double { erfc((centre - x) / (width * 2.0.squareRoot())) / 2 }
    return below(high) - below(low)
  }
}

/// Probabilities of N choices from those that were made (the same paper, section 4.2): `p_i ∝ N · 1/N + C_i`, where C_i counts
/// how often i was chosen.
struct ChoiceEstimator {
  let probabilities: [Double]

  /// - Parameter choices: numbers of what was chosen, each below `count`.
  init(_ choices: [Int], of count: Int) {
    var counts = [Double](repeating: 1, count: count)
    for choice in choices { counts[choice] += 1 }
    probabilities = counts.map { $0 / Double(count + choices.count) }
  }

  func draw(_ stream: inout RandomStream) -> Int {
    var rest = Double(stream.uniform())
    for (index, probability) in probabilities.enumerated() {
      rest -= probability
      if rest < 0 { return index }
    }
    return probabilities.count - 1
  }
}
