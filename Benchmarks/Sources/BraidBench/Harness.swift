import CBenchProbe

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Seconds of a clock that only goes forward.
func now() -> Double { Double(probe_monotonic_nanoseconds()) * 1e-9 }

/// Median and minimum milliseconds of one call, over groups long enough to measure.
func timed(groups: Int = 7, budget: Double = 0.25, _ step: () -> Void) -> (median: Double, minimum: Double) {
  for _ in 0..<5 { step() }
  func seconds(_ body: () -> Void) -> Double {
    let start = now()
    body()
    return now() - start
  }
  let once = seconds(step)
  let count = max(1, Int(budget / max(once, 1e-5)))
  let times = (0..<groups).map { _ in seconds { for _ in 0..<count { step() } } / Double(count) * 1e3 }.sorted()
  return (times[groups / 2], times[0])
}

/// Times a group of calls for every line of the standard input and says what it took, so that several programs can be let
/// take turns: the speed of a shared machine changes within a minute by more than what is compared.
func timedByTurns(budget: Double = 0.25, _ step: () -> Void) {
  func seconds(_ count: Int) -> Double {
    let start = now()
    for _ in 0..<count { step() }
    return now() - start
  }
  _ = seconds(5)
  let count = max(1, Int(budget / max(seconds(1), 1e-5)))
  report(["turn": "begins"])
  while readLine() != nil {
    _ = seconds(max(1, count / 10))  // what the others pushed out of the caches
    report(["turn": seconds(count) / Double(count) * 1e3])
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
