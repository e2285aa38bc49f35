import BraidCore
import Foundation

/// The folder of an experiment: `plan.json`, `cells.jsonl`, `samples.json`, `cells/`. One runner at a time holds it.
///
/// The plan's cells are a file of their own, one line each, with an index beside it (`cells.index`), and what all workers need is
/// another (`worker.json`): a worker finds its cell among ten thousand without reading the others.
public struct ExperimentFolder: Sendable {
  /// Where it is.
  public let path: String
  /// The folder at a path, which need not exist yet.
  public init(_ path: String) { self.path = path }

  private static let planFile = "plan.json", cellsFile = "cells.jsonl", indexFile = "cells.index",
    sharedFile = "worker.json"

  /// What every worker needs of a plan beside its cell.
  struct Shared: Codable {
    let constantAnswer: [Double]
    let samples: [Int]
  }

  /// The frozen plan. Throws `SetupError` when there is none or it is damaged.
  public func plan() throws -> Plan {
    var plan: Plan = try read(ExperimentFolder.planFile)
    let lines = try bytes(ExperimentFolder.cellsFile)
    let cells = try lines.split(separator: UInt8(ascii: "\n")).concurrentMap { try cell(from: Data($0)) }
    plan.cells = cells
    guard cells.count == plan.count else { throw damaged(ExperimentFolder.cellsFile) }
    return plan
  }

  /// A cell of the plan, and what its worker needs of the rest.
  /// - Throws: `SetupError` when there is no plan, it is damaged, or it has no such cell.
  func assignment(_ id: String) throws -> (cell: Plan.Cell, shared: Shared) {
    let shared: Shared = try read(ExperimentFolder.sharedFile)
    if let line = indexed(id), let found = try? cell(from: line), found.id == id { return (found, shared) }
    // The index is of another plan while one takes the other's place.
    guard let line = try bytes(ExperimentFolder.cellsFile).line(containing: "\"id\":\"\(id)\"") else {
      throw SetupError("\(path): the plan has no cell \(id).")
    }
    return (try cell(from: line), shared)
  }

  /// The line of a cell, where the index says it lies.
  private func indexed(_ id: String) -> Data? {
    guard let entry = try? bytes(ExperimentFolder.indexFile).line(containing: "\(id) ") else { return nil }
    let numbers = String(decoding: entry, as: UTF8.self).split(separator: " ").compactMap { Int($0) }.suffix(2)
    guard numbers.count == 2, let offset = numbers.first, let count = numbers.last, offset >= 0, count > 0,
      let file = FileHandle(forReadingAtPath: "\(path)/\(ExperimentFolder.cellsFile)")
    else { return nil }
    defer { try? file.close() }
    guard (try? file.seek(toOffset: UInt64(offset))) != nil else { return nil }
    return try? file.read(upToCount: count)
  }

  private func read<Value: Decodable>(_ name: String) throws -> Value {
    guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else {
      throw SetupError("\(path): no experiment has been run here: it has no \(name).")
    }
    do { return try JSONFile.decoder().decode(Value.self, from: data) } catch { throw damaged(name) }
  }

  private func bytes(_ name: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else { throw damaged(name) }
    return data
  }

  private func cell(from line: Data) throws -> Plan.Cell {
    do { return try JSONFile.decoder().decode(Plan.Cell.self, from: line) } catch {
      throw damaged(ExperimentFolder.cellsFile)
    }
  }

  private func damaged(_ name: String) -> SetupError {
    SetupError("\(path)/\(name): is missing, cut short or not of a plan of this Braid. Run the experiment again.")
  }

  /// The samples reports show.
  public func samples() -> [SampleView] {
    FileManager.default.contents(atPath: "\(path)/samples.json").flatMap {
      try? JSONFile.decoder().decode([SampleView].self, from: $0)
    } ?? []
  }

  /// Writes the plan before the first run. Where there is one already, the new one takes its place: cells have their ids
  /// from what they compute, so those of both plans count for the new one, and the others stay until `braid gc`.
  public func freeze(_ plan: Plan) throws {
    try filing(path) {
      try FileManager.default.createDirectory(atPath: "\(path)/cells", withIntermediateDirectories: true)
    }
    try replace("samples.json", JSONFile.encoder(pretty: true).encode(plan.views))
    let lines = try plan.cells.concurrentMap { try JSONFile.encoder().encode($0) + Data("\n".utf8) }
    try replace(ExperimentFolder.cellsFile, Data(lines.joined()))
    var (index, offset) = ("", 0)
    for (cell, line) in zip(plan.cells, lines) {
      index += "\(cell.id) \(offset) \(line.count)\n"
      offset += line.count
    }
    try replace(ExperimentFolder.indexFile, Data(index.utf8))
    let shared = Shared(constantAnswer: plan.constantAnswer, samples: plan.samples)
    try replace(ExperimentFolder.sharedFile, JSONFile.encoder(pretty: true).encode(shared))
    var head = plan
    (head.cells, head.count) = ([], plan.cells.count)
    try replace(ExperimentFolder.planFile, JSONFile.encoder(pretty: true).encode(head))
  }

  /// Writes beside and renames.
  private func replace(_ name: String, _ data: Data) throws {
    let target = "\(path)/\(name)"
    try filing(target) { try data.write(to: URL(fileURLWithPath: target), options: .atomic) }
  }

  /// Keeps other runners out until the lock is let go of, or the process ends however it ends.
  /// - Parameter name: of the file that is locked.
  /// - Throws: `SetupError` while another process holds it, or naming a file that cannot be opened.
  public func lock(_ name: String = ".lock") throws -> FolderLock {
    try filing(path) { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    return try FolderLock("\(path)/\(name)", folder: path)
  }
}

extension Data {
  /// The first line in which a text occurs, without its end; nil where there is none.
  func line(containing text: String) -> Data? {
    guard let found = range(of: Data(text.utf8)) else { return nil }
    let end = UInt8(ascii: "\n")
    let start = self[..<found.lowerBound].lastIndex(of: end).map { $0 + 1 } ?? startIndex
    return Data(self[start..<(self[found.upperBound...].firstIndex(of: end) ?? endIndex)])
  }
}

/// Every value of a tree that is not a map (or is an empty one) by its key path.
func flattened(_ value: Setting, at path: String = "") -> [String: Setting] {
  guard case .map(let map) = value, !map.isEmpty else { return [path: value] }
  return map.reduce(into: [:]) { result, item in
    result.merge(flattened(item.value, at: path.isEmpty ? item.key : "\(path).\(item.key)")) { $1 }
  }
}
