import BraidTensor
import Foundation

/// Median and minimum milliseconds of one call, over groups long enough to measure.
func timed(groups: Int = 7, budget: Double = 0.25, _ step: () -> Void) -> (median: Double, minimum: Double) {
  for _ in 0..<5 { step() }
  func seconds(_ body: () -> Void) -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
  let once = seconds(step)
  let count = max(1, Int(budget / max(once, 1e-5)))
  let times = (0..<groups).map { _ in seconds { for _ in 0..<count { step() } } / Double(count) * 1e3 }.sorted()
  return (times[groups / 2], times[0])
}

/// One JSON object a line, as the baselines print them.
func report(_ fields: KeyValuePairs<String, Any>) {
  let body = fields.map { key, value in
    switch value {
    case let number as Double: "\"\(key)\": \(String(format: "%.4f", number))"
    case let text as String: "\"\(key)\": \"\(text)\""
    default: "\"\(key)\": \(value)"
    }
  }
  print("{" + body.joined(separator: ", ") + "}")
  fflush(nil)
}

/// The most memory the process has held so far.
func peakMegabytes() -> Double {
  var usage = rusage()
  #if os(Linux)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024  // kilobytes
  #else
    getrusage(RUSAGE_SELF, &usage)
    return Double(usage.ru_maxrss) / 1_048_576  // bytes
  #endif
}

/// The machine's rate for a 1024³ product as Braid multiplies, in GFLOP/s.
func productRate() -> Double {
  var stream = RandomStream(seed: 0, .sampling)
  let a = stream.uniform([1024, 1024]), b = stream.uniform([1024, 1024])
  let (milliseconds, _) = timed { _ = matmul(a, b) }
  return 2 * 1024.0 * 1024 * 1024 / milliseconds / 1e6
}
