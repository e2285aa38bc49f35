import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import PredictionHeads
import Testing

private var catalogue: Catalogue {
  var catalogue = Catalogue()
  catalogue.add(ClassificationHead.self)
  catalogue.add(MultiLabelHead.self)
  catalogue.add(RegressionHead.self)
  return catalogue
}

private let features = Modality("fused", .vector, width: 4)

@Suite struct `Prediction heads` {
  @Test(arguments: ["classification", "multi-label", "regression"], ["plain", "hidden", "sequence"])
  func `compute what PyTorch does, and score as they say`(_ name: String, _ form: String) throws {
    let fixture = try Fixture("heads/\(name)-\(form)")
    #expect(try Probe.violations("head:\(name)", of: catalogue, against: fixture) == [])
    guard form == "hidden" else { return }
    let other: [String: Setting] = ["layers": .list([.integer(4)]), "activation": .text("tanh")]
    #expect(try !Probe.violations("head:\(name)", of: catalogue, against: fixture, settings: other).isEmpty)
  }

  @Test(arguments: [
    (
      "classification", TargetSpecification.values(["y"]),
      "head classification: it predicts one of several classes; the target is one number. Use regression."
    ),
    ("classification", .classes(["only"]), "head classification: the target has 1 class; expected 2 or more"),
    (
      "multi-label", .classes(["a", "b"]),
      "head multi-label: it predicts any number of labels; the target is one of 2 classes. Use classification."
    ),
    (
      "regression", .labels(["a", "b"]),
      "head regression: it predicts numbers; the target is any of 2 labels. Use multi-label."
    ),
  ])
  func `refuse another kind of target and name the head for it`(
    _ name: String, _ target: TargetSpecification, _ sentence: String
  ) throws {
    let head = try Catalogue.find(name, "head", in: catalogue.heads, at: "head")
    #expect(throws: SetupError(sentence)) { _ = try head.make([:], "head", features, target, Scope(seed: 1)) }
  }

  @Test func `drop joined features in training only, as the step decides`() throws {
    let head = try RegressionHead(
      HeadOptions(layers: [], dropout: 0.5), reading: features, predicting: .values(["y"]), in: Scope(seed: 1))
    func predict(_ context: Context) -> [Float] {
      var context = context
      return head(Fused(.ones([16, 4])), &context).output.elements
    }
    #expect(Set(predict(.evaluation())).count == 1)
    #expect(Set(predict(.training(seed: 1, step: 0))).count > 1)
    #expect(predict(.training(seed: 1, step: 0)) == predict(.training(seed: 1, step: 0)))
    #expect(predict(.training(seed: 1, step: 0)) != predict(.training(seed: 1, step: 1)))
  }
}
