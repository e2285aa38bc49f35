import BraidTensor
import BraidTesting

/// How each golden case of `Tests/Fixtures/operations` is computed here.
struct Operands {
  let fixture: Fixture
  /// An input as the test wants it: a leaf or a constant.
  let leaf: (String) throws -> Tensor
  func callAsFunction(_ name: String) throws -> Tensor { try leaf(name) }
  /// An input that gets no gradient.
  func constant(_ name: String) throws -> Tensor { try fixture.tensor("input.\(name)") }
  func integers(_ name: String) throws -> [Int32] { try fixture.integers("input.\(name)") }
}

typealias Operation = @Sendable (_ x: Operands) throws -> Tensor

/// By the beginning of the case's name, the longest that fits.
let operations: [String: Operation] = {
  var cases: [String: Operation] = [
    "add-": { try $0("a") + $0("b") },
    "subtract-": { try $0("a") - $0("b") },
    "multiply-": { try $0("a") * $0("b") },
    "divide-": { try $0("a") / $0("b") },
    "maximum-": { try maximum($0("a"), $0("b")) },
    "minimum-": { try minimum($0("a"), $0("b")) },
    "numbers": { try 2 - 3 / ((0.5 * $0("x") + 1.25) / 4 - 7) },
    "unary-relu": { try $0("x").relu() },
    "unary-sigmoid": { try $0("x").sigmoid() },
    "unary-tanh": { try $0("x").tanh() },
    "unary-gelu": { try $0("x").gelu() },
    "unary-exp": { try $0("x").exp() },
    "unary-square": { try $0("x").squared() },
    "unary-negate": { try -$0("x") },
    "unary-absolute": { try $0("x").absolute() },
    "unary-softplus": { try $0("x").softplus() },
    "unary-identity": { try $0("x").applying(.identity) },
    "unary-log": { try $0("x").log() },
    "unary-sqrt": { try $0("x").squareRoot() },
    "unary-signedSqrt": { try $0("x").signedSquareRoot() },
    "unary-reciprocal": { try $0("x").reciprocal() },
    "unary-leaky-relu": { try $0("x").leakyRelu() },
    "unary-leaky-relu-steep": { try $0("x").leakyRelu(slope: 0.2) },
    "unary-elu": { try $0("x").elu() },
    "unary-silu": { try $0("x").silu() },
    "unary-quick-gelu": { try $0("x").quickGelu() },
    "linear-leaky-relu-steep": { try linear($0("x"), $0("w"), $0("b"), activation: .leakyRelu(slope: 0.2)) },
    "linear-no-bias": { try linear($0("x"), $0("w"), activation: .tanh) },
    "lowRankProduct": { try lowRankProduct([$0("p"), $0("q"), $0("r")], $0("w")) },
    "lowRankProduct-wide": { try lowRankProduct([$0("p"), $0("q")], $0("w")) },
    "lowRankProduct-one": { try lowRankProduct([$0("p")], $0("w")) },
    "lowRankProduct-empty": { try lowRankProduct([$0("p")], $0("w")) },
    "linear-deep": { try linear($0("x"), $0("w"), $0("b")) },
    "reshaped": { try $0("x").reshaped(3, -1) },
    "transposed-plain": { try $0("x").transposed() },
    "transposed-batched": { try $0("x").transposed() },
    "transposed-outer": { try $0("x").transposed(0, 1) },
    "transposed-ends": { try $0("x").transposed(0, 2) },
    "transposed-heads": { try $0("x").transposed(1, 2) },
    "transposed-row": { try $0("x").transposed() },
    "transposed-empty": { try $0("x").transposed() },
    "slice-rows": { try $0("x").slice(0, 1..<4) },
    "slice-middle": { try $0("x").slice(1, 1..<3) },
    "slice-last": { try $0("x").slice(-1, 2..<3) },
    "slice-nothing": { try $0("x").slice(1, 2..<2) },
    "split": {
      let parts = try $0("x").split(1, [1, 3, 3])
      return concatenate([3 * parts[2], parts[0], 2 * parts[1]], axis: 1)
    },
    "padded-rows": { try $0("x").padded(0, before: 1, after: 2) },
    "padded-middle": { try $0("x").padded(1, before: 2, after: 1, with: 0.5) },
    "gathered": { try $0("x").gathered($0.integers("indices")) },
    "embedding": { try embedding($0("table"), $0.integers("ids"), [2, 3]) },
    "embedding-padding": { try embedding($0("table"), $0.integers("ids"), [2, 3], paddingId: 1) },
    "concatenate-last": { try concatenate([$0("a"), $0("b"), $0("c")]) },
    "concatenate-first": { try concatenate([$0("a"), $0("b")], axis: 0) },
    "concatenate-middle": { try concatenate([$0("a"), $0("b")], axis: 1) },
    "concatenate-empty": { try concatenate([$0("a"), $0("b")], axis: 1) },
    "sum-long": { try $0("x").sum(1) },
    "sum-empty": { try $0("x").sum(0) },
    "sum-all": { try $0("x").sum() },
    "mean-all": { try $0("x").mean() },
    "softmax-": { try $0("x").softmax() },
    "softmax-mask": { try $0("x").softmax(mask: $0.constant("mask")) },
    "logSoftmax-": { try $0("x").logSoftmax() },
    "meanOverSteps-masked": { try $0("x").meanOverSteps($0.constant("steps")) },
    "meanOverSteps-all": { try $0("x").meanOverSteps(nil) },
    "maximumOverSteps-masked": { try $0("x").maximumOverSteps($0.constant("steps")) },
    "maximumOverSteps-all": { try $0("x").maximumOverSteps(nil) },
    "lastStep-masked": { try $0("x").lastStep($0.constant("steps")) },
    "lastStep-all": { try $0("x").lastStep(nil) },
    "scaledRows-": { try $0("x").scaledRows($0.constant("weights")) },
    "matmul-empty": { try matmul($0("a"), $0("b")) },
    "batchedMatmul-ones": { try batchedMatmul($0("a"), $0("b")) },
    "outerProduct": { try outerProduct($0("a"), $0("b")) },
    "pairedCrossEntropy": { try pairedCrossEntropy($0("scores")) },
    "pairedCrossEntropy-wide": { try pairedCrossEntropy($0("scores"), scale: 12.5) },
    "pairedCrossEntropy-one": { try pairedCrossEntropy($0("scores"), scale: 0.5) },
    "crossEntropy-plain": { try crossEntropy($0("logits"), $0.integers("classes")) },
    "crossEntropy-one": { try crossEntropy($0("logits"), $0.integers("classes")) },
    "crossEntropy-ignored-plain": { try crossEntropy($0("logits"), $0.integers("classes"), ignored: -100) },
    "crossEntropy-ignored-class": { try crossEntropy($0("logits"), $0.integers("classes"), ignored: 2) },
    "crossEntropy-ignored-smoothed": {
      try crossEntropy($0("logits"), $0.integers("classes"), smoothing: 0.3, ignored: -1)
    },
    "crossEntropy-ignored-weighted": {
      try crossEntropy(
        $0("logits"), $0.integers("classes"), smoothing: 0.3, weights: $0.constant("weights"), ignored: 7)
    },
    "crossEntropy-smoothed": { try crossEntropy($0("logits"), $0.integers("classes"), smoothing: 0.1) },
    "crossEntropy-weighted": {
      try crossEntropy($0("logits"), $0.integers("classes"), weights: $0.constant("weights"))
    },
    "crossEntropy-both": {
      try crossEntropy($0("logits"), $0.integers("classes"), smoothing: 0.3, weights: $0.constant("weights"))
    },
    "crossEntropy-wide": {
      try crossEntropy($0("logits"), $0.integers("classes"), smoothing: 0.3, weights: $0.constant("weights"))
    },
    "binaryCrossEntropy": { try binaryCrossEntropy($0("logits"), $0.constant("labels")) },
  ]
  for activation in Activation.allCases {
    cases["linear-\(activation.rawValue)"] = { try linear($0("x"), $0("w"), $0("b"), activation: activation) }
  }
  for axis in [0, 1, 2] {
    cases["sum\(axis)"] = { try $0("x").sum(axis) }
    cases["mean\(axis)"] = { try $0("x").mean(axis) }
    cases["largest\(axis)"] = { try $0("x").maximum(axis) }
    cases["sum\(axis)-kept"] = { try $0("x").sum(axis - 3, keepingAxis: true) }
    cases["mean\(axis)-kept"] = { try $0("x").mean(axis - 3, keepingAxis: true) }
    cases["largest\(axis)-kept"] = { try $0("x").maximum(axis - 3, keepingAxis: true) }
  }
  for axis in [0, 1, -1] { cases["stack\(axis)"] = { try stack([$0("a"), $0("b")], axis: axis) } }
  for transposeA in [false, true] {
    for transposeB in [false, true] {
      let kind = (transposeA ? "t" : "n") + (transposeB ? "t" : "n")
      cases["matmul-\(kind)"] = { try matmul($0("a"), $0("b"), transposeA: transposeA, transposeB: transposeB) }
      let batched: Operation = {
        try batchedMatmul($0("a"), $0("b"), transposeA: transposeA, transposeB: transposeB, scale: 0.5)
      }
      cases["batchedMatmul-\(kind)"] = batched
      cases["batchedMatmul-wide-\(kind)"] = batched
    }
  }
  return cases
}()

/// The computation of a case, by the longest beginning of its name that has one.
func operation(for name: String) -> Operation? {
  operations.filter { name.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }?.value
}
