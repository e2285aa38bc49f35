import Foundation

/// Sound to frames of log-mel energies.
///
/// Each frame is `window` seconds under a periodic Hann window; its power spectrum (an FFT of the next power of two) goes
/// through triangular filters evenly spaced in mel from 0 to half the rate; then `log(max(energy, 1e-10))`, natural. The first
/// frame begins with the first sample; a sound shorter than a frame is padded with silence to one.
public struct LogMel: Sendable {
  /// What a mel is.
  public enum Scale: String, Sendable, CaseIterable {
    /// 2595 log₁₀(1 + f / 700) (O'Shaughnessy 1987, as in HTK); filters of height 1.
    case htk
    /// Linear below 1000 Hz, logarithmic above, filters of equal area (Slaney 1998, Auditory Toolbox, as librosa's default).
    case slaney

    func mel(_ hertz: Double) -> Double {
      switch self {
      case .htk: 2595 * log10(1 + hertz / 700)
      case .slaney: hertz < 1000 ? hertz * 3 / 200 : 15 + 27 * log(hertz / 1000) / log(6.4)
      }
    }
    func hertz(_ mel: Double) -> Double {
      switch self {
      case .htk: 700 * (pow(10, mel / 2595) - 1)
      case .slaney: mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) / 27 * log(6.4))
      }
    }
  }

  /// Mel bands: the width of a frame.
  public let mels: Int
  /// Samples of a frame, and from one frame to the next.
  public let window: Int, hop: Int
  private let size: Int
  private let shape: [Double]
  /// For each band, the first frequency bin it reads and its weights from there.
  private let filters: [(first: Int, weights: [Double])]
  private let transform: DoubleTransform

  /// - Parameters:
  ///   - rate: samples a second.
  ///   - window: seconds of a frame; at least two samples.
  ///   - hop: seconds from one frame to the next; at least one sample.
  public init(rate: Int, window: Double = 0.025, hop: Double = 0.010, mels: Int = 40, scale: Scale = .htk) {
    let samples = max(2, Int((window * Double(rate)).rounded()))
    self.window = samples
    self.hop = max(1, Int((hop * Double(rate)).rounded()))
    self.mels = mels
    var size = 2
    while size < samples { size *= 2 }
    self.size = size
    shape = (0..<samples).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(samples)) }
    let top = scale.mel(Double(rate) / 2)
    let edges = (0...(mels + 1)).map { scale.hertz(top * Double($0) / Double(mels + 1)) }
    filters = (0..<mels).map { band in
      let (low, middle, high) = (edges[band], edges[band + 1], edges[band + 2])
      let weights = (0...(size / 2)).map { bin in
        let hertz = Double(bin) * Double(rate) / Double(size)
        let weight = max(0, min((hertz - low) / (middle - low), (high - hertz) / (high - middle)))
        return scale == .slaney ? weight * 2 / (high - low) : weight
      }
      let first = weights.firstIndex { $0 > 0 } ?? 0, last = weights.lastIndex { $0 > 0 } ?? 0
      return (first, Array(weights[first...last]))
    }
    transform = DoubleTransform(size)
  }

  /// Number of frames of a sound of so many samples.
  public func frames(_ samples: Int) -> Int { samples <= window ? 1 : 1 + (samples - window) / hop }

  /// `[frames, mels]`, row-major. At most `limit` frames, 0: all.
  public func callAsFunction(_ samples: [Float], limit: Int = 0) -> [Float] {
    let all = frames(samples.count), count = limit > 0 ? min(limit, all) : all
    var result: [Float] = []
    result.reserveCapacity(count * mels)
    var (real, imaginary) = ([Double](repeating: 0, count: size), [Double](repeating: 0, count: size))
    for frame in 0..<count {
      let start = frame * hop
      for k in 0..<size {
        real[k] = k < window && start + k < samples.count ? Double(samples[start + k]) * shape[k] : 0
        imaginary[k] = 0
      }
      transform(&real, &imaginary)
      for (first, weights) in filters {
        var energy = 0.0
        for (k, weight) in weights.enumerated() {
          let (re, im) = (real[first + k], imaginary[first + k])
          energy += weight * (re * re + im * im)
        }
        result.append(Float(log(max(energy, 1e-10))))
      }
    }
    return result
  }
}

/// The discrete Fourier transform of a power of two, in place (Cooley and Tukey 1965), in double precision: beside a loud tone
/// the bands that are quiet would hold the rounding of the engine's transform in Float, 0.1 in the logarithm for a pure tone.
private struct DoubleTransform: Sendable {
  let size: Int
  private let cosines: [Double], sines: [Double]
  private let reversed: [Int]

  init(_ size: Int) {
    self.size = size
    cosines = (0..<size / 2).map { cos(2 * .pi * Double($0) / Double(size)) }
    sines = (0..<size / 2).map { -sin(2 * .pi * Double($0) / Double(size)) }
    let bits = size.trailingZeroBitCount
    reversed = (0..<size).map { place in (0..<bits).reduce(0) { $0 | (place >> $1 & 1) << (bits - 1 - $1) } }
  }

  func callAsFunction(_ real: inout [Double], _ imaginary: inout [Double]) {
    for (place, other) in reversed.enumerated() where other > place {
      real.swapAt(place, other)
      imaginary.swapAt(place, other)
    }
    real.withUnsafeMutableBufferPointer { re in
      imaginary.withUnsafeMutableBufferPointer { im in
        var half = 1
        while half < size {
          let step = size / (2 * half)
          for start in stride(from: 0, to: size, by: 2 * half) {
            for k in 0..<half {
              let (c, s) = (cosines[k * step], sines[k * step])
              let (low, high) = (start + k, start + k + half)
              let (x, y) = (re[high] * c - im[high] * s, re[high] * s + im[high] * c)
              (re[high], im[high]) = (re[low] - x, im[low] - y)
              (re[low], im[low]) = (re[low] + x, im[low] + y)
            }
          }
          half *= 2
        }
      }
    }
  }
}
