import BraidCore

/// Share of samples answered rightly: for labels, those with every label right (subset accuracy), a label being given
/// when its score is at least 0.5. As `accuracy_score` of scikit-learn. NaN without samples.
public struct Accuracy: Metric {
  public typealias Options = NoOptions
  public static let about = About(
    "accuracy", "Share of samples answered rightly; of labels, all of a sample's must be right",
    equation: "mean_b [answer_b = right_b]")
  public static let higherIsBetter = true

  /// Throws `SetupError` when the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification) throws {
    try requireClassesOrLabels(target, for: "accuracy")
  }

  public func callAsFunction(_ evaluation: Evaluation) -> Double {
    guard evaluation.count > 0 else { return .nan }
    if case .classes = evaluation.target {
      let right = zip(evaluation.classes, evaluation.predictedClasses).count { $0 == $1 }
      return Double(right) / Double(evaluation.count)
    }
    let outputs = evaluation.outputs
    let right = (0..<evaluation.count).count { sample in
      (sample * outputs..<(sample + 1) * outputs).allSatisfy {
        (evaluation.scores[$0] >= 0.5) == (evaluation.values[$0] >= 0.5)
      }
    }
    return Double(right) / Double(evaluation.count)
  }
}
