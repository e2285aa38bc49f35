import BraidCore
import Foundation

/// Whether a test can run that needs something of the machine: root, a font, a cluster's programs. Where it lacks, the test is
/// skipped; but with `BRAID_ALL_TESTS=1` in the environment, as this project's own checks have it, it fails.
///
/// ```swift
/// @Test(.enabled(if: try needed(Gnuplot.find() != nil, why), why))
/// ```
/// - Parameter why: what is lacking where it is not there, and how it is had.
/// - Throws: `SetupError` with `why` where every test is asked for and this one cannot run.
public func needed(_ isThere: Bool, _ why: String) throws -> Bool {
  try needed(isThere, why, environment: ProcessInfo.processInfo.environment)
}

func needed(_ isThere: Bool, _ why: String, environment: [String: String]) throws -> Bool {
  if !isThere, environment["BRAID_ALL_TESTS"] == "1" {
    throw SetupError("BRAID_ALL_TESTS=1 asks for every test, and this one cannot run: \(why).")
  }
  return isThere
}
