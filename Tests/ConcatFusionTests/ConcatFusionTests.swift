import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import ConcatFusion
import Testing

@Suite struct ConcatFusionTests {
  /// Every way the options can be set that computes something else.
  static let variants: [ConcatFusion.Options] = [
    ConcatFusion.Options(), .init(width: 3), .init(width: 3, hidden: [5], activation: .tanh),
    .init(width: 2, hidden: [6, 4]),
  ]

  @Test(arguments: FusionCheck.all, variants)
  func `concat keeps what every fusion promises`(_ check: FusionCheck, _ options: ConcatFusion.Options) throws {
    try check(ConcatFusion.self, options)
  }

  @Test(arguments: try Fixture.cases("fusions/concat"))
  func `outputs, extras and all gradients agree with the equations in PyTorch`(_ name: String) throws {
    #expect(try Fixture(name).violations(of: ConcatFusion.self) == [])
  }

  @Test func `no fixture is missing, and other options do not agree with one`() throws {
    #expect(
      try Fixture.cases("fusions/concat").map { $0.split(separator: "/").last.map(String.init) } == [
        "bare", "linear-absent", "mlp-absent", "one-modality",
      ])
    #expect(
      try Fixture("fusions/concat/mlp-absent").violations(
        of: ConcatFusion.self, settings: ["activation": .text("relu")]) != [])
  }

  @Test func `modalities stand in the order of joining, an absent one as zeros`() throws {
    let fusion = try ConcatFusion(
      .init(), joining: [Modality("b", .vector, width: 2), Modality("a", .vector, width: 1)], in: Scope(seed: 1))
    var context = Context.evaluation()
    let fused = fusion(
      [Features(Tensor([1, 2, 3, 4], [2, 2])), Features(Tensor([5, 6], [2, 1]), presence: Tensor([1, 0]))], &context)
    #expect(fused.values.elements == [1, 2, 5, 3, 4, 0])
    #expect(fusion.output == Modality("fused", .vector, width: 3))
  }

  @Test func `a hidden layer without a last one is refused`() {
    #expect(throws: SetupError("concat: hidden layers [4] but width 0; set width, the size of the last layer.")) {
      try ConcatFusion(.init(width: 0, hidden: [4]), joining: [Modality("a", .vector, width: 1)], in: Scope(seed: 1))
    }
  }
}
