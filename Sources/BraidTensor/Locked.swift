import CBraidKernels
import Synchronization

/// A value that one thread at a time uses: a `Mutex` that tells the thread sanitizer, which cannot look into it.
package struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
  private let mutex: Mutex<Value>

  package init(_ value: consuming sending Value) { mutex = Mutex(value) }

  /// Calls `body` with the value while no other thread uses it.
  /// - Throws: what `body` throws.
  @inline(__always)
  package borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { value throws(Failure) in
      withUnsafeMutablePointer(to: &value) { braid_lock_taken($0) }
      defer { withUnsafeMutablePointer(to: &value) { braid_lock_given_back($0) } }
      return try body(&value)
    }
  }
}
