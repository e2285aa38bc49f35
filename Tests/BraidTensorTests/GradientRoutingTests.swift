import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(
  family: "spectra",
  operations: [
    "reversed": { try $0("x").tanh().gradientReversed(scale: 0.375) * $0("x") },
    "straight-through": { try straightThrough(rounded($0("x")), $0("y")) * $0("x") },
  ])

/// To whole numbers, halves to even, as a constant.
@Sendable private func rounded(_ x: Tensor) -> Tensor {
  Tensor(x.elements.map { $0.rounded(.toNearestOrEven) }, x.shape)
}

let routingMistakes = [
  Mistake("straightThrough: a value of shape [2] and a slope of [3]; expected equal shapes") {
    _ = straightThrough(zeros(2), zeros(3))
  }
]

@Suite struct GradientRoutingTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 2) }

  @Test(arguments: parity.names) func `values and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a reversed gradient has the other sign and the scale`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 2]))
    let y = x.gradientReversed(scale: 0.5) + x
    #expect(y.elements == [2, 4])
    #expect(y.gradients(upstream: Tensor([4, 8]))[x]?.elements == [2, 4])
  }

  @Test func `a straight-through value gets no gradient, a constant slope none either`() {
    let tape = Tape()
    let value = tape.watch(Tensor([1, 2]))
    let slope = tape.watch(Tensor([3, 4]))
    let gradients = (straightThrough(value, slope) * 2 + slope).gradients()
    #expect(gradients[value] == nil)
    #expect(gradients[slope]?.elements == [3, 3])
    #expect(!straightThrough(value, Tensor([3, 4])).isRecorded)
  }
}
