import CBraidKernels
import Synchronization

/// A value that one thread at a time uses: a `Mutex`, into which the thread sanitizer cannot look, that tells it.
package final class Locked<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  package init(_ value: Value) { mutex = Mutex(value) }

  /// Calls `body` with the value while no other thread uses it.
  /// - Throws: what `body` throws.
  package func withLock<Result: Sendable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    let lock = Unmanaged.passUnretained(self).toOpaque()
    return try mutex.withLock { value in
      braid_lock_taken(lock)
      defer { braid_lock_given_back(lock) }
      return try body(&value)
    }
  }
}
