import Foundation

/// Of `tools/sanitize`, which says so in the environment.
enum Sanitizer {
  static let isAtWork = ProcessInfo.processInfo.environment["BRAID_SANITIZER"] != nil
  /// How much longer a process takes to begin: one that is killed sooner each time gets nowhere.
  static let slowness: UInt64 = isAtWork ? 4 : 1
}
