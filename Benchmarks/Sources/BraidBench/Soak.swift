import BraidNN
import BraidTensor
import Foundation

/// Memory the process holds now, in megabytes; nil where the system does not say.
private func residentMegabytes() -> Double? {
  #if os(Linux)
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
    else { return nil }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  #else
    return nil
  #endif
}

/// Takes steps of all workloads in turn, for as long as asked, and watches the memory.
///
/// The first tenth fills the pool of buffers: what is held after it is what must not grow.
/// - Parameters:
///   - minutes: how long.
///   - passes: of the workloads, called over and over.
/// - Returns: whether memory stayed within 1 % of what it was after the first tenth.
func holdsMemoryFlat(minutes: Double, _ passes: [() -> Void]) -> Bool {
  let start = DispatchTime.now().uptimeNanoseconds
  func elapsed() -> Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 / 60 }
  var rounds = 0, settled: Double?, last = 0.0, told = 0.0
  while elapsed() < minutes {
    for pass in passes { pass() }
    rounds += 1
    guard let now = residentMegabytes() else { continue }
    last = now
    if settled == nil, elapsed() > minutes / 10 { settled = now }
    if elapsed() - told > minutes / 10 {
      told = elapsed()
      report(["minutes": told, "rounds": rounds, "megabytes": now, "pool_allocations": BufferPool.shared.allocations])
    }
  }
  guard let settled else { return true }
  let isFlat = last <= settled * 1.01
  report(["soak": isFlat ? "flat" : "grows", "rounds": rounds, "settled_megabytes": settled, "megabytes": last])
  return isFlat
}
