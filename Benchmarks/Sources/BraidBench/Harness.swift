import CBenchProbe

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Seconds of a clock that only goes forward.
func now() -> Double { Double(probe_monotonic_nanoseconds()) * 1e-9 }

/// Seconds of so many calls.
private func seconds(_ count: Int, of step: () -> Void) -> Double {
  let start = now()
  for _ in 0..<count { step() }
  return now() - start
}

/// How many calls, once it is warm, take so many seconds.
private func calls(in budget: Double, of step: () -> Void) -> Int {
  _ = seconds(5, of: step)
  return max(1, Int(budget / max(seconds(1, of: step), 1e-5)))
}

/// Median and minimum milliseconds of one call, over groups long enough to measure.
func timed(groups: Int = 7, budget: Double = 0.25, _ step: () -> Void) -> (median: Double, minimum: Double) {
  let count = calls(in: budget, of: step)
  let times = (0..<groups).map { _ in seconds(count, of: step) / Double(count) * 1e3 }.sorted()
  return (times[groups / 2], times[0])
}

/// Times a group of calls for every line of the standard input and says what it took, so that several programs can be let
/// take turns: the speed of a shared machine changes within a minute by more than what is compared.
func timedByTurns(budget: Double = 0.25, _ step: () -> Void) {
  let count = calls(in: budget, of: step)
  report(["turn": "begins"])
  while readLine() != nil {
    _ = seconds(max(1, count / 10), of: step)  // what the others pushed out of the caches
    report(["turn": seconds(count, of: step) / Double(count) * 1e3])
  }
}

/// What one measurement prints: names and figures, in order.
typealias Row = KeyValuePairs<String, Any>

/// One JSON object a line, as the baselines print them.
func report(_ fields: Row) {
  let body = fields.map { key, value in
    switch value {
    case let number as Double: "\"\(key)\": \((number * 1e4).rounded() / 1e4)"
    case let text as String: "\"\(key)\": \"\(text)\""
    default: "\"\(key)\": \(value)"
    }
  }
  print("{" + body.joined(separator: ", ") + "}")
  fflush(nil)
}
