import BraidCore

/// Where, when and with what a run was made: everything that can change its bits, and who to ask.
public struct Provenance: Codable, Sendable, Hashable {
  /// Release of Braid.
  public var version = Provenance.currentVersion
  /// Commit of the checkout the executable lies in; empty when it lies in none.
  public var commit: String
  /// SHA-256 of the executable: also tells builds apart that have no commit.
  public var executable: String
  /// Compiler the executable was built with, such as `6.3`.
  public var swift: String
  /// The operating system.
  public var system: String
  /// Its model, as the system names it.
  public var processor: String
  /// Processors the system has.
  public var cores: Int
  /// OpenBLAS' own description of its build.
  public var library: String
  /// Processor kernels OpenBLAS chose.
  public var libraryCore: String
  /// Threads a cell uses.
  public var threads: Int
  /// SHA-256 over everything that decides the samples.
  public var dataDigest: String
  /// As it was typed; of a worker, what its runner was started with.
  public var command: [String]
  /// The machine's name.
  public var host: String
  /// The cell's.
  public var seed: UInt64
  /// ISO 8601, UTC.
  public var started: String
  /// ISO 8601, UTC.
  public var finished: String

  /// What decides the bits of the same computation on the same numbers: executable, numeric library, threads.
  var build: String { "\(executable), \(library), \(libraryCore), \(threads) threads" }

  /// Release of this code.
  public static let currentVersion = "0.1.0"
}
