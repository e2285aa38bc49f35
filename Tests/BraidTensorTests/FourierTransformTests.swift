import BraidTensor
import BraidTesting
import CBraidKernels
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
    "convolution-": { x in
      let signals = try x("x")
      return FourierTransform(length: signals.shape[-1]).circularConvolution(signals, try x("y"))
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
  Mistake("circularConvolution: signals of shapes [2, 8] and [8]; expected equal shapes") {
    _ = FourierTransform(length: 8).circularConvolution(zeros(2, 8), zeros(8))
  },
]

@Suite struct FourierTransformTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 55) }

  @Test(arguments: parity.names) func `spectra, signals and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a pure tone has one frequency`() {
    let tone = Tensor((0..<16).map { 2 * Tensor([2 * .pi * 3 * Float($0) / 16]).cos().scalar })
    let power = FourierTransform(length: 16).power(tone).elements
    #expect(abs(power[3] - 256) < 1e-3)
    #expect(power.enumerated().allSatisfy { $0 == 3 || $1 < 1e-9 })
  }

  @Test(arguments: [1, 2, 7, 100, 511, 1018, 16_000]) func `the inverse undoes the transform`(_ length: Int) throws {
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

  @Test func `no signal leaves a trace in those beside it`() {
    var stream = RandomStream(seed: 23, .sampling)
    let x = stream.normal([37, 30])
    let transform = FourierTransform(length: 30)
    let real = transform(x).real
    let others = Tensor(viewing: x, offset: 30, shape: [35, 30])
    let between = concatenate(
      [Tensor(repeating: .nan, [1, 30]), others, Tensor(repeating: .infinity, [1, 30])], axis: 0)
    let found = transform(between).real
    #expect(found.slice(0, 1..<36).elements == real.slice(0, 1..<36).elements)
    #expect(found.elements[0].isNaN)  // negative control: it was in there
  }

  /// 1009 is convolved with a chirp.
  @Test(arguments: [1000, 1009, 16_000]) func `errors do not grow with the length`(_ length: Int) {
    // a cosine and a sine, which have one frequency each, known exactly
    let turns = (0..<length).map { 2 * Double.pi * Double(37 * $0 % length) / Double(length) }
    let waves = Tensor(turns.map { Float(braid_cos_double($0)) } + turns.map { Float(braid_cos_double($0 - .pi / 2)) })
    let (real, imaginary) = FourierTransform(length: length)(waves.reshaped(2, length))
    var exact = [Float](repeating: 0, count: 2 * real.count)
    exact[37] = Float(length) / 2
    exact[3 * real.shape[-1] + 37] = -Float(length) / 2
    // the root mean square of a spectrum is the root of the length; the one large element has a rounding of its own
    let least = 2e-6 * Float(length).squareRoot()
    let far = zip(real.elements + imaginary.elements, exact).filter { !(abs($0 - $1) < max(least, 2 * $1.ulp)) }
    #expect(far.isEmpty)
  }

  @Test func `any number of threads gives the same bits`() {
    var stream = RandomStream(seed: 24, .sampling)
    let (x, y) = (stream.normal([40, 1000]), stream.normal([40, 1000]))
    let transform = FourierTransform(length: 1000)
    func results() -> [[Float]] {
      let tape = Tape()
      let (a, b) = (tape.watch(x), tape.watch(y))
      let z = transform.circularConvolution(a, b)
      let gradients = transform.inverse(transform(z).real, transform(a).imaginary).squared().sum().gradients()
      return [z.elements, gradients[a]?.elements ?? [], gradients[b]?.elements ?? []]
    }
    let one = results()
    #expect(Threads.with(2, results) == one && Threads.with(3, results) == one)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 19, .sampling)
    let transform = FourierTransform(length: 7)
    let power = differences([stream.normal([2, 7])]) { transform.power($0[0]) }
    let inverse = differences([stream.normal([2, 4]), stream.normal([2, 4])]) {
      transform.inverse($0[0], $0[1]).squared()
    }
    let convolution = differences([stream.normal([2, 7]), stream.normal([2, 7])]) {
      transform.circularConvolution($0[0], $0[1]).squared()
    }
    #expect(convolution.violations == [] && convolution.count == 28)
    #expect(power.violations == [] && power.count == 14)
    #expect(inverse.violations == [] && inverse.count == 16)
  }
}
