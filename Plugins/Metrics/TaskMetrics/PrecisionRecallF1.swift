import BraidCore

/// Settings of precision and recall.
public struct AverageOptions: PartOptions {
  /// How the classes' numbers become one.
  public var average = Average.macro
  public init() {}
  public init(average: Average) { self.average = average }
}

/// How often an answer is right: for class k, `right_k / answered_k`, averaged over classes or labels.
///
/// A class never answered has precision 0. As `precision_score` of scikit-learn with `zero_division=0`: classes that
/// occur neither among the right ones nor among the answers are left out. NaN without samples.
public struct Precision: Metric {
  public typealias Options = AverageOptions
  public static let about = About(
    "precision", "How often an answer is right, averaged over classes", equation: "mean_k right_k / answered_k")
  public static let higherIsBetter = true
  private let average: Average

  /// Throws `SetupError` when the target is numbers.
  public init(_ options: AverageOptions, for target: TargetSpecification) throws {
    try requireClassesOrLabels(target, for: "precision")
    average = options.average
  }

  public func callAsFunction(_ evaluation: Evaluation) -> Double {
    guard evaluation.count > 0 else { return .nan }
    return LabelCounts(evaluation).average(average, { $0 }, over: { answered, _ in answered })
  }
}

/// How much of a class is found: for class k, `right_k / support_k`, averaged over classes or labels.
///
/// A class that is answered but never right has recall 0. As `recall_score` of scikit-learn with `zero_division=0`:
/// classes that occur neither among the right ones nor among the answers are left out. NaN without samples.
public struct Recall: Metric {
  public typealias Options = AverageOptions
  public static let about = About(
    "recall", "How much of a class is found, averaged over classes", equation: "mean_k right_k / support_k")
  public static let higherIsBetter = true
  private let average: Average

  /// Throws `SetupError` when the target is numbers.
  public init(_ options: AverageOptions, for target: TargetSpecification) throws {
    try requireClassesOrLabels(target, for: "recall")
    average = options.average
  }

  public func callAsFunction(_ evaluation: Evaluation) -> Double {
    guard evaluation.count > 0 else { return .nan }
    return LabelCounts(evaluation).average(average, { $0 }, over: { _, support in support })
  }
}

/// Harmonic mean of precision and recall, `2 right_k / (answered_k + support_k)`, each class weighing the same.
///
/// As `f1_score(average="macro", zero_division=0)` of scikit-learn: the mean of the classes' F1, not the F1 of mean
/// precision and mean recall; classes that occur neither among the right ones nor among the answers are left out. NaN
/// without samples.
public struct MacroF1: Metric {
  public typealias Options = NoOptions
  public static let about = About(
    "macro-f1", "Mean over classes of the harmonic mean of precision and recall",
    equation: "mean_k 2 right_k / (answered_k + support_k)")
  public static let higherIsBetter = true

  /// Throws `SetupError` when the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification) throws {
    try requireClassesOrLabels(target, for: "macro-f1")
  }

  public func callAsFunction(_ evaluation: Evaluation) -> Double { f1(evaluation, .macro) }
}

/// Harmonic mean of precision and recall, averaged with each class's number of samples as weight.
///
/// As `f1_score(average="weighted", zero_division=0)` of scikit-learn. NaN without samples.
public struct WeightedF1: Metric {
  public typealias Options = NoOptions
  public static let about = About(
    "weighted-f1", "Harmonic mean of precision and recall, classes weighted by their number of samples",
    equation: "Σ_k support_k f1_k / Σ_k support_k")
  public static let higherIsBetter = true

  /// Throws `SetupError` when the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification) throws {
    try requireClassesOrLabels(target, for: "weighted-f1")
  }

  public func callAsFunction(_ evaluation: Evaluation) -> Double { f1(evaluation, .weighted) }
}

private func f1(_ evaluation: Evaluation, _ average: Average) -> Double {
  guard evaluation.count > 0 else { return .nan }
  return LabelCounts(evaluation).average(average, { 2 * $0 }, over: +)
}
