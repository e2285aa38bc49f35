import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `Multi-head attention layer` {
  static let cases: [(name: String, width: Int, heads: Int, isCausal: Bool)] = [
    ("layer-self", 6, 2, false), ("layer-cross", 8, 4, false), ("layer-causal", 6, 3, true),
    ("layer-pairs", 6, 2, false), ("layer-cross-pairs", 8, 4, false), ("layer-one", 6, 2, false),
    ("layer-none", 6, 2, false),
    ("layer-cross-one", 8, 4, false), ("layer-other-width", 6, 2, false), ("layer-no-bias", 6, 3, false),
    ("layer-other-width-no-bias", 8, 2, false),
  ]

  @Test(arguments: cases)
  func `agrees with PyTorch's in every output, weight and gradient`(
    _ name: String, _ width: Int, _ heads: Int, _ isCausal: Bool
  ) throws {
    let fixture = try Fixture("attention/\(name)", of: "MultiHeadAttention")
    let scope = Scope(seed: 1)
    let layer = MultiHeadAttention(
      width, heads: heads, sourceWidth: try fixture.optional("input.context")?.shape[2],
      bias: !name.hasSuffix("no-bias"), in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let tape = try #require(context.tape)
    let x = tape.watch(try fixture.tensor("input.x"))
    let source = try fixture.optional("input.context").map { tape.watch($0) }
    let (output, weights) = layer(
      x, attendingTo: source, keyMask: try fixture.optional("input.keyMask"),
      attentionMask: try fixture.optional("input.attentionMask"), isCausal: isCausal, wantsWeights: true, &context)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [
      ("output", output), ("extra.weights", weights), ("gradient.input.x", gradients[x]),
    ]
    if let source { found.append(("gradient.input.context", gradients[source])) }
    for parameter in scope.parameters where parameter.path != "key.bias" {
      found.append(("gradient.parameter.\(parameter.path)", gradients[parameter]))
    }
    #expect(try fixture.violations(found) == [])
    // a bias on the keys adds the same to all scores of a query: its derivative is zero, up to rounding
    guard let keyBias = layer.key.bias else { return #expect(name.hasSuffix("no-bias")) }
    #expect(try #require(gradients[keyBias]).elements.allSatisfy { abs($0) < 1e-5 })
  }

  @Test func `takes keys and values of another width`() {
    let scope = Scope(seed: 1)
    _ = MultiHeadAttention(6, heads: 2, sourceWidth: 5, bias: false, in: scope)
    #expect(
      scope.parameters.map { "\($0.path) \($0.shape)" } == [
        "query.weight [6, 6]", "key.weight [5, 6]", "value.weight [5, 6]", "output.weight [6, 6]",
      ])
  }

  @Test func `drops probabilities in training, and nothing of its result`() throws {
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = MultiHeadAttention(4, heads: 2, dropout: 0.4, in: scope["text"])
    var stream = RandomStream(seed: 2, .sampling)
    let x = stream.normal([3, 5, 4])
    var context = Context.training(seed: 7, step: 3), still = Context.evaluation()
    let found = layer(x, wantsWeights: true, &context)
    // the same by hand: the stream of the layer's path makes the mask
    var drops = RandomStream(seed: 7, .dropout, path: "text.dropout", step: 3)
    let mask = dropout(.ones([3, 2, 5, 5]), rate: 0.4, &drops)
    let joined = attention(
      layer.query(x, &still), layer.key(x, &still), layer.value(x, &still), heads: 2, probabilityMask: mask)
    #expect(found.output.elements == layer.output(joined.output, &still).elements)
    #expect(found.weights?.elements == layer(x, wantsWeights: true, &still).weights?.elements)
    #expect(layer(x, &still).output.elements != found.output.elements)
    // where the result is a bias, there is nothing to drop
    scope.store["text.output.weight"]!.assign(.zeros([4, 4]))
    scope.store["text.output.bias"]!.assign(.ones([4]))
    #expect(layer(x, &context).output.elements.allSatisfy { $0 == 1 })
  }

  @Test func `stops when heads do not divide the width`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MultiHeadAttention(10, heads: 4, in: Scope(seed: 1)["fusion"])
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.contains("MultiHeadAttention: 4 heads of fusion do not divide the width 10; expected a divisor of it"))
  }
}
