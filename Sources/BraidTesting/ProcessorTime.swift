import Foundation

/// Seconds a piece of work keeps this thread's processor busy; for bounds on time that hold on a busy machine as well.
///
/// The time on the wall counts what other programs take, and that of Swift Testing's `.timeLimit` also how long a test waits
/// for its turn among hundreds. This counts neither, nor what the work waits for or does on other threads.
/// - Throws: what the work throws.
public func processorSeconds(_ work: () throws -> Void) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  let start = now()
  try work()
  return now() - start
}
