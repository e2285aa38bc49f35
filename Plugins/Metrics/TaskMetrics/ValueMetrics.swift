import BraidCore

/// Mean absolute error over samples and numbers: `mean_{b,k} |y − t|`. NaN without samples.
public struct MeanAbsoluteError: Metric {
  public typealias Options = NoOptions
  public static let about = About("mae", "Mean absolute error over samples and numbers", equation: "mean_{b,k} |y − t|")
  public static let higherIsBetter = false

  /// Throws `SetupError` unless the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification) throws { try requireValues(target, for: "mae") }

  public func callAsFunction(_ evaluation: Evaluation) -> Double { mean(evaluation) { abs($0) } }
}

/// Mean squared error over samples and numbers: `mean_{b,k} (y − t)²`. NaN without samples.
public struct MeanSquaredError: Metric {
  public typealias Options = NoOptions
  public static let about = About("mse", "Mean squared error over samples and numbers", equation: "mean_{b,k} (y − t)²")
  public static let higherIsBetter = false

  /// Throws `SetupError` unless the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification) throws { try requireValues(target, for: "mse") }

  public func callAsFunction(_ evaluation: Evaluation) -> Double { mean(evaluation) { $0 * $0 } }
}

/// Pearson's correlation of predictions and right numbers: `Σ (y − ȳ)(t − t̄) / √(Σ (y − ȳ)² Σ (t − t̄)²)`.
///
/// With several numbers a sample, the mean of each one's correlation. NaN where predictions or right numbers are
/// constant, as `scipy.stats.pearsonr` has it, and with fewer than two samples.
public struct PearsonCorrelation: Metric {
  public typealias Options = NoOptions
  public static let about = About(
    "pearson", "Correlation of predictions and right numbers",
    equation: "Σ (y − ȳ)(t − t̄) / √(Σ (y − ȳ)² Σ (t − t̄)²)", paper: "Pearson 1895, Proc. R. Soc. Lond. 58")
  public static let higherIsBetter = true

  /// Throws `SetupError` unless the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification) throws {
    try requireValues(target, for: "pearson")
  }

  public func callAsFunction(_ evaluation: Evaluation) -> Double {
    let outputs = evaluation.outputs
    guard evaluation.count > 1, outputs > 0 else { return .nan }
    let each = (0..<outputs).map { output in
      let places = stride(from: output, to: evaluation.count * outputs, by: outputs)
      return correlation(places.map { Double(evaluation.scores[$0]) }, places.map { Double(evaluation.values[$0]) })
    }
    return each.reduce(0, +) / Double(outputs)
  }

  private func correlation(_ y: [Double], _ t: [Double]) -> Double {
    // sums of squares of equal numbers need not come out as exactly 0: ask the numbers themselves
    guard y.contains(where: { $0 != y[0] }), t.contains(where: { $0 != t[0] }) else { return .nan }
    let yMean = y.reduce(0, +) / Double(y.count)
    let tMean = t.reduce(0, +) / Double(t.count)
    var product = 0.0
    var ySquares = 0.0
    var tSquares = 0.0
    for (a, b) in zip(y, t) {
      product += (a - yMean) * (b - tMean)
      ySquares += (a - yMean) * (a - yMean)
      tSquares += (b - tMean) * (b - tMean)
    }
    // rounding may carry a perfect correlation a little past 1
    return min(max(product / (ySquares.squareRoot() * tSquares.squareRoot()), -1), 1)
  }
}

private func requireValues(_ target: TargetSpecification, for name: String) throws {
  guard case .values = target else {
    throw SetupError(
      "metric \(name): it is for numbers; the target is \(target.summary). "
        + "Use accuracy, precision, recall, macro-f1 or weighted-f1.")
  }
}

private func mean(_ evaluation: Evaluation, _ error: (Double) -> Double) -> Double {
  guard evaluation.count > 0, evaluation.outputs > 0 else { return .nan }
  let sum = zip(evaluation.scores, evaluation.values).reduce(0.0) { $0 + error(Double($1.0) - Double($1.1)) }
  return sum / Double(evaluation.count * evaluation.outputs)
}
