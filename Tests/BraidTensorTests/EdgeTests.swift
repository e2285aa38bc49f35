import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "unary-relu": { try $0("x").relu() }, "unary-sigmoid": { try $0("x").sigmoid() },
    "unary-tanh": { try $0("x").tanh() }, "unary-exp": { try $0("x").exp() },
    "unary-square": { try $0("x").squared() }, "unary-negative": { try -$0("x") },
    "unary-abs": { try $0("x").absolute() }, "unary-reciprocal": { try $0("x").reciprocal() },
    "unary-sin": { try $0("x").sin() }, "unary-cos": { try $0("x").cos() }, "unary-gelu": { try $0("x").gelu() },
    "unary-softplus": { try $0("x").softplus() }, "unary-log": { try $0("x").log() },
    "unary-sqrt": { try $0("x").squareRoot() }, "unary-signedSqrt": { try $0("x").signedSquareRoot() },
    "unary-leaky-relu": { try $0("x").leakyRelu() }, "unary-elu": { try $0("x").elu() },
    "unary-silu": { try $0("x").silu() }, "unary-quick-gelu": { try $0("x").quickGelu() },
    "linear": { try linear($0("x"), $0("w"), $0("b"), activation: .tanh) },
    "matmul": { try matmul($0("a"), $0("b")) }, "batchedMatmul": { try batchedMatmul($0("a"), $0("b")) },
    "outerProduct": { try outerProduct($0("a"), $0("b")) },
    "reshaped-one": { try $0("x").reshaped(1, -1, 1) }, "reshaped-none": { try $0("x").reshaped(3, 0) },
    "slice": { try $0("x").slice(-1, 0..<1) },
    "split": {
      let x = try $0("x")
      let parts = x.split(-1, [x.shape[-1], 0])
      return concatenate([parts[0], 2 * parts[1]])
    },
    "padded": { try $0("x").padded(-1, before: 1, after: 1) },
    "concatenate": { try concatenate([$0("a"), $0("b")], axis: 0) },
    "stack": { try stack([$0("a"), $0("b")], axis: 0) },
    "sum": { try $0("x").sum(-1) }, "mean": { try $0("x").mean(-1) }, "largest": { try $0("x").maximum(-1) },
    "cumulative-sum": { try $0("x").cumulativeSum(-1) }, "cumulative-product": { try $0("x").cumulativeProduct(-1) },
    "cumulative-maximum": { try $0("x").cumulativeMaximum(-1).values },
    "variance": { try $0("x").variance(-1, correction: 0) }, "deviation": { try $0("x").standardDeviation(-1) },
    "crossEntropy": { try crossEntropy($0("x"), $0.integers("classes"), smoothing: 0.25) },
    "binaryCrossEntropy": { try binaryCrossEntropy($0("x"), $0.constant("labels")) },
    "embedding": { try embedding($0("table"), $0.integers("ids"), $0.fixture.shape("input.ids")) },
    "gathered": { try $0("x").gathered($0.integers("places")) },
    "gather-": { try $0("x").gathered(along: 0, $0.indices("places")) },
    "clamp": { try $0("x").clamped(from: -0.5, to: 0.5) }, "framed": { try $0("x").framed(1, hop: 1) },
    "broadcast-one": { try $0("x").broadcast(to: [2, 1]) }, "broadcast-none": { try $0("x").broadcast(to: [2, 0, 3]) },
    "top": { x in
      let values = try x("x")
      return values.topK(min(1, values.shape[-1])).values
    },
    "meanOverSteps": { try $0("x").meanOverSteps(nil) }, "maximumOverSteps": { try $0("x").maximumOverSteps(nil) },
    "lastStep": { try $0("x").lastStep(nil) }, "scaledRows": { try $0("x").scaledRows($0.constant("weights")) },
    "layerNorm": { try layerNorm($0("x"), $0("gain"), $0("bias")) },
    "groupNorm": { try groupNorm($0("x"), groups: 1, $0("gain"), $0("bias")) },
    "batchNorm": {
      let channels = try $0("gain").shape
      return try batchNorm(
        $0("x"), $0("gain"), $0("bias"), mean: Tensor(repeating: 0.5, channels),
        variance: Tensor(repeating: 2, channels))
    },
    "conv2d": { try conv2d($0("input"), $0("weight"), $0("bias")) },
    "conv1d": { try conv1d($0("input"), $0("weight"), $0("bias")) },
    "transposedConv2d": { try convTranspose2d($0("input"), $0("weight"), $0("bias")) },
    "transposedConv1d": { try convTranspose1d($0("input"), $0("weight"), $0("bias")) },
    "maximumPool-one": { try maxPool2d($0("x"), window: (1, 1)) },
    "maximumPool-none": { try maxPool2d($0("x"), window: (3, 2)) },
    "averagePool-one": { try averagePool2d($0("x"), window: (1, 1)) },
    "averagePool-none": { try averagePool2d($0("x"), window: (3, 2)) },
    "adaptiveAveragePool": { try adaptiveAveragePool2d($0("x"), to: (1, 1)) },
    "adaptiveMaximumPool": { try adaptiveMaxPool2d($0("x"), to: (1, 1)) },
    "tensorProductLinear": { try tensorProductLinear([$0("a"), $0("b")], $0("w"), nil) },
    "attention": { try attention($0("q"), $0("k"), $0("v"), heads: 1).output },
    "transform": { x in
      let signals = try x("x")
      return FourierTransform(length: signals.shape[-1])(signals).real
    },
    "spectrum": { x in
      let signals = try x("x")
      return FourierTransform(length: signals.shape[-1]).power(signals)
    },
    "inverse": { x in
      let real = try x("real")
      return FourierTransform(length: real.shape[-1] * 2 - 1).inverse(real, .zeros(real.shape))
    },
  ]
  cases["line-maximumPool-one"] = { try maxPool1d($0("x"), window: 1) }
  cases["line-maximumPool-none"] = { try maxPool1d($0("x"), window: 3) }
  cases["line-averagePool-one"] = { try averagePool1d($0("x"), window: 1) }
  cases["line-averagePool-none"] = { try averagePool1d($0("x"), window: 3) }
  cases["counting-averagePool"] = {
    try averagePool2d($0("x"), window: (3, 3), stride: (1, 1), padding: (1, 1), countingPadding: true)
  }
  cases["counting-line-averagePool"] = {
    try averagePool1d($0("x"), window: 3, stride: 1, padding: 1, countingPadding: true)
  }
  cases["line-adaptiveAveragePool"] = { try adaptiveAveragePool1d($0("x"), to: 1) }
  cases["line-adaptiveMaximumPool"] = { try adaptiveMaxPool1d($0("x"), to: 1) }
  cases["global-average"] = { try globalAveragePool($0("x")) }
  cases["global-maximum"] = { try globalMaxPool($0("x")) }
  cases["grouped-conv2d"] = { try conv2d($0("input"), $0("weight"), $0("bias"), groups: 2) }
  cases["grouped-conv1d"] = { try conv1d($0("input"), $0("weight"), $0("bias"), groups: 2) }
  cases["dilated-conv2d"] = { try conv2d($0("input"), $0("weight"), $0("bias"), dilation: (2, 2)) }
  cases["dilated-conv1d"] = { try conv1d($0("input"), $0("weight"), $0("bias"), dilation: 2) }
  cases["grouped-transposedConv2d"] = { try convTranspose2d($0("input"), $0("weight"), $0("bias"), groups: 2) }
  cases["grouped-transposedConv1d"] = { try convTranspose1d($0("input"), $0("weight"), $0("bias"), groups: 2) }
  cases["outputPadded-transposedConv2d"] = {
    try convTranspose2d(
      $0("input"), $0("weight"), $0("bias"), stride: (2, 2), outputPadding: (1, 1), dilation: (2, 2))
  }
  cases["outputPadded-transposedConv1d"] = {
    try convTranspose1d($0("input"), $0("weight"), $0("bias"), stride: 2, outputPadding: 1, dilation: 2)
  }
  cases["rnn"] = { try rnn($0("x"), $0("w"), $0("u"), $0("b")).last }
  cases["lstm"] = { try lstm($0("x"), $0("w"), $0("u"), $0("b")).last }
  cases["gru"] = { try gru($0("x"), $0("w"), $0("u"), $0("b"), $0("c")).last }
  return Parity(family: "edges", operations: cases)
}()

/// Every operation where every extent is 1, and where there are no elements at all.
@Suite struct EdgeTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 174) }

  @Test(arguments: parity.names) func `one element and none agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }
}
