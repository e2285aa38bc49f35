import BraidCore
import BraidData
import BraidTraining
import Foundation

/// One run as files: everything that went in and came out, nothing else needed to understand it.
///
/// | file | what |
/// |---|---|
/// | `configuration.json` | every setting, given or default |
/// | `provenance.json` | code, machine, numeric library, data digest, seed, times |
/// | `epochs.jsonl` | one line an epoch |
/// | `predictions-validation.csv`, `predictions-test.csv` | sample, right answer, given answer, scores; a search's trial has no test |
/// | `parameters.safetensors` | the best epoch's parameters |
/// | `samples.json` | gates and attention of a few test samples |
/// | `result.json` | how it ended, metrics |
/// | `SHA256SUMS` | digests of all of them |
///
/// A folder is written under a temporary name and renamed when all of it is there, so one that has its name is whole.
/// Reading checks that again, every byte of every file: a folder that was damaged since counts as missing.
public struct RunFolder: Sendable {
  /// Where it is.
  public let path: String
  /// Everything the run depended on.
  public let configuration: CellConfiguration
  /// Where and how it ran.
  public let provenance: Provenance
  /// What came of it.
  public let result: RunResult
  /// In order.
  public let epochs: [EpochRecord]
  /// Of its files.
  let digests: RunDigests

  static let configurationFile = "configuration.json", provenanceFile = "provenance.json", epochsFile = "epochs.jsonl"
  static let parametersFile = "parameters.safetensors", samplesFile = "samples.json", resultFile = "result.json"
  static func predictionsFile(_ split: Split) -> String { "predictions-\(split.rawValue).csv" }

  /// What is found at a run's place.
  public enum State: Sendable {
    /// A whole run that ended well.
    case done(RunFolder)
    /// It ended with an error.
    case failed(RunResult)
    /// Nothing is there.
    case missing
    /// Something is there that is not a whole run, and what is wrong with it.
    case damaged(String)
  }

  /// Looks at the place of a planned cell.
  /// - Parameter verifying: whether to read every file and compare digests, not only those that a `RunFolder` holds.
  public static func state(of cell: Plan.Cell, in experiment: String, verifying: Bool = true) -> State {
    let path = "\(experiment)/\(cell.folder)"
    guard FileManager.default.fileExists(atPath: path) else { return .missing }
    do {
      let digests = try RunDigests(readingFrom: path)
      let result: RunResult = try digests.read(resultFile)
      try require(result.cell == cell.id, "\(resultFile): is of the cell \(result.cell); expected \(cell.id)")
      if result.status == .failed { return .failed(result) }
      return .done(try RunFolder(path, result, digests, verifying: verifying, configuration: cell.configuration))
    } catch {
      return .damaged("\(path): \(error)")
    }
  }

  /// Opens a finished run wherever it lies.
  /// - Throws: `SetupError` naming the file that is missing or damaged, or saying why the run failed.
  public init(_ path: String) throws {
    do {
      let digests = try RunDigests(readingFrom: path)
      let result: RunResult = try digests.read(RunFolder.resultFile)
      try require(result.status == .done, "the run failed: \(result.error ?? "no reason was written")")
      try self.init(path, result, digests, verifying: true)
    } catch { throw SetupError("\(path): \(error)") }
  }

  /// - Parameter known: of the run's cell, which then is not decoded: its id was made from it, and the file's digest is
  ///   compared.
  private init(
    _ path: String, _ result: RunResult, _ digests: RunDigests, verifying: Bool,
    configuration known: CellConfiguration? = nil
  ) throws {
    (self.path, self.result, self.digests) = (path, result, digests)
    configuration = try known ?? digests.read(RunFolder.configurationFile)
    provenance = try digests.read(RunFolder.provenanceFile)
    let lines = try digests.bytes(RunFolder.epochsFile).split(separator: UInt8(ascii: "\n"))
    epochs = try lines.enumerated().map { index, line in
      do { return try JSONFile.decoder().decode(EpochRecord.self, from: Data(line)) } catch {
        throw SetupError("\(RunFolder.epochsFile):\(index + 1): is not an epoch's record")
      }
    }
    try require(
      epochs.count == result.epochs,
      "\(RunFolder.epochsFile): \(epochs.count) epochs; expected \(result.epochs.map(String.init) ?? "none")")
    let predictions = (configuration.splits ?? [.test]).map(RunFolder.predictionsFile)
    for name in [RunFolder.configurationFile, RunFolder.parametersFile] + predictions {
      try digests.requireDigest(of: name)
    }
    let seen = [RunFolder.resultFile, RunFolder.provenanceFile, RunFolder.epochsFile]
    for name in digests.names where !seen.contains(name) {
      if verifying {
        _ = try digests.bytes(name)
      } else {
        try require(FileManager.default.fileExists(atPath: "\(path)/\(name)"), "\(name): missing")
      }
    }
  }

  /// The answers on a split.
  public func predictions(_ split: Split) throws -> PredictionFile {
    let name = RunFolder.predictionsFile(split)
    let text = String(decoding: try RunFolder.bytes(name, in: path), as: UTF8.self)
    return try PredictionFile(text, named: "\(path)/\(name)")
  }

  /// What the fusion did with the kept samples; empty when none were kept.
  public func samples() throws -> [SampleAnswer] {
    guard digests.names.contains(RunFolder.samplesFile) else { return [] }
    return try RunFolder.read(RunFolder.samplesFile, in: path)
  }

  /// Where the parameters are.
  public var parametersPath: String { "\(path)/\(RunFolder.parametersFile)" }

  static func bytes(_ name: String, in folder: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
      throw SetupError("\(name): missing, or it cannot be read")
    }
    return data
  }

  static func read<Value: Decodable>(_ name: String, in folder: String) throws -> Value {
    try decoded(bytes(name, in: folder), name)
  }

  static func decoded<Value: Decodable>(_ data: Data, _ name: String) throws -> Value {
    do { return try JSONFile.decoder().decode(Value.self, from: data) } catch {
      throw SetupError("\(name): is cut short or not what a run writes")
    }
  }
}
