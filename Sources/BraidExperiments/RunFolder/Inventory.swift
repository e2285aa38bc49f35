import BraidCore
import Foundation

/// What lies in an experiment's folder, seen from a plan: its own runs, runs of something else, and what was left behind.
public struct Inventory: Sendable {
  /// Something the plan does not refer to.
  public struct Leftover: Sendable, Codable {
    /// What is left over.
    public enum Kind: String, Sendable, Codable, CaseIterable {
      /// A run whose configuration, parts or data are not those of any planned cell.
      case stale
      /// The folder of a run that was damaged, and is run again or has been.
      case damaged
      /// What a worker that was stopped had written.
      case partial
      /// The checkpoint of a cell that is not planned, or is done.
      case checkpoint
      /// What a Slurm job that is over was submitted with, and what its tasks said.
      case submission
      /// TensorBoard's file of a run that is not planned.
      case events
      /// The trials of a search that the experiment has no more.
      case trials
    }
    /// What is left over.
    public var kind: Kind
    /// Within the experiment's folder.
    public var path: String
    /// Size on disk.
    public var bytes: Int
    /// What makes a stale run stale: `train.epochs is 20 there and 30 here`; of a damaged one what is damaged.
    public var reason: String
    /// The row and seed of a stale run, as its plan called them.
    public var row: String?
    /// The seed of a stale run, as its plan called it.
    public var seed: UInt64?
  }

  /// The planned cells that have a finished run, a failed one, one that cannot be believed, and none.
  public private(set) var done: [Plan.Cell] = []
  /// Cells that ended with an error.
  public private(set) var failed: [Plan.Cell] = []
  /// Planned cells whose run cannot be believed.
  public private(set) var damaged: [Plan.Cell] = []
  /// Cells that have not been run.
  public private(set) var missing: [Plan.Cell] = []
  /// What no cell of the plan owns.
  public private(set) var leftovers: [Leftover] = []

  /// Looks through a folder; nothing is changed. A folder that does not exist is empty.
  public init(of experiment: String, for plan: Plan) {
    let names = Inventory.names(in: experiment)
    let planned = Dictionary(plan.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let places = Inventory.places(names, planned)
    let states = try? plan.cells.concurrentMap { cell -> RunFolder.State in
      guard let place = places[cell.id] else { return .missing }
      var found = cell
      found.folder = place
      return RunFolder.state(of: found, in: experiment)
    }
    for (cell, state) in zip(plan.cells, states ?? []) {
      switch state {
      case .done: done.append(cell)
      case .failed: failed.append(cell)
      case .missing: missing.append(cell)
      case .damaged(let why):
        damaged.append(cell)
        let path = places[cell.id] ?? cell.folder
        let reason = why.replacing("\(experiment)/\(path): ", with: "", maxReplacements: 1)
        leftovers.append(
          Leftover(
            kind: .damaged, path: path, bytes: size(of: "\(experiment)/\(path)"), reason: reason, row: cell.row,
            seed: cell.seed))
      }
    }
    let (finished, used) = (Set(done.map(\.id)), Set(places.values))
    for name in names {
      let path = "cells/\(name)"
      guard let kind = Inventory.kind(of: name, planned, finished), !used.contains(path) else { continue }
      var leftover = Leftover(kind: kind, path: path, bytes: size(of: "\(experiment)/\(path)"), reason: "")
      if kind == .stale { explain(&leftover, in: experiment, plan) }
      leftovers.append(leftover)
    }
    leftovers += Inventory.beside(experiment, plan).map { kind, path, reason in
      Leftover(kind: kind, path: path, bytes: size(of: "\(experiment)/\(path)"), reason: reason)
    }
  }

  /// What lies beside the runs and nothing refers to any more.
  private static func beside(
    _ experiment: String, _ plan: Plan
  ) -> [(kind: Leftover.Kind, path: String, reason: String)] {
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(experiment)/\(path)") }
    let runs = Set(plan.cells.map(\.folder))
    let jobs = names(in: experiment, "slurm").compactMap { name -> (Leftover.Kind, String, String)? in
      if name.hasPrefix(".") { return (.partial, "slurm/\(name)", "was never submitted") }
      return exists("slurm/\(name)/closed") ? (.submission, "slurm/\(name)", "its job is over") : nil
    }
    let events = names(in: experiment, "tensorboard").filter { !runs.contains("cells/\($0)") }.map {
      (Leftover.Kind.events, "tensorboard/\($0)", "its run is not planned")
    }
    let trials = plan.search == nil && exists("trials") ? [(Leftover.Kind.trials, "trials", "nothing is searched")] : []
    return jobs + events + trials
  }

  /// Runs of planned cells under another name, because their row was called otherwise: from and to, within the folder.
  static func renamed(in experiment: String, for plan: Plan) -> [(from: String, to: String)] {
    let planned = Dictionary(plan.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let places = places(names(in: experiment), planned)
    return plan.cells.compactMap { cell in
      places[cell.id].flatMap { $0 == cell.folder ? nil : ($0, cell.folder) }
    }
  }

  private static func names(in experiment: String, _ folder: String = "cells") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(experiment)/\(folder)")) ?? []).sorted()
  }

  /// Where the planned cells' runs lie, by id: each folder's name ends with it. A folder with the planned name counts first.
  private static func places(_ names: [String], _ planned: [String: Plan.Cell]) -> [String: String] {
    var places: [String: String] = [:]
    for name in names where !name.hasPrefix(".") && !name.hasSuffix(".damaged") {
      guard let id = name.split(separator: "-").last.map(String.init), let cell = planned[id] else { continue }
      if places[id] == nil || cell.folder == "cells/\(name)" { places[id] = "cells/\(name)" }
    }
    return places
  }

  private static func kind(of name: String, _ planned: [String: Plan.Cell], _ done: Set<String>) -> Leftover.Kind? {
    if name.hasSuffix(".damaged") { return .damaged }
    if name.hasSuffix(".partial") { return .partial }
    if name.hasSuffix(".checkpoint") {
      let id = name.dropLast(".checkpoint".count).split(separator: "-").last.map(String.init) ?? ""
      return planned[id] == nil || done.contains(id) ? .checkpoint : nil
    }
    return .stale
  }

  /// Finds the planned cell a stale run resembles most, and says in what they differ.
  private func explain(_ leftover: inout Leftover, in experiment: String, _ plan: Plan) {
    let path = "\(experiment)/\(leftover.path)"
    guard let result: RunResult = try? RunFolder.read(RunFolder.resultFile, in: path),
      let configuration: Setting = try? RunFolder.read(RunFolder.configurationFile, in: path)
    else {
      leftover.reason = "is not a whole run"
      return
    }
    (leftover.row, leftover.seed) = (result.row, result.seed)
    let there = flattened(configuration)
    let alike = plan.cells.filter { $0.row == result.row }
    guard !alike.isEmpty else {
      leftover.reason = "there is no row \"\(result.row)\" here"
      return
    }
    guard alike.contains(where: { $0.seed == result.seed }) else {
      leftover.reason = "the seed \(result.seed) is not used here"
      return
    }
    let differences = alike.filter { $0.seed == result.seed }.map { cell -> [String] in
      let here = (try? flattened(cell.configuration.settings())) ?? [:]
      return Set(here.keys).union(there.keys).sorted().filter { $0 != "versions" && here[$0] != there[$0] }.map {
        path in
        func shown(_ value: Setting?) -> String { value.map { "\($0)" } ?? "absent" }
        return path.hasPrefix("versions.")
          ? "\(path.dropFirst("versions.".count)) is of version \(shown(there[path] ?? .integer(1))) there and \(shown(here[path] ?? .integer(1))) here"
          : "\(path) is \(shown(there[path])) there and \(shown(here[path])) here"
      }
    }
    let least = differences.min { $0.count < $1.count } ?? []
    leftover.reason = least.isEmpty ? "the data have changed" : least.prefix(3).joined(separator: "; ")
    if least.count > 3 { leftover.reason += "; and \(least.count - 3) more" }
  }

  /// Bytes of a file, or of everything in a folder.
  private func size(of path: String) -> Int {
    func bytes(_ path: String) -> Int {
      ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.intValue ?? 0
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue,
      let inside = FileManager.default.subpaths(atPath: path)
    else { return bytes(path) }
    return inside.map { bytes("\(path)/\($0)") }.reduce(0, +)
  }

  /// Removes what the plan does not refer to.
  /// - Throws: `SetupError` naming what cannot be removed; what was removed before stays removed.
  public static func remove(_ leftovers: [Leftover], from experiment: String) throws {
    for leftover in leftovers {
      do { try FileManager.default.removeItem(atPath: "\(experiment)/\(leftover.path)") } catch {
        throw SetupError("\(experiment)/\(leftover.path): cannot be removed (\(error.localizedDescription)).")
      }
    }
  }
}
