import Dispatch
import Foundation

/// The end of a process, seen at once. `waitUntilExit` alone looks for it every 50 ms, and a termination handler alone is not
/// enough: what Foundation keeps of a process, its environment among it, is given up only where the thread that started it
/// waits for it.
package struct ProcessEnd {
  private let process: Process
  private let seen = DispatchSemaphore(value: 0)

  /// Of a process that has not been started.
  package init(of process: Process) {
    self.process = process
    process.terminationHandler = { [seen] _ in seen.signal() }
  }

  /// Waits for it, in the thread that started the process; then its status is there. May be called again.
  package func wait() {
    seen.wait()
    seen.signal()
    process.waitUntilExit()
  }
}
