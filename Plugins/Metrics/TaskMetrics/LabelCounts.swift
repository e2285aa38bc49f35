import BraidCore

/// What precision, recall and F1 are made of: for every class or label how often it was given, rightly given, and
/// right.
///
/// As in scikit-learn, the classes that count are those that occur among the right ones or the answers; a class that
/// occurs in neither is left out of averages. Of labels all count. A label is given when its score is at least 0.5.
struct LabelCounts {
  var right: [Int]
  var answered: [Int]
  var support: [Int]

  init(_ evaluation: Evaluation) {
    let outputs = evaluation.outputs
    right = Array(repeating: 0, count: outputs)
    (answered, support) = (right, right)
    if case .classes = evaluation.target {
      for (truth, answer) in zip(evaluation.classes, evaluation.predictedClasses) {
        support[truth] += 1
        answered[answer] += 1
        if truth == answer { right[truth] += 1 }
      }
      let occurring = (0..<outputs).filter { answered[$0] + support[$0] > 0 }
      right = occurring.map { right[$0] }
      (answered, support) = (occurring.map { answered[$0] }, occurring.map { support[$0] })
    } else {
      for sample in 0..<evaluation.count {
        for label in 0..<outputs {
          let isRight = evaluation.values[sample * outputs + label] >= 0.5
          let isGiven = evaluation.scores[sample * outputs + label] >= 0.5
          if isRight { support[label] += 1 }
          if isGiven { answered[label] += 1 }
          if isRight && isGiven { right[label] += 1 }
        }
      }
    }
  }

  /// Averages `numerator / denominator` over classes or labels; a ratio with denominator 0 is 0, as in scikit-learn.
  func average(
    _ average: Average, _ numerator: (_ right: Int) -> Int,
    over denominator: (_ answered: Int, _ support: Int) -> Int
  ) -> Double {
    func ratio(_ top: Int, _ bottom: Int) -> Double { bottom == 0 ? 0 : Double(top) / Double(bottom) }
    if average == .micro {
      return ratio(numerator(right.reduce(0, +)), denominator(answered.reduce(0, +), support.reduce(0, +)))
    }
    let ratios = right.indices.map { ratio(numerator(right[$0]), denominator(answered[$0], support[$0])) }
    if average == .macro { return ratios.isEmpty ? .nan : ratios.reduce(0, +) / Double(ratios.count) }
    let total = support.reduce(0, +)
    guard total > 0 else { return 0 }
    return zip(ratios, support).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(total)
  }
}

/// How the numbers of several classes or labels become one.
public enum Average: String, Choice {
  /// The mean of all classes: rare ones weigh as much as common ones.
  case macro
  /// One count over all classes. Where each sample has one class, it is the accuracy.
  case micro
  /// The mean weighted by how many samples each class has.
  case weighted
}

/// Throws unless the target is classes or labels.
func requireClassesOrLabels(_ target: TargetSpecification, for name: String) throws {
  if case .values = target {
    throw SetupError(
      "metric \(name): it is for classes and labels; the target is \(target.summary). Use mae, mse or pearson.")
  }
}
