import BraidCore
import BraidTensor
import BraidTesting
import Foundation
import TaskMetrics
import Testing

/// A fixture's answers over a split.
private func evaluation(_ fixture: Fixture) throws -> Evaluation {
  let scores = try fixture.tensor("input.scores")
  let names = (0..<scores.shape[1]).map { "\($0)" }
  let count = scores.shape[0]
  if let labels = try fixture.optional("input.labels") {
    return Evaluation(target: .labels(names), count: count, scores: scores.elements, values: labels.elements)
  }
  if let values = try fixture.optional("input.values") {
    return Evaluation(target: .values(names), count: count, scores: scores.elements, values: values.elements)
  }
  let classes = try fixture.integers("input.classes").map(Int.init)
  return Evaluation(target: .classes(names), count: count, scores: scores.elements, classes: classes)
}

private func same(_ found: Double, _ fixture: Fixture, _ name: String) throws -> Bool {
  let expected = try fixture.doubles("extra.\(name)")[0]
  return found.isNaN && expected.isNaN || abs(found - expected) <= fixture.tolerance * max(1, abs(expected))
}

@Suite struct `Metrics of classes and labels` {
  @Test(arguments: [
    "classes-many", "classes-absent", "classes-single", "classes-all-wrong", "classes-ties", "classes-one",
    "labels-many",
    "labels-absent", "labels-none", "labels-threshold",
  ])
  func `are scikit-learn's, with 0 for a division by 0`(_ name: String) throws {
    let fixture = try Fixture("metrics/\(name)")
    let answers = try evaluation(fixture)
    let target = answers.target
    #expect(try same(Accuracy(NoOptions(), for: target)(answers), fixture, "accuracy"))
    for average in Average.allCases {
      let options = AverageOptions(average: average)
      #expect(try same(Precision(options, for: target)(answers), fixture, "precision.\(average.rawValue)"))
      #expect(try same(Recall(options, for: target)(answers), fixture, "recall.\(average.rawValue)"))
    }
    #expect(try same(MacroF1(NoOptions(), for: target)(answers), fixture, "f1.macro"))
    #expect(try same(WeightedF1(NoOptions(), for: target)(answers), fixture, "f1.weighted"))
    guard case .classes = target else { return }
    let matrix = ConfusionMatrix(answers)
    #expect(try matrix.counts.flatMap { $0 } == fixture.integers("extra.confusion").map(Int.init))
    #expect(matrix.total == answers.count)
  }

  @Test func `are told apart from each other by the fixtures`() throws {
    let fixture = try Fixture("metrics/classes-many")
    let answers = try evaluation(fixture)
    let target = answers.target
    #expect(try !same(Accuracy(NoOptions(), for: target)(answers), fixture, "recall.macro"))
    #expect(try !same(Precision(AverageOptions(), for: target)(answers), fixture, "precision.weighted"))
    #expect(try !same(MacroF1(NoOptions(), for: target)(answers), fixture, "f1.weighted"))
  }

  /// Right: 0 0 1 1; answered: 0 1 1 1. Class 0: 1 answered, 1 right of 2. Class 1: 3 answered, 2 right of 2.
  @Test func `come out as worked by hand`() throws {
    let target = TargetSpecification.classes(["a", "b"])
    let answers = Evaluation(
      target: target, count: 4, scores: [0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0, 1], classes: [0, 0, 1, 1])
    #expect(try Accuracy(NoOptions(), for: target)(answers) == 0.75)
    #expect(try Precision(AverageOptions(), for: target)(answers) == (1.0 + 2.0 / 3) / 2)
    #expect(try Recall(AverageOptions(), for: target)(answers) == (0.5 + 1) / 2)
    // F1: 2 · 1 / (1 + 2) and 2 · 2 / (3 + 2)
    #expect(try abs(MacroF1(NoOptions(), for: target)(answers) - (2.0 / 3 + 0.8) / 2) < 1e-15)
    #expect(ConfusionMatrix(answers).counts == [[1, 1], [0, 2]])
  }

  @Test func `of no samples are not a number`() throws {
    let target = TargetSpecification.classes(["a", "b"])
    let nothing = Evaluation(target: target, count: 0, scores: [])
    #expect(try Accuracy(NoOptions(), for: target)(nothing).isNaN)
    #expect(try Precision(AverageOptions(), for: target)(nothing).isNaN)
    #expect(try Recall(AverageOptions(), for: target)(nothing).isNaN)
    #expect(try MacroF1(NoOptions(), for: target)(nothing).isNaN)
    #expect(try WeightedF1(NoOptions(), for: target)(nothing).isNaN)
  }

  @Test func `refuse numbers`() {
    #expect(
      throws: SetupError(
        "metric accuracy: it is for classes and labels; the target is one number. Use mae, mse or pearson.")
    ) { _ = try Accuracy(NoOptions(), for: .values(["score"])) }
    #expect(throws: SetupError.self) { _ = try Precision(AverageOptions(), for: .values(["score"])) }
    #expect(throws: SetupError.self) { _ = try Recall(AverageOptions(), for: .values(["score"])) }
    #expect(throws: SetupError.self) { _ = try MacroF1(NoOptions(), for: .values(["score"])) }
    #expect(throws: SetupError.self) { _ = try WeightedF1(NoOptions(), for: .values(["score"])) }
  }

  @Test func `refuse an average that is none`() {
    var catalogue = Catalogue()
    catalogue.add(Precision.self)
    #expect(
      throws: SetupError(
        "metrics[0].precision.average: found \"macros\" (text), which is not one of the allowed values. "
          + "Allowed: macro, micro, weighted. Did you mean \"macro\"?")
    ) {
      _ = try catalogue.metrics["precision"]!.make(
        ["average": .text("macros")], "metrics[0].precision", .classes(["a", "b"]))
    }
  }
}

@Suite struct `Metrics of numbers` {
  @Test(arguments: ["one", "three", "far", "constant", "constant-right", "constant-of-two", "perfect", "single"])
  func `are scikit-learn's and scipy's`(_ name: String) throws {
    let fixture = try Fixture("metrics/values-\(name)")
    let answers = try evaluation(fixture)
    let target = answers.target
    #expect(try same(MeanAbsoluteError(NoOptions(), for: target)(answers), fixture, "mae"))
    #expect(try same(MeanSquaredError(NoOptions(), for: target)(answers), fixture, "mse"))
    #expect(try same(PearsonCorrelation(NoOptions(), for: target)(answers), fixture, "pearson"))
    if name == "one" { #expect(try !same(MeanAbsoluteError(NoOptions(), for: target)(answers), fixture, "mse")) }
  }

  @Test func `refuse classes`() {
    let sentence =
      "it is for numbers; the target is one of 2 classes. Use accuracy, precision, recall, macro-f1 or weighted-f1."
    #expect(throws: SetupError("metric mae: \(sentence)")) {
      _ = try MeanAbsoluteError(NoOptions(), for: .classes(["a", "b"]))
    }
    #expect(throws: SetupError("metric mse: \(sentence)")) {
      _ = try MeanSquaredError(NoOptions(), for: .classes(["a", "b"]))
    }
    #expect(throws: SetupError("metric pearson: \(sentence)")) {
      _ = try PearsonCorrelation(NoOptions(), for: .classes(["a", "b"]))
    }
  }

  @Test func `say which way is better`() {
    #expect(!MeanAbsoluteError.higherIsBetter && !MeanSquaredError.higherIsBetter)
    #expect(PearsonCorrelation.higherIsBetter && Accuracy.higherIsBetter && MacroF1.higherIsBetter)
  }
}

@Suite struct `Confusion matrix` {
  @Test func `counts by right class, then answer, and survives JSON`() throws {
    let matrix = ConfusionMatrix(classes: ["a", "b", "c"], right: [0, 0, 2, 2, 2], answered: [0, 1, 2, 2, 0])
    #expect(matrix.counts == [[1, 1, 0], [0, 0, 0], [1, 0, 2]])
    #expect((matrix.total, matrix.truePositives(2), matrix.answered(0), matrix.support(2)) == (5, 2, 2, 3))
    let data = try JSONEncoder().encode(matrix)
    #expect(try JSONDecoder().decode(ConfusionMatrix.self, from: data) == matrix)
  }
}
