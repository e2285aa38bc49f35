import BraidNN
import BraidTensor
import BraidTesting
import Testing

private func normal(_ shape: Shape, _ seed: UInt64) -> Tensor {
  var stream = RandomStream(seed: seed, .sampling, path: "attention")
  return stream.normal(shape)
}

/// Steps for both ways of computing: with as many as 65² · 2 multiplications a head, tiles do it.
private let lengths = [3, 65]

@Suite struct `Attention operation` {
  /// Heads and other settings of each fixture; the long ones are large enough for tiles, the others are not.
  static let cases: [(name: String, heads: Int, scale: Float?, isCausal: Bool)] = [
    ("three-tokens", 4, nil, false), ("one-of-each", 1, nil, false), ("cross", 3, nil, false),
    ("scaled", 1, 0.25, false),
    ("masked", 2, nil, false), ("causal", 2, nil, true), ("causal-masked", 1, nil, true), ("long", 1, nil, false),
    ("wide-heads", 2, nil, false), ("dropped", 2, nil, false), ("dropped-long", 1, nil, false),
    ("pairs", 2, nil, false), ("pairs-own", 1, nil, false), ("pairs-long", 1, nil, false),
    ("pairs-causal-long", 1, nil, true), ("pairs-dropped-long", 1, nil, false), ("values-wider", 2, nil, false),
    ("values-narrower", 3, nil, true), ("values-wider-long", 2, nil, false), ("values-narrower-long", 1, nil, false),
  ]

  @Test(arguments: cases)
  func `agrees with PyTorch in every output, weight and gradient`(
    _ name: String, _ heads: Int, _ scale: Float?, _ isCausal: Bool
  ) throws {
    let fixture = try Fixture("attention/\(name)", of: "attention")
    let tape = Tape()
    let operands = try ["q", "k", "v"].map { tape.watch(try fixture.tensor("input.\($0)")) }
    let (output, weights) = attention(
      operands[0], operands[1], operands[2], heads: heads, scale: scale, keyMask: try fixture.optional("input.keyMask"),
      attentionMask: try fixture.optional("input.attentionMask"), isCausal: isCausal,
      probabilityMask: try fixture.optional("input.probabilityMask"), wantsWeights: true)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [("output", output)]
    if fixture.names(prefix: "extra.weights") != [] { found.append(("extra.weights", weights)) }
    found += zip(["q", "k", "v"], operands).map { ("gradient.input.\($0)", gradients[$1]) }
    #expect(try fixture.violations(found) == [])
  }

  @Test func `is told apart from a wrong one by the same comparison`() throws {
    let fixture = try Fixture("attention/masked", of: "attention")
    let (q, k, v) = (try fixture.tensor("input.q"), try fixture.tensor("input.k"), try fixture.tensor("input.v"))
    let mask = try fixture.tensor("input.keyMask")
    let wrong = [
      attention(q, k, v, heads: 2).output, attention(q, k, v, heads: 1, keyMask: mask).output,
      attention(q, v, k, heads: 2, keyMask: mask).output, attention(q, k, v, heads: 2, scale: 1, keyMask: mask).output,
    ]
    for output in wrong { #expect(try fixture.closeness(of: output, to: "output").worst > 0.01) }
    for name in ["pairs-own", "pairs-long"] {
      let paired = try Fixture("attention/\(name)", of: "attention")
      let (q, k, v) = (try paired.tensor("input.q"), try paired.tensor("input.k"), try paired.tensor("input.v"))
      let whole = attention(q, k, v, heads: 1, keyMask: try paired.optional("input.keyMask"))
      #expect(try paired.closeness(of: whole.output, to: "output").worst > 0.01)
    }
    let dropped = try Fixture("attention/dropped", of: "attention")
    let whole = attention(
      try dropped.tensor("input.q"), try dropped.tensor("input.k"), try dropped.tensor("input.v"), heads: 2,
      keyMask: try dropped.tensor("input.keyMask"))
    #expect(try dropped.closeness(of: whole.output, to: "output").worst > 0.01)
  }

  @Test(arguments: [false, true]) func `has the derivative that central differences find`(_ isCausal: Bool) {
    let mask = Tensor([1, 1, 1, 0, 1, 0, 0, 0, 0], [3, 3])
    let inputs = ["q", "k", "v"].enumerated().map { (name: $1, tensor: normal([3, $0 == 0 ? 2 : 3, 4], UInt64($0))) }
    let check = checkGradients(inputs: inputs) { tensors, _ in
      attention(tensors[0], tensors[1], tensors[2], heads: 2, keyMask: mask, isCausal: isCausal).output
    }
    #expect(check.violations == [])
  }

  /// Both ways of computing: [2, 3] steps and [29, 31].
  @Test(arguments: [2, 29], [false, true])
  func `has it under a mask of pairs as well`(_ queries: Int, _ isOwn: Bool) {
    let keys = queries + 2 - queries % 2, samples = isOwn ? 2 : 1
    let pairs = Tensor(
      (0..<samples * queries * keys).map { $0 < keys || $0 % 3 == 1 ? 0 : 1 }, [samples, queries, keys])
    let mask = isOwn ? pairs : pairs.reshaped([queries, keys])
    let inputs = ["q", "k", "v"].enumerated().map {
      (name: $1, tensor: normal([2, $0 == 0 ? queries : keys, 12], UInt64($0)))
    }
    let check = checkGradients(inputs: inputs) { tensors, _ in
      attention(tensors[0], tensors[1], tensors[2], heads: 1, attentionMask: mask).output
    }
    #expect(check.violations == [])
  }

  @Test(arguments: lengths) func `adds up the gradients of one tensor in three roles`(_ length: Int) throws {
    let value = normal([2, length, 6], 1)
    let together = Tape(), apart = Tape()
    let x = together.watch(value)
    let found = attention(x, x, x, heads: 3).output.gradients()[x]
    let (q, k, v) = (apart.watch(value), apart.watch(value), apart.watch(value))
    let gradients = attention(q, k, v, heads: 3).output.gradients()
    let sums = (0..<value.count).map { index in
      [q, k, v].reduce(0.0) { $0 + Double(gradients[$1]?.pointer[index] ?? .nan) }
    }
    try expectClose(try #require(found), sums, 1e-5)
  }

  @Test(arguments: lengths) func `gives zeros and no gradient to a sample without keys`(_ length: Int) {
    let tape = Tape()
    let (q, k, v) = (
      tape.watch(normal([2, length, 8], 1)), tape.watch(normal([2, length, 8], 2)),
      tape.watch(normal([2, length, 8], 3))
    )
    let mask = Tensor((0..<2 * length).map { $0 < length ? 0 : 1 }, [2, length])
    let output = attention(q, k, v, heads: 1, keyMask: mask).output
    #expect(output.elements[..<(length * 8)].allSatisfy { $0 == 0 })
    #expect(output.elements[(length * 8)...].contains { $0 != 0 })
    let gradients = output.gradients()
    for leaf in [q, k, v] {
      let elements = gradients[leaf]?.elements ?? []
      #expect(elements.count == 2 * length * 8)
      #expect(elements.prefix(length * 8).allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: lengths) func `ignores the content of masked keys`(_ length: Int) {
    let mask = Tensor((0..<2 * length).map { $0 % 3 == 1 ? 0 : 1 }, [2, length])
    func run(_ filler: Float) -> (output: [Float], gradient: [Float]) {
      let k = normal([2, length, 8], 2), v = normal([2, length, 8], 3)
      for row in 0..<2 * length where mask.elements[row] == 0 {
        for column in 0..<8 { (k.pointer[row * 8 + column], v.pointer[row * 8 + column]) = (filler, -filler) }
      }
      let tape = Tape()
      let q = tape.watch(normal([2, length, 8], 1))
      let output = attention(q, k, v, heads: 2, keyMask: mask).output
      let elements = output.elements
      return (elements, output.gradients()[q]?.elements ?? [])
    }
    let plain = run(0), strange = run(1e4)
    #expect(plain.output == strange.output)
    #expect(plain.gradient == strange.gradient)
  }

  /// A query that sees nothing, then keys that some queries do not see: 10³⁰ there is not felt by the others.
  @Test(arguments: lengths) func `leaves no trace of what a pair's mask hides`(_ length: Int) {
    let mask = Tensor((0..<length * length).map { $0 / length == 1 || $0 % length == 2 ? 0 : 1 }, [length, length])
    func run(_ filler: Float) -> (output: [Float], gradients: [[Float]]) {
      let k = normal([2, length, 8], 2), v = normal([2, length, 8], 3)
      for sample in 0..<2 {
        for column in 0..<8 {
          k.pointer[(sample * length + 2) * 8 + column] = filler
          v.pointer[(sample * length + 2) * 8 + column] = -filler
        }
      }
      let tape = Tape()
      let leaves = [tape.watch(normal([2, length, 8], 1)), tape.watch(k), tape.watch(v)]
      let output = attention(leaves[0], leaves[1], leaves[2], heads: 2, attentionMask: mask).output
      let elements = output.elements, gradients = output.gradients(upstream: normal(output.shape, 4))
      return (elements, leaves.map { gradients[$0]?.elements ?? [] })
    }
    let plain = run(0), strange = run(1e30)
    #expect(plain.output == strange.output)
    #expect(plain.gradients == strange.gradients)
    for sample in 0..<2 {
      let row = (sample * length + 1) * 8..<(sample * length + 2) * 8
      #expect(plain.output[row].allSatisfy { $0 == 0 } && plain.gradients[0][row].allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: lengths) func `is the same whether anybody asks for its probabilities or its gradient`(_ length: Int)
  {
    let x = normal([2, length, 8], 1), tape = Tape()
    let plain = attention(x, x, x, heads: 2, isCausal: true).output.elements
    #expect(attention(x, x, x, heads: 2, isCausal: true, wantsWeights: true).output.elements == plain)
    #expect(attention(tape.watch(x), x, x, heads: 2, isCausal: true).output.elements == plain)
  }

  @Test(arguments: lengths) func `treats every sample as if it were alone`(_ length: Int) throws {
    let (q, k, v) = (normal([3, length, 12], 1), normal([3, length, 12], 2), normal([3, length, 12], 3))
    let all = attention(q, k, v, heads: 3).output
    for sample in 0..<3 {
      let own = [q, k, v].map { $0.slice(0, sample..<sample + 1) }
      let alone = attention(own[0], own[1], own[2], heads: 3).output
      try expectClose(all.slice(0, sample..<sample + 1), alone.elements.map(Double.init), 1e-5)
    }
  }

  @Test func `keeps its probabilities when the gradient is taken`() throws {
    let tape = Tape()
    let x = tape.watch(normal([2, 3, 4], 1))
    let (output, weights) = attention(x, x, x, heads: 2, wantsWeights: true)
    let before = weights?.elements
    _ = output.gradients()
    #expect(weights?.elements == before)
    #expect(weights?.isRecorded == false)
    #expect(attention(x, x, x, heads: 2).weights == nil)
  }

  @Test func `survives scores beyond the range of the exponential`() {
    let output = attention(Tensor(repeating: 1e4, [1, 2, 4]), normal([1, 3, 4], 2), normal([1, 3, 4], 3), heads: 1)
      .output
    #expect(output.isFinite)
  }

  @Test func `stops with a sentence that names every shape`() async {
    let widths = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = attention(.zeros([2, 3, 4]), .zeros([2, 5, 6]), .zeros([2, 5, 6]), heads: 2)
    }
    #expect(
      widths.message.contains("attention: queries [2, 3, 4] and keys [2, 5, 6]; expected [B, Tq, h·d] and [B, Tk, h·d]")
    )
    let values = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = attention(.zeros([2, 3, 4]), .zeros([2, 5, 4]), .zeros([2, 4, 4]), heads: 2)
    }
    #expect(values.message.contains("attention: values [2, 4, 4] for keys [2, 5, 4]; expected [B, Tk, h·e]"))
    let heads = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = attention(.zeros([2, 3, 4]), .zeros([2, 3, 4]), .zeros([2, 3, 4]), heads: 3)
    }
    #expect(
      heads.message.contains(
        "attention: 3 heads do not divide the widths 4 of the queries and 4 of the values; expected a divisor of both"))
    let mask = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = attention(.zeros([2, 3, 4]), .zeros([2, 5, 4]), .zeros([2, 5, 4]), heads: 2, keyMask: .ones([2, 3]))
    }
    let pairs = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = attention(.zeros([2, 3, 4]), .zeros([2, 5, 4]), .zeros([2, 5, 4]), heads: 2, attentionMask: .ones([5, 3]))
    }
    #expect(
      pairs.message.contains(
        "attention: attention mask of shape [5, 3] for queries [2, 3, 4] and keys [2, 5, 4]; expected [3, 5] or [2, 3, 5]"
      ))
    let dropped = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = attention(
        .zeros([2, 3, 4]), .zeros([2, 5, 4]), .zeros([2, 5, 4]), heads: 2, probabilityMask: .ones([2, 3, 5]))
    }
    #expect(
      dropped.message.contains(
        "attention: probability mask of shape [2, 3, 5]; expected a constant of shape [2, 2, 3, 5]"))
    #expect(mask.message.contains("attention: key mask of shape [2, 3] for keys [2, 5, 4]; expected [2, 5]"))
  }
}
