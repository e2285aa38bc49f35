import CBraidKernels
import Synchronization

/// A value that one thread at a time uses: a `Mutex` that tells the thread sanitizer, which cannot look into it.
package struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
  private let mutex: Mutex<Value>
  /// What the sanitizer knows the lock by.
  private let name = braid_lock_name()

  package init(_ value: consuming sending Value) { mutex = Mutex(value) }

  deinit { braid_lock_forget(name) }

  /// Calls `body` with the value while no other thread uses it.
  /// - Throws: what `body` throws.
  @inline(__always)
  package borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { value throws(Failure) in
      braid_lock_taken(name)
      defer { braid_lock_given_back(name) }
      return try body(&value)
    }
  }
}
