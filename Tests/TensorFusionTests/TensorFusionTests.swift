import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import TensorFusion
import Testing

@Suite struct TensorFusionTests {
  /// Every way the options can be set that computes something else.
  static let variants: [TensorFusion.Options] = [
    TensorFusion.Options(width: 5), .init(width: 4, activation: .tanh), .init(width: 3, projection: 2), .init(width: 0),
    .init(width: 0, projection: 2),
  ]

  @Test(arguments: FusionCheck.all, variants)
  func `tensor keeps what every fusion promises`(_ check: FusionCheck, _ options: TensorFusion.Options) throws {
    try check(TensorFusion.self, options)
  }

  @Test(arguments: try Fixture.cases("fusions/tensor"))
  func `outputs, extras and all gradients agree with the equations in PyTorch`(_ name: String) throws {
    #expect(try Fixture(name).violations(of: TensorFusion.self) == [])
  }

  @Test func `no fixture is missing, and other options do not agree with one`() throws {
    #expect(
      try Fixture.cases("fusions/tensor").map { $0.split(separator: "/").last.map(String.init) } == [
        "built", "built-absent", "one-modality", "projection-absent", "three",
        "three-absent", "two",
      ])
    #expect(
      try Fixture("fusions/tensor/three").violations(of: TensorFusion.self, settings: ["activation": .text("tanh")])
        != [])
  }

  /// [1; 2, 3] ⊗ [1; 5, 7], the last modality fastest: 1·(1 5 7), 2·(1 5 7), 3·(1 5 7).
  @Test func `the 1 comes first and the last modality varies fastest`() throws {
    let fusion = try TensorFusion(
      .init(width: 0), joining: [Modality("a", .vector, width: 2), Modality("b", .vector, width: 2)], in: Scope(seed: 1)
    )
    var context = Context.evaluation()
    let both = fusion([Features(Tensor([2, 3], [1, 2])), Features(Tensor([5, 7], [1, 2]))], &context)
    #expect(both.values.elements == [1, 5, 7, 2, 10, 14, 3, 15, 21])
    let one = fusion(
      [Features(Tensor([2, 3], [1, 2])), Features(Tensor([5, 7], [1, 2]), presence: .zeros([1]))], &context)
    #expect(one.values.elements == [1, 0, 0, 2, 0, 0, 3, 0, 0])
  }

  @Test func `the product without the tensor is the tensor's product`() throws {
    let modalities = [4, 3, 5].enumerated().map { Modality("m\($0)", .vector, width: $1) }
    let scope = Scope(seed: 1)
    let fusion = try TensorFusion(.init(width: 6), joining: modalities, in: scope)
    let built = try TensorFusion(.init(width: 0), joining: modalities, in: Scope(seed: 1))
    var stream = RandomStream(seed: 2, .sampling)
    let features = modalities.map { Features(stream.normal([7, $0.width])) }
    var context = Context.evaluation()
    let weight = try #require(scope.store["weight"])
    let bias = try #require(scope.store["bias"])
    let expected = linear(built(features, &context).values, weight.value, bias.value)
    try expectClose(fusion(features, &context).values, expected.elements.map(Double.init), 1e-5)
  }

  @Test func `a product that no memory holds is refused with advice`() {
    let wide = (1...3).map { Modality("m\($0)", .vector, width: 4096) }
    #expect {
      try TensorFusion(.init(), joining: wide, in: Scope(seed: 1))
    } throws: { "\($0)".contains("Set projection") }
  }
}
