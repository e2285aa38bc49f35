import BraidTensor
import CBenchProbe

/// Takes steps of all workloads in turn, for as long as asked, and watches the memory.
///
/// The first tenth fills the pool of buffers: what is held after it is what must not grow.
/// - Parameters:
///   - minutes: how long.
///   - passes: of the workloads, called over and over.
/// - Returns: whether memory stayed within 1 % of what it was after the first tenth.
func holdsMemoryFlat(minutes: Double, _ passes: [() -> Void]) -> Bool {
  let start = now()
  func elapsed() -> Double { (now() - start) / 60 }
  var rounds = 0, settled: Double?, last = 0.0, told = 0.0
  while elapsed() < minutes {
    for pass in passes { pass() }
    rounds += 1
    let held = probe_resident_megabytes()
    guard held > 0 else { continue }
    last = held
    if settled == nil, elapsed() > minutes / 10 { settled = held }
    if elapsed() - told > minutes / 10 {
      told = elapsed()
      report(["minutes": told, "rounds": rounds, "megabytes": held, "pool_allocations": BufferPool.shared.allocations])
    }
  }
  guard let settled else { return true }
  let isFlat = last <= settled * 1.01
  report(["soak": isFlat ? "flat" : "grows", "rounds": rounds, "settled_megabytes": settled, "megabytes": last])
  return isFlat
}
