import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import GatedFusion
import Testing

@Suite struct GatedFusionTests {
  /// Every way the options can be set that computes something else.
  static let variants: [GatedFusion.Options] = [
    GatedFusion.Options(width: 5), .init(width: 4, bias: true), .init(width: 4, gates: .tied, bias: true),
    .init(width: 4, gates: .softmax), .init(width: 4, gates: .softmax, per: .modality, bias: true),
    .init(width: 4, per: .modality), .init(width: 3, gateInput: .projections, bias: true),
    .init(width: 3, gates: .tied, gateInput: .projections),
  ]

  @Test(arguments: FusionCheck.all, variants)
  func `gated keeps what every fusion promises`(_ check: FusionCheck, _ options: GatedFusion.Options) throws {
    try check(GatedFusion.self, options)
  }

  @Test(arguments: try Fixture.cases("fusions/gated"))
  func `outputs, extras and all gradients agree with the equations in PyTorch`(_ name: String) throws {
    #expect(try Fixture(name).violations(of: GatedFusion.self) == [])
  }

  @Test func `no fixture is missing, and other options do not agree with one`() throws {
    #expect(
      try Fixture.cases("fusions/gated").map { $0.split(separator: "/").last.map(String.init) } == [
        "bias-absent", "one-modality", "paper", "per-modality-absent", "projections",
        "projections-absent", "softmax-absent", "softmax-modality", "tied", "tied-absent",
      ])
    #expect(
      try Fixture("fusions/gated/paper").violations(of: GatedFusion.self, settings: ["gates": .text("softmax")]) != [])
  }

  /// One feature each, weights 1, x = 0.5 and −1: gates σ(0.5 − 1) = 0.377541, values tanh 0.5 = 0.462117, tanh −1 =
  /// −0.761594.
  @Test func `two small numbers, worked by hand`() throws {
    let scope = Scope(seed: 1)
    let fusion = try GatedFusion(
      .init(width: 1), joining: [Modality("a", .vector, width: 1), Modality("b", .vector, width: 1)], in: scope)
    for parameter in scope.store.parameters { parameter.assign(.ones(parameter.shape)) }
    var context = Context.evaluation(exportingExtras: true)
    let fused = fusion([Features(Tensor([0.5], [1, 1])), Features(Tensor([-1], [1, 1]))], &context)
    try expectClose(fused.extras["gate.a"]!, [0.377541], 1e-5)
    try expectClose(fused.values, [0.377541 * (0.462117 - 0.761594)], 1e-5)
    var unwatched = Context.evaluation()
    #expect(fusion([Features(.ones([1, 1])), Features(.ones([1, 1]))], &unwatched).extras.isEmpty)
  }

  @Test func `where one of two is absent, tied and softmax gates give the other everything`() throws {
    for gates in [GatedFusion.Gates.tied, .softmax] {
      let fusion = try GatedFusion(
        .init(width: 2, gates: gates), joining: [Modality("a", .vector, width: 2), Modality("b", .vector, width: 3)],
        in: Scope(seed: 1))
      var context = Context.evaluation(exportingExtras: true)
      let fused = fusion(
        [
          Features(Tensor([1, 2, 3, 4], [2, 2]), presence: Tensor([0, 1])),
          Features(Tensor([5, 6, 7, 8, 9, 1], [2, 3]), presence: Tensor([1, 0])),
        ], &context)
      #expect(fused.extras["gate.a"]?.elements == [0, 0, 1, 1])
      #expect(fused.extras["gate.b"]?.elements == [1, 1, 0, 0])
    }
  }

  @Test func `tied gates join two modalities, softmax gates two or more`() {
    let three = ["a", "b", "c"].map { Modality($0, .vector, width: 2) }
    #expect(throws: SetupError("gated: tied gates join two modalities; got [\"a\", \"b\", \"c\"]. Use gates: softmax."))
    {
      try GatedFusion(.init(width: 2, gates: .tied), joining: three, in: Scope(seed: 1))
    }
    #expect(throws: SetupError.self) {
      try GatedFusion(.init(width: 2, gates: .softmax), joining: [three[0]], in: Scope(seed: 1))
    }
  }
}
