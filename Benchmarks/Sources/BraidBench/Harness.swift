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

/// What one measurement prints: names and figures, in order.
typealias Row = KeyValuePairs<String, Any>

/// One JSON object a line, as the baselines print them.
func report(_ fields: Row) {
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
  #if os(Linux)
    // of this program alone: what getrusage says includes the parent's until exec
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Double($0) })
    else { return .nan }
    return kilobytes / 1024
  #else
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return Double(usage.ru_maxrss) / 1_048_576  // bytes
  #endif
}
