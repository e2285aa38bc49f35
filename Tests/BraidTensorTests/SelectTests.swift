import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(
  family: "indexing",
  operations: [
    "either-": { try select($0.constant("mask"), $0("a"), $0("b")) },
    "clamp-both": { try $0("x").clamped(from: -0.5, to: 0.75) },
    "clamp-low": { try $0("x").clamped(from: 0.25) },
    "clamp-high": { try $0("x").clamped(to: 0.25) },
    "clamp-ends": { try $0("x").clamped(from: 0, to: 1) },
  ])

let selectMistakes = [
  Mistake(
    "select: mask [2] for [3] and [3] do not fit; aligned at their last axes, extents must be equal or 1"
  ) { _ = select(zeros(2), zeros(3), zeros(3)) },
  Mistake("select: the mask of shape [1] is recorded and would get no gradient; use .detached") {
    _ = select(Tape().watch(zeros(1)), zeros(1), zeros(1))
  },
  Mistake("clamped: from 1.0 to 0.0; expected the lower end first") { _ = zeros(1).clamped(from: 1, to: 0) },
]

@Suite struct SelectTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 8) }

  @Test(arguments: parity.names) func `taking one of two and clamping agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `what is not taken does not matter, whatever it holds`() {
    let tape = Tape()
    let x = tape.watch(Tensor([0, 4]))
    // log 0 is −∞ with an infinite slope, but is not taken there
    let y = select(Tensor([0, 1]), x.log(), Tensor([7, 7]))
    #expect(y.elements[0] == 7)
    let taken = select(Tensor([0, 1]), x, Tensor([.nan, .infinity]))
    let overflowing = select(Tensor([0, 1]), x, (100 * x).exp() * Tensor([1, .infinity]) / Tensor([1, 0]))
    let all = concatenate([y, taken, overflowing], axis: 0).gradients(upstream: Tensor([1, 1, 5, 6, 10, 20]))
    #expect(all[x]?.elements == [1000, 26.25])
    #expect(select(Tensor([0, 1]), Tensor([.nan, 1]), Tensor([2, .infinity])).elements == [2, 1])
  }

  @Test func `clamping keeps NaN and brings infinities to the ends`() {
    let y = Tensor([.nan, .infinity, -.infinity, 0.5]).clamped(from: 0, to: 1)
    #expect(y.elements[0].isNaN && Array(y.elements[1...]) == [1, 0, 0.5])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 7, .sampling)
    let a = stream.normal([2, 3])
    let b = stream.normal([3])
    let mask = Tensor([1, 0, 1, 0, 0, 1], [2, 3])
    let taken = differences([a, b]) { select(mask, $0[0], $0[1]).squared() }
    let clamped = differences([a]) { $0[0].clamped(from: -0.5, to: 0.5).squared() }
    #expect(taken.violations == [] && clamped.violations == [])
  }
}
