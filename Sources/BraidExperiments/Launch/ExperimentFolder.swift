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

  /// Writes the plan before the first run. Where there is one already, the new one takes its place: cells have their ids
  /// from what they compute, so those of both plans count for the new one, and the others stay until `braid gc`.
  public func freeze(_ plan: Plan) throws {
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

/// Every value of a tree that is not a map (or is an empty one) by its key path.
func flattened(_ value: Setting, at path: String = "") -> [String: Setting] {
  guard case .map(let map) = value, !map.isEmpty else { return [path: value] }
  return map.reduce(into: [:]) { result, item in
    result.merge(flattened(item.value, at: path.isEmpty ? item.key : "\(path).\(item.key)")) { $1 }
  }
}
