import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `Transformer encoder layer` {
  static let cases: [(name: String, isPreNorm: Bool, activation: Activation)] = [
    ("encoder-post-norm", false, .relu), ("encoder-pre-norm", true, .gelu), ("encoder-pre-norm-masked", true, .relu),
    ("encoder-post-norm-masked", false, .gelu), ("encoder-post-norm-pairs", false, .relu),
    ("encoder-pre-norm-pairs", true, .gelu), ("encoder-post-norm-one", false, .relu),
    ("encoder-pre-norm-none", true, .gelu),
    ("encoder-post-norm-epsilon", false, .quickGelu), ("encoder-pre-norm-epsilon", true, .silu),
    ("encoder-post-norm-causal", false, .relu), ("encoder-pre-norm-causal", true, .gelu),
  ]

  @Test(arguments: cases)
  func `agrees with PyTorch's in every output and every gradient`(
    _ name: String, _ isPreNorm: Bool, _ activation: Activation
  ) throws {
    let fixture = try Fixture("attention/\(name)", of: "TransformerEncoderLayer")
    let scope = Scope(seed: 1)
    let layer = TransformerEncoderLayer(
      6, heads: 2, feedForward: 9, activation: activation, isPreNorm: isPreNorm,
      epsilon: name.hasSuffix("epsilon") ? 0.1 : 1e-5, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let x = try #require(context.tape).watch(try fixture.tensor("input.x"))
    let output = layer(
      x, steps: try fixture.optional("input.steps"), attentionMask: try fixture.optional("input.attentionMask"),
      isCausal: name.hasSuffix("causal"), &context)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [("output", output), ("gradient.input.x", gradients[x])]
    for parameter in scope.parameters where parameter.path != "attention.key.bias" {
      found.append(("gradient.parameter.\(parameter.path)", gradients[parameter]))
    }
    #expect(try fixture.violations(found) == [])
    // a bias on the keys adds the same to all scores of a query: its derivative is zero, up to rounding
    let keyBias = try #require(scope.store["attention.key.bias"].flatMap { gradients[$0] })
    #expect(keyBias.elements.allSatisfy { abs($0) < 1e-5 })
  }

  @Test func `is told apart from the other place of the norm by the same comparison`() throws {
    let fixture = try Fixture("attention/encoder-pre-norm", of: "TransformerEncoderLayer")
    let scope = Scope(seed: 1)
    let layer = TransformerEncoderLayer(6, heads: 2, feedForward: 9, activation: .gelu, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation()
    #expect(try fixture.closeness(of: layer(try fixture.tensor("input.x"), &context), to: "output").worst > 0.01)
  }

  @Test(arguments: [false, true]) func `never looks at masked steps from real ones`(_ isPreNorm: Bool) {
    let scope = Scope(seed: 1)
    let layer = TransformerEncoderLayer(8, heads: 2, isPreNorm: isPreNorm, in: scope)
    var stream = RandomStream(seed: 2, .sampling)
    let x = stream.normal([2, 4, 8]), steps = Tensor([1, 1, 1, 0, 1, 0, 0, 0], [2, 4])
    let other = x.copy()
    for row in 0..<8 where steps.elements[row] == 0 {
      for column in 0..<8 { other.pointer[row * 8 + column] = 100 }
    }
    var context = Context.evaluation()
    let plain = layer(x, steps: steps, &context).elements, strange = layer(other, steps: steps, &context).elements
    for row in 0..<8 where steps.elements[row] == 1 {
      #expect(plain[row * 8..<row * 8 + 8] == strange[row * 8..<row * 8 + 8])
    }
    #expect(plain != strange)
  }

  @Test func `drops in training only, and another way at every step`() {
    let scope = Scope(seed: 1)
    let layer = TransformerEncoderLayer(8, heads: 2, dropout: 0.3, in: scope)
    defer { withExtendedLifetime(scope) {} }  // parameters do not keep their store
    func run(_ context: Context) -> [Float] {
      var context = context
      return layer(.ones([1, 3, 8]), &context).elements
    }
    #expect(run(.evaluation()) == run(.evaluation()))
    #expect(run(.training(seed: 1, step: 1)) == run(.training(seed: 1, step: 1)))
    #expect(run(.training(seed: 1, step: 1)) != run(.training(seed: 1, step: 2)))
    #expect(run(.training(seed: 1, step: 1)) != run(.evaluation()))
  }

  @Test(arguments: [false, true]) func `drops what each half adds, and leaves the residual`(_ isPreNorm: Bool) {
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = TransformerEncoderLayer(8, heads: 2, isPreNorm: isPreNorm, dropout: 0.5, in: scope)
    // each half adds ones: what is left of them is 0 or 2
    for path in ["attention.output", "contract"] {
      scope.store["\(path).weight"]!.assign(.zeros(scope.store["\(path).weight"]!.shape))
      scope.store["\(path).bias"]!.assign(.ones([8]))
    }
    var context = Context.training(seed: 3, step: 1)
    let x = Tensor(repeating: 3, [5, 7, 8])
    guard isPreNorm else {
      // after the norm all is of one size: without dropout a constant row would be the bias, 0
      #expect(layer(x, &context).elements.contains { abs($0) > 0.5 })
      return
    }
    let added = Set((layer(x, &context) - x).elements)
    #expect(added == [0, 2, 4], "none, one or both of the halves")
  }
}
