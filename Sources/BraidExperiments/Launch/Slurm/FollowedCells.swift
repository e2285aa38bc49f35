import BraidTraining
import Foundation

/// A cell that a task of a cluster trains, as this machine sees it: the lines of its unfinished run folder.
final class FollowedCell: RunningCell {
  let cell: Plan.Cell
  private(set) var started = ContinuousClock.now
  private(set) var latest: EpochRecord?
  /// The folder it is written in, and how many of its bytes have been read.
  private var partial = "", offset = 0
  /// Whether an attempt has begun of which no epoch is known yet.
  private var isNew = true

  init(_ cell: Plan.Cell) { self.cell = cell }

  /// Reads what is new. Returns epochs that were not known: a cell that goes on from a checkpoint writes all of them again.
  func read(_ path: String) -> [EpochRecord] {
    if path != partial { (partial, offset, isNew) = (path, 0, true) }
    guard let handle = FileHandle(forReadingAtPath: "\(path)/\(RunFolder.epochsFile)") else { return [] }
    defer { try? handle.close() }
    guard (try? handle.seek(toOffset: UInt64(offset))) != nil, let data = try? handle.readToEnd(),
      let end = data.lastIndex(of: UInt8(ascii: "\n"))
    else { return [] }
    offset += end + 1
    let lines = data[..<end].split(separator: UInt8(ascii: "\n"))
    return take(lines.compactMap { try? JSONFile.decoder().decode(EpochRecord.self, from: Data($0)) })
  }

  /// Notes epochs, and returns those that were not known.
  func take(_ records: [EpochRecord]) -> [EpochRecord] {
    // what had been trained before anyone looked took time, too; what passed between two attempts did not
    if isNew, !records.isEmpty {
      started = .now - .seconds(records.reduce(0) { $0 + $1.seconds })
      isNew = false
    }
    let known = latest?.epoch ?? 0
    let news = records.filter { $0.epoch > known }
    guard let last = news.last else { return [] }
    latest = last
    return news
  }
}

/// The cells a runner waits for, as they stand in the experiment's folder: one listing tells of all of them.
struct FollowedCells {
  private let experiment: String
  /// By the names of their folders within `cells/`.
  private let names: [String: Plan.Cell]
  /// By id.
  private var followed: [String: FollowedCell] = [:]

  /// What a look at the folder found.
  struct Standing {
    /// Cells whose folder is there under its own name.
    var ended: [Plan.Cell] = []
    /// Unfinished folders by cell; several where attempts died.
    var partials: [String: [String]] = [:]
  }

  init(_ cells: [Plan.Cell], in experiment: String) {
    self.experiment = experiment
    names = Dictionary(cells.map { (FollowedCells.name(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func name(of cell: Plan.Cell) -> String { String(cell.folder.split(separator: "/").last ?? "") }

  subscript(cell: Plan.Cell) -> FollowedCell {
    mutating get {
      if let known = followed[cell.id] { return known }
      let new = FollowedCell(cell)
      followed[cell.id] = new
      return new
    }
  }

  /// Epochs a cell has done, as far as is known.
  func epochs(of id: String) -> Int { followed[id]?.latest?.epoch ?? 0 }

  /// Looks at the folder.
  func look() -> Standing {
    var standing = Standing()
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(experiment)/cells")) ?? [] {
      if let cell = names[name] {
        standing.ended.append(cell)
      } else if let cell = cell(ofPartial: name) {
        standing.partials[cell.id, default: []].append("\(experiment)/cells/\(name)")
      }
    }
    return standing
  }

  /// `.gated-s1-3f9a2c1be07d.4711-123.partial`
  private func cell(ofPartial name: String) -> Plan.Cell? {
    guard name.hasPrefix("."), name.hasSuffix(".partial") else { return nil }
    let whole = name.dropFirst().dropLast(".partial".count)
    return whole.lastIndex(of: ".").flatMap { names[String(whole[..<$0])] }
  }

  /// The unfinished folder that is being written: the one made last.
  static func newest(_ partials: [String]) -> String? {
    guard partials.count > 1 else { return partials.first }
    func made(_ path: String) -> Date {
      (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date ?? .distantPast
    }
    return partials.max { made($0) < made($1) }
  }
}
