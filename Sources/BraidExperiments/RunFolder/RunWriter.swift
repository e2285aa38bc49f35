import BraidCore
import BraidData
import BraidNN
import BraidTraining
import Foundation

/// Writes one run folder under a temporary name, and gives it its own when everything is there.
///
/// Killed at any moment it leaves a folder whose name starts with a dot, which nobody believes and the next runner
/// removes.
struct RunWriter {
  let experiment: String
  let cell: Plan.Cell
  let partial: String
  private var digests: RunDigests

  init(_ cell: Plan.Cell, in experiment: String) throws {
    (self.cell, self.experiment) = (cell, experiment)
    let name = cell.folder.split(separator: "/").last ?? ""
    // chance names a folder here; it never reaches a run
    let unique = "\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))"
    partial = "\(experiment)/cells/.\(name).\(unique).partial"
    digests = RunDigests(of: partial)
    try filing(partial) { try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true) }
  }

  /// Writes a file, and takes down its digest.
  mutating func write(_ data: Data, as name: String) throws {
    try put(data, as: name)
    digests.add(data, as: name)
  }

  private func put(_ data: Data, as name: String) throws {
    try filing("\(partial)/\(name)") { try writeWithoutWaiting(data, to: "\(partial)/\(name)") }
  }

  /// Adds a line to a file.
  func append(_ line: Data, to name: String) throws {
    let path = "\(partial)/\(name)"
    try filing(path) {
      if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: line + Data("\n".utf8))
      try handle.close()
    }
  }

  /// Writes `result.json` and all files' digests, and puts the folder in its place. A finished run that got there first
  /// stays; anything else gives way.
  mutating func publish(_ result: RunResult) throws {
    try write(JSONFile.encoder(pretty: true).encode(result), as: RunFolder.resultFile)
    try digests.addOthers()
    try put(Data(digests.text.utf8), as: RunDigests.file)
    let target = "\(experiment)/\(cell.folder)"
    if case .done = RunFolder.state(of: cell, in: experiment) { return abandon() }
    let old = "\(partial).old.partial"
    if rename(target, old) != 0, errno != ENOENT {
      throw SetupError("\(target): cannot be replaced (\(String(cString: strerror(errno)))).")
    }
    guard rename(partial, target) == 0 else {
      throw SetupError("\(target): cannot be put in place (\(String(cString: strerror(errno)))).")
    }
    try? FileManager.default.removeItem(atPath: old)
  }

  /// Removes what has been written.
  func abandon() { try? FileManager.default.removeItem(atPath: partial) }

  /// Removes what killed workers left.
  static func removePartials(in experiment: String) {
    let cells = "\(experiment)/cells"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: cells)) ?? [] where name.hasSuffix(".partial") {
      try? FileManager.default.removeItem(atPath: "\(cells)/\(name)")
    }
  }
}

/// A file operation whose error says which file and why, in one line.
func filing<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
  do { return try body() } catch let error as SetupError { throw error } catch {
    throw SetupError("\(path): cannot be written (\(fileReason(error))).")
  }
}
