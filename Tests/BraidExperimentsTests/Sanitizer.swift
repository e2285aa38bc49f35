import Foundation

/// Of `tools/sanitize`, which says so in the environment.
enum Sanitizer {
  static let isAtWork = ProcessInfo.processInfo.environment["BRAID_SANITIZER"] != nil
}
