/// The discrete Fourier transform of real signals of one length n: `X_k = Σ_t x_t e^(−2πi kt/n)` for k = 0 … ⌊n/2⌋, the rest
/// being their mirror image.
///
/// Fast for every length: about 2.5 n log₂ n operations a signal where n has no other prime factors than 2, 3, 5 and 7, twice that
/// where n is odd, and some six times for other lengths, as a convolution with a chirp (Bluestein 1970). Signals are transformed
/// side by side: sixteen take two to four times as long as one. The tables are made once: keep the value and use it every step.
public struct FourierTransform {
  /// n, the signal's length.
  public let length: Int
  /// ⌊n/2⌋ + 1, the number of frequencies.
  public var frequencies: Int { length / 2 + 1 }
  let plan: FourierPlan

  /// Stops unless the length is at least 1.
  public init(length n: Int) {
    guard n >= 1 else { stop("fourierTransform", "signals of length \(n); expected at least 1") }
    length = n
    plan = FourierPlan(length: n)
  }

  /// Real and imaginary parts: `[…, n] → […, frequencies]` each.
  ///
  /// Derivative: `dx_t = Σ_k (g_k cos(2π kt/n) − h_k sin(2π kt/n))`, g and h being those of the real and the imaginary parts.
  public func callAsFunction(_ x: Tensor) -> (real: Tensor, imaginary: Tensor) {
    check(x, length)
    // both results lie in one tensor, so that one derivative serves them
    let both = plan.spectra(x).recorded("fourierTransform", from: x, saving: (x, plan), flops: flops(x.count)) {
      saved, g, sink in
      let (x, plan) = saved
      if sink.wants(x) { sink.add(plan.signals(g.pointer, g.pointer + g.count / 2, x.shape), to: x) }
    }
    let spectra = x.shape.replacingLast(frequencies)
    return (both.slice(0, 0..<1).reshaped(spectra), both.slice(0, 1..<2).reshaped(spectra))
  }

  /// The power spectrum |X_k|²: `[…, n] → […, frequencies]`.
  public func power(_ x: Tensor) -> Tensor {
    let (real, imaginary) = self(x)
    return real.squared() + imaginary.squared()
  }

  /// The signals with these spectra: `[…, frequencies]`, `[…, frequencies] → […, n]`. The imaginary parts of frequency 0 and,
  /// for an even n, of n/2 do not count: those of real signals are 0.
  ///
  /// Derivative: w times the spectrum of g, with w = 2/n, but 1/n where a frequency is its own mirror image.
  public func inverse(_ real: Tensor, _ imaginary: Tensor) -> Tensor {
    guard real.shape == imaginary.shape else {
      stop(
        "fourierTransform",
        "a real part of shape \(real.shape) and an imaginary one of \(imaginary.shape); expected equal")
    }
    check(real, frequencies)
    let (edge, middle) = plan.inverseWeights
    let x = plan.signals(
      real.pointer, imaginary.pointer, real.shape.replacingLast(length), edge: edge, middle: middle)
    return x.recorded(
      "inverse fourierTransform", from: real, imaginary, saving: (real, imaginary, plan), flops: flops(x.count)
    ) { saved, g, sink in
      let (real, imaginary, plan) = saved, (edge, middle) = plan.inverseWeights
      let both = plan.spectra(g, edge: edge, middle: middle)
      sink.add(Tensor(viewing: both, shape: real.shape), to: real)
      sink.add(Tensor(viewing: both, offset: real.count, shape: real.shape), to: imaginary)
    }
  }

  /// Stops unless a tensor's last axis has the given extent.
  func check(_ x: Tensor, _ width: Int) {
    guard x.shape.rank >= 1, x.shape[-1] == width else {
      stop("fourierTransform", "a tensor of shape \(x.shape) for signals of length \(length); expected […, \(width)]")
    }
  }

  /// What a transform of so many numbers is counted as: 2.5 n log₂ n a signal.
  func flops(_ count: Int) -> Double { 2.5 * Double(count * (Int.bitWidth - 1 - length.leadingZeroBitCount)) }
}
