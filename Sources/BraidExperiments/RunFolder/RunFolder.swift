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
/// | `result.json` | how it ended, metrics, digests of the files above |
///
/// A folder is written under a temporary name and renamed when all of it is there, so one that has its name is whole.
/// Reading checks that again: a folder that was damaged since counts as missing.
public struct RunFolder: Sendable {
  public let path: String
  public let configuration: CellConfiguration
  public let provenance: Provenance
  public let result: RunResult
  public let epochs: [EpochRecord]

  static let configurationFile = "configuration.json", provenanceFile = "provenance.json", epochsFile = "epochs.jsonl"
  static let parametersFile = "parameters.safetensors", samplesFile = "samples.json", resultFile = "result.json"
  static func predictionsFile(_ split: Split) -> String { "predictions-\(split.rawValue).csv" }

  /// What is found at a run's place.
  public enum State: Sendable {
    case done(RunFolder)
    /// It ended with an error.
    case failed(RunResult)
    case missing
    /// Something is there that is not a whole run, and what is wrong with it.
    case damaged(String)
  }

  /// Looks at the place of a planned cell.
  /// - Parameter verifying: whether to read every file again and compare digests.
  public static func state(of cell: Plan.Cell, in experiment: String, verifying: Bool = true) -> State {
    let path = "\(experiment)/\(cell.folder)"
    guard FileManager.default.fileExists(atPath: path) else { return .missing }
    do {
      let result: RunResult = try read(RunFolder.resultFile, in: path)
      try require(result.cell == cell.id, "\(resultFile): is of the cell \(result.cell); expected \(cell.id)")
      if result.status == .failed { return .failed(result) }
      return .done(try RunFolder(path, result, verifying: verifying, configuration: cell.configuration))
    } catch {
      return .damaged("\(path): \(error)")
    }
  }

  /// Opens a finished run wherever it lies.
  /// - Throws: `SetupError` naming the file that is missing or damaged, or saying why the run failed.
  public init(_ path: String) throws {
    do {
      let result: RunResult = try RunFolder.read(RunFolder.resultFile, in: path)
      try require(result.status == .done, "the run failed: \(result.error ?? "no reason was written")")
      try self.init(path, result, verifying: true)
    } catch { throw SetupError("\(path): \(error)") }
  }

  /// - Parameter known: of the run's cell, which then is not read: its id was made from it, and the file's digest is
  ///   compared.
  private init(
    _ path: String, _ result: RunResult, verifying: Bool, configuration known: CellConfiguration? = nil
  ) throws {
    (self.path, self.result) = (path, result)
    configuration = try known ?? RunFolder.read(RunFolder.configurationFile, in: path)
    provenance = try RunFolder.read(RunFolder.provenanceFile, in: path)
    let lines = try RunFolder.bytes(RunFolder.epochsFile, in: path).split(separator: UInt8(ascii: "\n"))
    epochs = try lines.enumerated().map { index, line in
      do { return try JSONFile.decoder().decode(EpochRecord.self, from: Data(line)) } catch {
        throw SetupError("\(RunFolder.epochsFile):\(index + 1): is not an epoch's record")
      }
    }
    try require(
      epochs.count == result.epochs,
      "\(RunFolder.epochsFile): \(epochs.count) epochs; expected \(result.epochs.map(String.init) ?? "none")")
    let predictions = (configuration.splits ?? [.test]).map(RunFolder.predictionsFile)
    let expected = [RunFolder.configurationFile, RunFolder.parametersFile] + predictions
    for name in expected where result.files[name] == nil {
      throw SetupError("\(RunFolder.resultFile): has no digest of \(name)")
    }
    guard verifying else {
      for name in result.files.keys.sorted() {
        try require(FileManager.default.fileExists(atPath: "\(path)/\(name)"), "\(name): missing")
      }
      return
    }
    for (name, digest) in result.files.sorted(by: { $0.key < $1.key }) {
      try require(SHA256.hex(try RunFolder.bytes(name, in: path)) == digest, "\(name): is not what the run wrote")
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
    guard result.files[RunFolder.samplesFile] != nil else { return [] }
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
    let data = try bytes(name, in: folder)
    do { return try JSONFile.decoder().decode(Value.self, from: data) } catch {
      throw SetupError("\(name): is cut short or not what a run writes")
    }
  }
}
