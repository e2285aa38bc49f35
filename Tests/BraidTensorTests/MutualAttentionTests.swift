import BraidTensor
import BraidTesting
import Testing

@Suite struct MutualAttentionTests {
  private static let parity = Parity(
    family: "attention", title: "mutualAttention",
    operations: [
      "mutual": { operands in
        let (fromB, fromA, _, _) = mutualAttention(
          try operands("a"), try operands("b"), scale: operands.fixture.name.hasSuffix("scaled") ? 0.5 : nil,
          aMask: try operands.fixture.optional("input.aMask"), bMask: try operands.fixture.optional("input.bMask"))
        return concatenate([fromB, fromA], axis: 1)
      }
    ])

  @Test(arguments: parity.names) func `agrees with PyTorch, and so do its gradients`(_ name: String) throws {
    #expect(try Self.parity.violations(name) == [])
  }

  /// What no tape records goes another way: one matrix of scores for both directions.
  @Test(arguments: parity.names) func `agrees without a tape as well`(_ name: String) throws {
    let fixture = try Fixture("attention/\(name)", of: "mutualAttention")
    let (a, b) = (try fixture.tensor("input.a"), try fixture.tensor("input.b"))
    let masks = (a: try fixture.optional("input.aMask"), b: try fixture.optional("input.bMask"))
    let scale: Float? = name.hasSuffix("scaled") ? 0.5 : nil
    let (fromB, fromA, _, _) = mutualAttention(a, b, scale: scale, aMask: masks.a, bMask: masks.b)
    #expect(try fixture.violations([("output", concatenate([fromB, fromA], axis: 1))]) == [])
    let (own, turned, _, _) = mutualAttention(b, a, scale: scale, aMask: masks.b, bMask: masks.a)
    #expect(try fixture.violations([("output", concatenate([turned, own], axis: 1))]) == [])
  }

  @Test func `a wrong one is told apart by the same comparison`() throws {
    let fixture = try Fixture("attention/mutual-masked", of: "mutualAttention")
    let (fromB, fromA, _, _) = mutualAttention(try fixture.tensor("input.a"), try fixture.tensor("input.b"))
    #expect(try fixture.closeness(of: concatenate([fromB, fromA], axis: 1), to: "output").worst > 0.01)
  }

  @Test(arguments: [false, true]) func `the weights are those of attention, asked for or not`(_ isRecorded: Bool) {
    var stream = RandomStream(seed: 4, .sampling, path: "mutual attention")
    let a = stream.normal([2, 5, 4]), b = stream.normal([2, 3, 4]), mask = Tensor([1, 1, 0, 0, 1, 0], [2, 3])
    let own = isRecorded ? Tape().watch(a) : a
    let found = mutualAttention(own, b, bMask: mask, wantsWeights: true)
    let plain = mutualAttention(own, b, bMask: mask)
    let one = attention(a, b, b, heads: 1, keyMask: mask, wantsWeights: true)
    let other = attention(b, a, a, heads: 1, wantsWeights: true)
    #expect(zip(found.ofB!.elements, one.weights!.elements).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(zip(found.ofA!.elements, other.weights!.elements).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(found.fromB.elements == plain.fromB.elements && found.fromA.elements == plain.fromA.elements)
    #expect(plain.ofB == nil && plain.ofA == nil)
  }

  @Test func `what lies under a mask leaves no trace`() {
    var stream = RandomStream(seed: 3, .sampling, path: "mutual attention")
    let a = stream.normal([2, 5, 4]), b = stream.normal([2, 3, 4])
    let aMask = Tensor([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], [2, 5]), bMask = Tensor([1, 0, 1, 0, 0, 0], [2, 3])
    let column = { (mask: Tensor) in mask.reshaped(Shape(mask.shape.dimensions + [1])) }
    let (hugeA, hugeB) = (a + (1 - column(aMask)) * 1e30, b + (1 - column(bMask)) * 1e30)
    let plain = mutualAttention(a, b, aMask: aMask, bMask: bMask)
    let huge = mutualAttention(hugeA, hugeB, aMask: aMask, bMask: bMask)
    #expect((plain.fromB * column(aMask)).elements == (huge.fromB * column(aMask)).elements)
    #expect((plain.fromA * column(bMask)).elements == (huge.fromA * column(bMask)).elements)
  }
}
