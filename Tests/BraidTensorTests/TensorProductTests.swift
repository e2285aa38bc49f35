import BraidNN
import BraidTensor
import BraidTesting
import Testing

private func normal(_ shape: Shape, _ seed: UInt64) -> Tensor {
  var stream = RandomStream(seed: seed, .sampling, path: "tensor product")
  return stream.normal(shape)
}

/// The plain way: the whole tensor, then a linear map.
private func materialised(_ inputs: [Tensor], _ weight: Tensor, _ bias: Tensor?) -> Tensor {
  var z = Tensor.ones([inputs[0].shape[0], 1])
  for x in inputs {
    z = outerProduct(z, concatenate([.ones([x.shape[0], 1]), x])).reshaped(x.shape[0], -1)
  }
  return linear(z, weight, bias)
}

@Suite struct `Fused tensor product` {
  static let cases: [(name: String, inputs: Int, activation: Activation)] = [
    ("one", 1, .none), ("one-of-each", 1, .none), ("two", 2, .relu), ("three", 3, .tanh), ("three-gelu", 3, .gelu),
    ("four", 4, .sigmoid), ("five-without-bias", 5, .none), ("wide", 3, .none), ("narrow-last", 3, .none),
  ]

  @Test(arguments: cases)
  func `agrees with PyTorch in every output and every gradient`(_ name: String, _ count: Int, _ activation: Activation)
    throws
  {
    let fixture = try Fixture("tensor-product/\(name)", of: "tensorProductLinear")
    let tape = Tape()
    let names = (1...count).map { "x\($0)" }
    let inputs = try names.map { tape.watch(try fixture.tensor("input.\($0)")) }
    let weight = tape.watch(try fixture.tensor("parameter.weight"))
    let bias = try fixture.optional("parameter.bias").map { tape.watch($0) }
    let output = tensorProductLinear(inputs, weight, bias, activation: activation)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [("output", output), ("gradient.parameter.weight", gradients[weight])]
    if let bias { found.append(("gradient.parameter.bias", gradients[bias])) }
    found += zip(names, inputs).map { ("gradient.input.\($0)", gradients[$1]) }
    #expect(try fixture.violations(found) == [])
  }

  @Test func `is told apart from another order of the modalities by the same comparison`() throws {
    let fixture = try Fixture("tensor-product/narrow-last", of: "tensorProductLinear")
    let x = try (1...3).map { try fixture.tensor("input.x\($0)") }
    let (weight, bias) = (try fixture.tensor("parameter.weight"), try fixture.tensor("parameter.bias"))
    for order in [[1, 0, 2], [2, 1, 0], [0, 2, 1]] {
      let output = tensorProductLinear(order.map { x[$0] }, weight, bias)
      #expect(try fixture.closeness(of: output, to: "output").worst > 0.01)
    }
  }

  /// 101 · 12 · 11 columns are several blocks, cut inside a run of the right factor.
  @Test func `is the materialised product over many blocks, gradients too`() throws {
    let values = [normal([9, 100], 1), normal([9, 11], 2), normal([9, 10], 3)]
    let w = normal([101 * 12 * 11, 6], 4), upstream = normal([9, 6], 5)
    func run(_ compute: ([Tensor], Tensor) -> Tensor) -> [[Float]] {
      let tape = Tape()
      let leaves = values.map { tape.watch($0) } + [tape.watch(w)]
      let output = compute(Array(leaves.dropLast()), leaves[3])
      let elements = output.elements, gradients = output.gradients(upstream: upstream)
      return [elements] + leaves.map { gradients[$0]?.elements ?? [] }
    }
    let fused = run { tensorProductLinear($0, $1, nil) }, plain = run { materialised($0, $1, nil) }
    for (found, expected) in zip(fused, plain) {
      #expect(found.count == expected.count)
      let closeness = Closeness("part", found.map(Double.init), expected.map(Double.init), tolerance: 2e-5)
      #expect(closeness.isWithin, "\(closeness)")
    }
  }

  @Test(arguments: [Activation.none, .tanh]) func `has the derivative that central differences find`(
    _ activation: Activation
  ) {
    let tensors = [
      normal([2, 3], 1), normal([2, 2], 2), normal([2, 1], 3), normal([24, 2], 4) * 0.3, normal([2], 5),
    ]
    let inputs = zip(["x1", "x2", "x3", "weight", "bias"], tensors).map { (name: $0, tensor: $1) }
    let check = checkGradients(inputs: inputs) { x, _ in
      tensorProductLinear(Array(x[0..<3]), x[3], x[4], activation: activation)
    }
    #expect(check.violations == [])
  }

  @Test func `adds the gradients of one tensor given twice`() throws {
    // z = [1, x, x, x²] with W = (0, 2, 3, 5): y = 5x + 5x², dy/dx = 5 + 10x
    let tape = Tape()
    let x = tape.watch(Tensor([0.5, -2], [2, 1]))
    let y = tensorProductLinear([x, x], Tensor([0, 2, 3, 5], [4, 1]), nil)
    try expectClose(y, [3.75, 10])
    try expectClose(try #require(y.gradients()[x]), [10, -15])
  }

  @Test func `treats every sample as if it were alone`() throws {
    let x = [normal([4, 5], 1), normal([4, 6], 2)], w = normal([42, 3], 3)
    let all = tensorProductLinear(x, w, nil)
    for sample in 0..<4 {
      let alone = tensorProductLinear(x.map { $0.slice(0, sample..<sample + 1) }, w, nil)
      try expectClose(all.slice(0, sample..<sample + 1), alone.elements.map(Double.init), 1e-5)
    }
  }

  @Test func `stops with a sentence that names every shape`() async {
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = tensorProductLinear([], .zeros([1, 2]), nil)
    }
    #expect(none.message.contains("tensorProductLinear: no inputs; expected at least one"))
    let batches = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = tensorProductLinear([.zeros([2, 3]), .zeros([4, 1])], .zeros([8, 2]), nil)
    }
    #expect(
      batches.message.contains("tensorProductLinear: inputs [[2, 3], [4, 1]]; expected [B, d_m] with one batch size"))
    let rows = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = tensorProductLinear([.zeros([2, 3]), .zeros([2, 1])], .zeros([6, 2]), nil)
    }
    #expect(
      rows.message.contains("tensorProductLinear: weight of shape [6, 2] for inputs [[2, 3], [2, 1]]; expected [8, _]"))
    let bias = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = tensorProductLinear([.zeros([2, 3])], .zeros([4, 2]), .zeros([3]))
    }
    #expect(bias.message.contains("tensorProductLinear: bias of shape [3] for 2 outputs; expected [2]"))
  }
}
