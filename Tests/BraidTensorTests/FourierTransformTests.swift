import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(
  family: "spectra",
  operations: [
    "transform-": { x in
      let signals = try x("x")
      let (real, imaginary) = FourierTransform(length: signals.shape[-1])(signals)
      return concatenate([real, imaginary])
    },
    "power-": { x in
      let signals = try x("x")
      return FourierTransform(length: signals.shape[-1]).power(signals)
    },
    "inverse-": { x in
      FourierTransform(length: try x.fixture.shape("output")[-1]).inverse(try x("real"), try x("imaginary"))
    },
    "short-time": { x in
      let window = Tensor((0..<16).map { 0.5 - 0.5 * Tensor([2 * .pi * Float($0) / 16]).cos().scalar })
      let (real, imaginary) = FourierTransform(length: 16)(try x("x").framed(16, hop: 5) * window)
      return concatenate([real, imaginary])
    },
  ])

let fourierMistakes = [
  Mistake("fourierTransform: signals of length 0; expected at least 1") { _ = FourierTransform(length: 0) },
  Mistake("fourierTransform: a tensor of shape [2, 5] for signals of length 8; expected […, 8]") {
    _ = FourierTransform(length: 8)(zeros(2, 5))
  },
  Mistake("fourierTransform: a tensor of shape [2, 8] for signals of length 8; expected […, 5]") {
    _ = FourierTransform(length: 8).inverse(zeros(2, 8), zeros(2, 8))
  },
  Mistake("fourierTransform: a real part of shape [5] and an imaginary one of [4]; expected equal") {
    _ = FourierTransform(length: 8).inverse(zeros(5), zeros(4))
  },
]

@Suite struct FourierTransformTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 25) }

  @Test(arguments: parity.names) func `spectra, signals and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a pure tone has one frequency`() {
    let tone = Tensor((0..<16).map { 2 * Tensor([2 * .pi * 3 * Float($0) / 16]).cos().scalar })
    let power = FourierTransform(length: 16).power(tone).elements
    #expect(abs(power[3] - 256) < 1e-3)
    #expect(power.enumerated().allSatisfy { $0 == 3 || $1 < 1e-9 })
  }

  @Test(arguments: [1, 2, 7, 100, 511]) func `the inverse undoes the transform`(_ length: Int) throws {
    var stream = RandomStream(seed: 18, .sampling)
    let x = stream.normal([3, length])
    let transform = FourierTransform(length: length)
    let (real, imaginary) = transform(x)
    try expectClose(transform.inverse(real, imaginary), x.elements.map(Double.init), 2e-6)
  }

  @Test func `no signals have no spectra`() {
    let transform = FourierTransform(length: 5)
    let (real, imaginary) = transform(zeros(0, 5))
    #expect(real.shape == [0, 3] && transform.inverse(real, imaginary).shape == [0, 5])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 19, .sampling)
    let transform = FourierTransform(length: 7)
    let power = differences([stream.normal([2, 7])]) { transform.power($0[0]) }
    let inverse = differences([stream.normal([2, 4]), stream.normal([2, 4])]) {
      transform.inverse($0[0], $0[1]).squared()
    }
    #expect(power.violations == [] && power.count == 14)
    #expect(inverse.violations == [] && inverse.count == 16)
  }
}
