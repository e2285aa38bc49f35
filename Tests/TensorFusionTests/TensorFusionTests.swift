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
    func message(_ options: TensorFusion.Options, _ width: Int, _ count: Int) -> String {
      let modalities = (1...count).map { Modality("m\($0)", .vector, width: width) }
      do {
        _ = try TensorFusion(options, joining: modalities, in: Scope(seed: 1))
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message(.init(), 4096, 3)
        == "tensor: the product of m1 4096, m2 4096, m3 4096 is too large for a linear layer of 64: it has more than "
        + "4194304 elements. Set projection to a small width (such as 32).")
    #expect(
      message(.init(width: 0, projection: 20_000), 8, 2)
        == "tensor: the product of m1 20000, m2 20000 is too large to be built: it has more than 1048576 elements. "
        + "Set projection to a small width (such as 32), or give the fusion a width above 0.")
    #expect(message(.init(width: 8, projection: 7000), 8, 2).contains("a linear layer of 8"))
    #expect(message(.init(width: 0), 1022, 2) == "no error")
    #expect(message(.init(width: 0), 1024, 2).contains("too large to be built"))
    #expect(message(.init(width: 1), Int.max - 1, 2).contains("too large"))
  }
}
