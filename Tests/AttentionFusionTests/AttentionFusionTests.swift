import AttentionFusion
import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct AttentionFusionTests {
  /// Every way the options can be set that computes something else.
  static let variants: [AttentionFusion.Options] = [
    AttentionFusion.Options(form: .tokens, width: 6, heads: 2), .init(form: .tokens, width: 0),
    .init(form: .questionGuided, width: 5), .init(form: .questionGuided, width: 5, score: .dot, temperature: 2),
    .init(form: .questionGuided, width: 4, score: .additive, question: "audio"),
    .init(form: .questionGuided, width: 0, score: .bilinear), .init(form: .questionGuided, width: 4, pooling: .max),
    .init(form: .questionGuided, width: 4, score: .concatMLP),
    .init(form: .questionGuided, width: 4, score: .bilinear, mode: .hard),
    .init(form: .questionGuided, width: 4, score: .concatMLP, mode: .hard, temperature: 0.5, question: "audio"),
    .init(form: .own, width: 4, heads: 2), .init(form: .own, width: 0),
    .init(form: .own, width: 4, combine: .weightedSum),
  ]

  @Test(arguments: FusionCheck.all, variants)
  func `attention keeps what every fusion promises`(_ check: FusionCheck, _ options: AttentionFusion.Options) throws {
    try check(AttentionFusion.self, options)
  }

  @Test(arguments: try Fixture.cases("fusions/attention"))
  func `outputs, extras and all gradients agree with the equations in PyTorch`(_ name: String) throws {
    let wrong = try Fixture(name).violations(of: AttentionFusion.self)
    #expect(wrong.isEmpty, "\(wrong)")
  }

  @Test func `no fixture is missing, and other options do not agree with one`() throws {
    #expect(
      try Fixture.cases("fusions/attention").map { $0.split(separator: "/").last.map(String.init) } == [
        "question-additive", "question-additive-absent", "question-as-they-are", "question-bilinear",
        "question-bilinear-absent", "question-concat-mlp", "question-concat-mlp-absent",
        "question-dot", "question-dot-absent", "question-hard-additive", "question-hard-additive-absent",
        "question-hard-bilinear", "question-hard-bilinear-absent", "question-hard-concat-mlp",
        "question-hard-concat-mlp-absent", "question-hard-scaled-dot", "question-hard-scaled-dot-absent",
        "question-max", "question-scaled-dot", "question-scaled-dot-absent",
        "question-vector-max", "self", "self-absent", "self-weighted-absent", "tokens",
        "tokens-absent", "tokens-as-they-are", "tokens-mixed",
      ])
    #expect(
      try Fixture("fusions/attention/question-dot").violations(
        of: AttentionFusion.self, settings: ["score": .text("scaled-dot")]) != [])
    #expect(
      try Fixture("fusions/attention/question-hard-concat-mlp").violations(
        of: AttentionFusion.self, settings: ["temperature": .number(1.1)]) != [])
    #expect(
      try Fixture("fusions/attention/tokens").violations(of: AttentionFusion.self, settings: ["heads": .integer(2)])
        != [])
  }

  @Test func `a form that cannot work on the modalities says so and what to do`() {
    let vectors = ["a", "b"].map { Modality($0, .vector, width: 4) }
    let sequences = ["a", "b"].map { Modality($0, .sequence, width: 4) }
    func message(_ options: AttentionFusion.Options, _ modalities: [Modality]) -> String {
      do {
        _ = try AttentionFusion(options, joining: modalities, in: Scope(seed: 1))
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message(.init(form: .tokens), [vectors[0]]).contains("nothing to attend to"))
    #expect(message(.init(form: .questionGuided), vectors).contains("b is a vector"))
    #expect(message(.init(form: .own), vectors).contains("use form: tokens"))
    #expect(message(.init(form: .tokens, width: 6, heads: 4), vectors).contains("4 heads do not divide the width 6"))
    #expect(message(.init(form: .questionGuided, question: "aa"), sequences).contains("Did you mean \"a\"?"))
    #expect(message(.init(form: .questionGuided, temperature: 0), sequences).contains("temperature 0"))
  }

  @Test func `maps are made when asked for, and an absent question asks nothing`() throws {
    let modalities = [Modality("a", .sequence, width: 2), Modality("b", .sequence, width: 2)]
    let fusion = try AttentionFusion(.init(form: .questionGuided, width: 0), joining: modalities, in: Scope(seed: 1))
    let features = [Features(.ones([2, 2, 2]), presence: Tensor([1, 0])), Features(.ones([2, 3, 2]))]
    var training = Context.training(seed: 1, step: 0)
    var unwatched = Context.evaluation()
    var evaluation = Context.evaluation(exportingExtras: true)
    #expect(fusion(features, &training).extras.isEmpty)
    #expect(fusion(features, &unwatched).extras.isEmpty)
    let fused = fusion(features, &evaluation)
    #expect(fused.values.elements == [1, 1, 1, 1, 0, 0, 0, 0])
    let third = Float(1) / 3
    try expectClose(
      fused.extras["attention.a.b"]!,
      ([Float](repeating: third, count: 6) + [Float](repeating: 0, count: 6)).map(Double.init))
  }
}
