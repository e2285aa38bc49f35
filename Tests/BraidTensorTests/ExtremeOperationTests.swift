import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// What stands in the tensor an operation is tried on.
private enum Filling: String, CaseIterable, Sendable {
  case huge, tiny, zeros, huger, mixed, infinite, excluded

  /// `[2, 3]`; `isPositive`: without what lies below 0.
  func tensor(_ isPositive: Bool) -> Tensor {
    let numbers: [Float] =
      switch self {
      case .huge: [1e4, -1e4, 1e4, -1e4, -1e4, -1e4]
      case .tiny: [1e-30, -1e-30, 1e-30, -1e-30, -1e-30, -1e-30]
      case .zeros: [0, -0.0, 0, 0, 0, 0]
      case .huger: [3e18, -3e18, 3e18, 3e18, 3e18, 3e18]
      case .mixed: [1e4, -1e-30, 0, -1e4, 1e-30, 1]
      case .infinite: [.infinity, 1, -1, 1e4, .infinity, 0]
      case .excluded: [-.infinity, 1, -1, -.infinity, -.infinity, -.infinity]  // a row with one, a row of nothing else
      }
    return Tensor(isPositive ? numbers.map(abs) : numbers, [2, 3])
  }
}

/// An operation with the fillings at which mathematics (or the limit that its documentation names) has no number.
private struct Subject: Sendable {
  let name: String
  let undefined: Set<Filling>
  let isPositive: Bool
  let compute: @Sendable (Tensor) -> Tensor
  init(
    _ name: String, except undefined: Set<Filling> = [], positive: Bool = false,
    _ compute: @escaping @Sendable (Tensor) -> Tensor
  ) {
    (self.name, self.undefined, isPositive, self.compute) = (name, undefined, positive, compute)
  }
}

private let infinities: Set<Filling> = [.infinite, .excluded]

private let functions: [Subject] = [
  Subject("relu") { $0.relu() }, Subject("sigmoid") { $0.sigmoid() }, Subject("tanh") { $0.tanh() },
  Subject("gelu") { $0.gelu() },
  Subject("softplus") { $0.softplus() }, Subject("exp") { $0.exp() },
  Subject("squared") { $0.squared() }, Subject("absolute") { $0.absolute() }, Subject("negated") { -$0 },
  Subject("signed square root") { $0.signedSquareRoot() },
  Subject("square root", positive: true) { $0.squareRoot() }, Subject("logarithm", positive: true) { $0.log() },
  Subject("reciprocal") { $0.reciprocal() }, Subject("clamped") { $0.clamped(from: -1, to: 1) },
  Subject("log-gamma", positive: true) { $0.logGamma() },
  Subject("digamma", positive: true) { $0.digamma() },
  Subject("sine", except: infinities) { $0.sin() },  // has no limit at infinity
  Subject("power 0") { pow($0, 0) }, Subject("power 1") { pow($0, 1) }, Subject("power 2") { pow($0, 2) },
  Subject("power 3") { pow($0, 3) }, Subject("power -1") { pow($0, -1) }, Subject("power -2") { pow($0, -2) },
  Subject("power 0.5", positive: true) { pow($0, 0.5) },
  Subject("power of 0") { pow(Tensor.zeros([2, 3]), $0.clamped(from: 0, to: 10)) },
  Subject("divided by 3") { $0 / 3 }, Subject("number over") { 2 / $0 },
  Subject("plus row") { $0 + Tensor([1, 2, 3]) }, Subject("maximum") { maximum($0, Tensor([0, 1, 2])) },
  Subject("minimum") { minimum($0, Tensor([0, 1, 2])) },
]

private let reductions: [Subject] = [
  Subject("sum") { $0.sum(1) }, Subject("mean") { $0.mean(1) }, Subject("largest") { $0.maximum(1) },
  Subject("cumulative sum") { $0.cumulativeSum(1) }, Subject("cumulative maximum") { $0.cumulativeMaximum(1).values },
  Subject("cumulative product", except: infinities.union([.huger])) { $0.cumulativeProduct(1) },  // ∞ times 0
  Subject("norm") { $0.norm(1) }, Subject("norm of all") { $0.norm() },
  Subject("variance", except: infinities) { $0.variance(1) },
  Subject("deviation", except: infinities) { $0.standardDeviation(1, correction: 0) },
  Subject("log-sum-exp") { $0.logSumExp(1) }, Subject("sorted") { $0.sorted().values },
  Subject("softmax", except: [.infinite]) { $0.softmax() },  // shares of several infinities are no limit
  Subject("masked softmax", except: [.infinite]) { $0.softmax(mask: Tensor([0, 1, 1])) },
  Subject("log-softmax", except: [.infinite]) { $0.logSoftmax() },
  Subject("all-masked softmax") { $0.softmax(mask: Tensor([0, 0, 0])) },
  Subject("all-masked log-softmax") { $0.logSoftmax(mask: Tensor([0, 0, 0])) },
  Subject("layer norm", except: infinities) { layerNorm($0, Tensor([1, 2, 3]), nil) },
  Subject("group norm", except: infinities) { groupNorm($0.reshaped(1, 2, 3), groups: 2, Tensor([1, 2]), nil) },
  Subject("batch norm", except: infinities) { batchNorm($0.transposed(), Tensor([1, 2]), nil).output },
  Subject("mean over steps") { $0.reshaped(2, 3, 1).meanOverSteps(Tensor([0, 1, 1, 0, 0, 0], [2, 3])) },
  Subject("maximum over steps") { $0.reshaped(2, 3, 1).maximumOverSteps(Tensor([0, 1, 1, 0, 0, 0], [2, 3])) },
  Subject("scaled rows") { $0.scaledRows(Tensor([0, 1])) },
]

private let objectives: [Subject] = [
  Subject("cross-entropy", except: [.infinite, .excluded]) { crossEntropy($0, [1, 0]) },
  Subject("smoothed cross-entropy", except: infinities) { crossEntropy($0, [1, 0], smoothing: 0.1) },
  Subject("binary cross-entropy", except: infinities) { binaryCrossEntropy($0, Tensor([0, 1, 0, 1, 1, 0], [2, 3])) },
  Subject("paired cross-entropy", except: infinities) { pairedCrossEntropy($0.slice(1, 0..<2), scale: 14) },
  Subject("categorical entropy", except: [.infinite]) { CategoricalDistribution(logits: $0).entropy() },
  Subject("categorical divergence", except: infinities) {
    CategoricalDistribution(logits: $0).kullbackLeibler(to: CategoricalDistribution(logits: .zeros([2, 3])))
  },
  Subject("divergence from a categorical", except: infinities) {
    CategoricalDistribution(logits: .zeros([2, 3])).kullbackLeibler(to: CategoricalDistribution(logits: $0))
  },
  Subject("Bernoulli entropy", except: infinities) { BernoulliDistribution(logits: $0).entropy() },
  Subject("Bernoulli divergence", except: infinities) {
    BernoulliDistribution(logits: $0).kullbackLeibler(to: BernoulliDistribution(logits: .zeros([2, 3])))
  },
  Subject("Bernoulli log-probability", except: infinities) {
    BernoulliDistribution(logits: $0).logProbability(of: Tensor([0, 1, 0]))
  },
  Subject("Gumbel-softmax", except: [.infinite]) {
    gumbelSoftmax($0, noise: Tensor([0, 1, 2, 0, 1, 2], [2, 3]), temperature: 0.1)
  },
  Subject("attention", except: infinities) {
    attention($0.reshaped(1, 2, 3), $0.reshaped(1, 2, 3), Tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]), heads: 1).output
  },
  Subject("low-rank product", except: infinities.union([.huger])) {  // ∞ times 0
    lowRankProduct([$0, $0 * 0.5], Tensor([2, 0, 1]))
  },
  Subject("mutual attention", except: infinities) {
    let x = $0.clamped(from: -1e18, to: 1e18).reshaped(2, 1, 3)
    let (fromB, fromA, _, _) = mutualAttention(
      x, Tensor([1, 2, 3, 4, 5, 6], [2, 1, 3]), bMask: Tensor([1, 0], [2, 1]))
    return concatenate([fromB, fromA], axis: 1)
  },
  Subject("all-masked attention") {
    let x = $0.clamped(from: -1e9, to: 1e9).reshaped(1, 2, 3)
    return attention(x, x, x, heads: 3, keyMask: .zeros([1, 2])).output
  },
  Subject("linear", except: infinities) { linear($0, Tensor(repeating: 0.5, [3, 2]), nil, activation: .tanh) },
]

@Suite struct `Every operation at the ends of its range` {
  private static let subjects = functions + reductions + objectives

  @Test(arguments: subjects.indices) func `gives numbers, and derivatives, where mathematics does`(_ index: Int) {
    let subject = Self.subjects[index]
    for filling in Filling.allCases where !subject.undefined.contains(filling) {
      let tape = Tape()
      let x = tape.watch(filling.tensor(subject.isPositive))
      let y = subject.compute(x)
      #expect(y.elements.allSatisfy { !$0.isNaN }, "\(subject.name) of \(filling): \(y)")
      let slopes = y.isRecorded ? y.gradients()[x]?.elements ?? [] : []
      #expect(slopes.allSatisfy { !$0.isNaN }, "the derivative of \(subject.name) at \(filling): \(slopes)")
    }
  }

  @Test func `equal numbers have no spread, however large`() throws {
    for value: Float in [1e4, -1e4, 3e18, 1e30, -1e-30] {
      let tape = Tape()
      let x = tape.watch(Tensor(repeating: value, [2, 5]))
      let y = x.variance(1) + x.standardDeviation(1)
      #expect(y.elements == [0, 0])
      #expect(y.gradients()[x]?.elements == Array(repeating: 0, count: 10))
    }
    for value: Float in [1e4, -1e4, 1e-30] {
      let x = Tensor(repeating: value, [2, 4])
      #expect(layerNorm(x, nil, nil).elements == Array(repeating: 0, count: 8))
      #expect(batchNorm(x, nil, nil).output.elements == Array(repeating: 0, count: 8))
      #expect(groupNorm(x, groups: 2, nil, nil).elements == Array(repeating: 0, count: 8))
    }
  }

  @Test func `lengths neither overflow nor vanish`() throws {
    try expectClose(Tensor([3e30, 4e30]).norm(0), [5e30], 1e-6)
    try expectClose(Tensor([3e-30, 4e-30]).norm(0), [5e-30], 1e-6)
    let tape = Tape()
    let x = tape.watch(Tensor([3e-30, 4e-30, 0, 0], [2, 2]))
    try expectClose(try #require(x.norm(1).gradients()[x]), [0.6, 0.8, 0, 0], 1e-6)
  }
}
