import BraidCore
import Foundation

/// The folder of an experiment: `plan.json`, `samples.json`, `cells/`. One runner at a time holds it.
public struct ExperimentFolder: Sendable {
  public let path: String
  public init(_ path: String) { self.path = path }

  private var planPath: String { "\(path)/plan.json" }

  /// The frozen plan. Throws `SetupError` when there is none or it is damaged.
  public func plan() throws -> Plan {
    guard let data = FileManager.default.contents(atPath: planPath) else {
      throw SetupError("\(path): no experiment has been run here: it has no plan.json.")
    }
    do { return try JSONFile.decoder().decode(Plan.self, from: data) } catch {
      throw SetupError("\(planPath): is cut short or not a plan of this Braid. Run the experiment in another folder.")
    }
  }

  /// The samples reports show.
  public func samples() -> [SampleView] {
    FileManager.default.contents(atPath: "\(path)/samples.json").flatMap {
      try? JSONFile.decoder().decode([SampleView].self, from: $0)
    } ?? []
  }

  /// Writes the plan before the first run; a later call must bring the same one.
  /// - Throws: `SetupError` naming the difference when another plan made this folder; nothing is changed then.
  public func freeze(_ plan: Plan) throws {
    if FileManager.default.fileExists(atPath: planPath) {
      let old = try self.plan()
      if old.identity != plan.identity {
        throw SetupError(
          "\(path): was made by another plan: \(plan.difference(from: old)). "
            + "Choose another folder (--folder), or remove this one."
        )
      }
    }
    try filing(path) {
      try FileManager.default.createDirectory(atPath: "\(path)/cells", withIntermediateDirectories: true)
    }
    try replace("samples.json", JSONFile.encoder(pretty: true).encode(plan.views))
    try replace("plan.json", JSONFile.encoder(pretty: true).encode(plan))
  }

  /// Writes beside and renames.
  private func replace(_ name: String, _ data: Data) throws {
    let target = "\(path)/\(name)"
    try filing(target) { try data.write(to: URL(fileURLWithPath: target), options: .atomic) }
  }

  /// Keeps other runners out until the lock is let go of, or the process ends however it ends.
  public func lock() throws -> FolderLock {
    try filing(path) { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    return try FolderLock("\(path)/.lock", folder: path)
  }
}

/// An advisory lock on a file. The system releases it with the process, so a killed runner leaves no stale lock.
public final class FolderLock {
  private let descriptor: Int32

  fileprivate init(_ file: String, folder: String) throws {
    descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SetupError("\(file): cannot be opened (\(String(cString: strerror(errno)))).") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
      close(descriptor)
      throw SetupError(
        "\(folder): another braid is running this experiment\(holder.isEmpty ? "" : " (\(holder))"). Wait, or stop it.")
    }
    let holder = "process \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)"
    ftruncate(descriptor, 0)
    _ = holder.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit { close(descriptor) }
}

extension Plan {
  /// The first thing in which this plan is not the other one, in words.
  func difference(from old: Plan) -> String {
    if data.digest != old.data.digest, data.name == old.data.name,
      cells.first?.configuration.data == old.cells.first?.configuration.data
    {
      return "the data are not the same (digest \(old.data.digest.prefix(12)) there, \(data.digest.prefix(12)) here)"
    }
    if seeds != old.seeds { return "its seeds are \(old.seeds); here they are \(seeds)" }
    let (names, oldNames) = (rows.map(\.name), old.rows.map(\.name))
    if names != oldNames {
      return "its rows are \(oldNames.joined(separator: ", ")); here they are \(names.joined(separator: ", "))"
    }
    for (cell, before) in zip(cells, old.cells) where cell.id != before.id {
      let new = (try? flattened(cell.configuration.settings())) ?? [:]
      let there = (try? flattened(before.configuration.settings())) ?? [:]
      for path in Set(new.keys).union(there.keys).sorted() where new[path] != there[path] {
        func shown(_ value: Setting?) -> String { value.map { "\($0)" } ?? "absent" }
        return "\(path) of \"\(cell.row)\" is \(shown(there[path])) there and \(shown(new[path])) here"
      }
    }
    return "its cells are not these"
  }
}

/// Every value of a tree that is not a map (or is an empty one) by its key path.
func flattened(_ value: Setting, at path: String = "") -> [String: Setting] {
  guard case .map(let map) = value, !map.isEmpty else { return [path: value] }
  return map.reduce(into: [:]) { result, item in
    result.merge(flattened(item.value, at: path.isEmpty ? item.key : "\(path).\(item.key)")) { $1 }
  }
}
