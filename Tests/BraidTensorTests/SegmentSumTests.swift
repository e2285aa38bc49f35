import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [:]
  for (name, axis, count, isWeighted) in [
    ("0", 0, 5, false), ("1", 1, 4, false), ("-sketch", -1, 5, true), ("-graph", 0, 3, true), ("-middle", 1, 2, true),
    ("-one", 0, 1, false), ("-none", 0, 5, false),
  ] {
    cases["segment\(name)"] = { x in
      try x("x").segmentSum(
        x.integers("indices"), into: count, axis: axis, weights: isWeighted ? x.constant("weights").elements : nil)
    }
  }
  return Parity(family: "indexing", operations: cases)
}()

let segmentMistakes = [
  Mistake("segmentSum: 2 segments and 3 weights for axis 1 of shape [2, 3]; expected 3") {
    _ = zeros(2, 3).segmentSum([0, 1], into: 2, axis: -1)
  },
  Mistake("segmentSum: 3 segments and 2 weights for axis 0 of shape [3]; expected 3") {
    _ = zeros(3).segmentSum([0, 1, 0], into: 2, weights: [1, 2])
  },
  Mistake("segmentSum: segment 2 at place 1; expected 0 ..< 2") { _ = zeros(2).segmentSum([0, 2], into: 2) },
]

@Suite struct SegmentSumTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 7) }

  @Test(arguments: parity.names) func `sums by segment and their gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a segment nobody belongs to is zeros`() {
    let y = Tensor([1, 2, 3, 4, 5, 6], [3, 2]).segmentSum([2, 0, 2], into: 4)
    #expect(y.elements == [3, 4, 0, 0, 6, 8, 0, 0])
  }

  @Test(arguments: [1, 5, 300]) func `any number of threads gives the same bits`(_ samples: Int) {
    var stream = RandomStream(seed: 31, .sampling)
    let (m, n) = (2000, 70)
    let shape: Shape = samples == 300 ? [300, m] : [samples, m, 67]
    let x = stream.normal(shape)
    let segments = (0..<m).map { Int32($0 * $0 % n) }
    let weights = (0..<m).map { $0 % 3 == 0 ? Float(-1) : 1 }
    func results() -> [[Float]] {
      let tape = Tape()
      let leaf = tape.watch(x)
      let y = leaf.segmentSum(segments, into: n, axis: 1, weights: weights)
      return [y.elements, y.squared().sum().gradients()[leaf]?.elements ?? []]
    }
    let one = results()
    #expect(Threads.with(2, results) == one && Threads.with(3, results) == one)
  }

  @Test func `sketches turn an outer product into a circular convolution`() {
    // Pham & Pagh 2013: sketch(u ⊗ v) = sketch(u) ∗ sketch(v), with the sum of the segments and the product of the signs
    var stream = RandomStream(seed: 32, .sampling)
    let (u, v) = (stream.normal([2, 5]), stream.normal([2, 5]))
    let (h, s): ([Int32], [Float]) = ([3, 0, 6, 3, 1], [1, -1, 1, 1, -1])
    let sketches = [u, v].map { $0.segmentSum(h, into: 7, axis: 1, weights: s) }
    let found = FourierTransform(length: 7).circularConvolution(sketches[0], sketches[1])
    let pairs = (0..<25).map { (h[$0 / 5] + h[$0 % 5]) % 7 }
    let products = (0..<25).map { s[$0 / 5] * s[$0 % 5] }
    let expected = outerProduct(u, v).reshaped(2, 25).segmentSum(pairs, into: 7, axis: 1, weights: products)
    #expect(zip(found.elements, expected.elements).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 33, .sampling)
    let found = differences([stream.normal([4, 3])]) {
      $0[0].segmentSum([1, 1, 0, 3], into: 5, weights: [1, -2, 0.5, 1]).squared()
    }
    #expect(found.violations == [] && found.count == 12)
  }
}
