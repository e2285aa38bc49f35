import Foundation

/// A sound at another rate: band-limited interpolation with a Hann-windowed sinc over 16 zero crossings a side (Smith 1984,
/// "A flexible sampling-rate conversion method"). When the rate falls, what the new rate cannot hold is filtered away.
/// - Parameters:
///   - samples: one channel.
///   - rate: of the samples.
///   - wanted: of the result, which has `count · wanted / rate` samples, rounded up.
public func resampled(_ samples: [Float], from rate: Int, to wanted: Int) -> [Float] {
  guard rate != wanted, !samples.isEmpty else { return samples }
  func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
  let shared = divisor(rate, wanted)
  let (down, up) = (rate / shared, wanted / shared)
  let cutoff = min(1, Double(wanted) / Double(rate))  // of the input's own band
  let reach = 16 / cutoff
  // The weights repeat every `up` outputs: one row for each phase, as long as they stay few.
  func weights(_ phase: Int) -> (first: Int, taps: [Float]) {
    let center = Double(phase) / Double(up)
    let first = Int((center - reach).rounded(.up)), last = Int((center + reach).rounded(.down))
    let taps = (first...last).map { (place: Int) -> Double in
      let x = Double(place) - center
      let sinc = x == 0 ? 1 : sin(.pi * x * cutoff) / (.pi * x * cutoff)
      return cutoff * sinc * (0.5 + 0.5 * cos(.pi * x / reach))
    }
    let total = taps.reduce(0, +)
    return (first, taps.map { Float($0 / total) })
  }
  var phases: [Int: (first: Int, taps: [Float])] = [:]
  let count = (samples.count * up + down - 1) / down
  return (0..<count).map { place in
    let (whole, phase) = (place * down).quotientAndRemainder(dividingBy: up)
    let row = phases[phase] ?? weights(phase)
    if phases.count < 1024 { phases[phase] = row }
    var sum: Float = 0
    for (tap, weight) in row.taps.enumerated() {
      let from = whole + row.first + tap
      if from >= 0, from < samples.count { sum += weight * samples[from] }
    }
    return sum
  }
}
