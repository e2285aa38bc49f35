import BraidCore
import Foundation

extension ContentStore {
  /// 20 GB.
  public static let standardLimit = 20_000_000_000

  /// The store the environment names: the folder `$BRAID_CACHE` (`off`: none), by default `braid/content` in
  /// `$XDG_CACHE_HOME` or `~/.cache`; at most `$BRAID_CACHE_LIMIT` gigabytes, by default 20.
  /// - Throws: `SetupError` for a limit that is no number.
  public static func standard(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> ContentStore? {
    func named(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    var limit = standardLimit
    if let text = named("BRAID_CACHE_LIMIT") {
      guard let gigabytes = Double(text), gigabytes >= 0, gigabytes <= 1e9 else {
        throw SetupError("BRAID_CACHE_LIMIT: found \"\(text)\"; expected a number of gigabytes, such as 20.")
      }
      limit = Int(gigabytes * 1e9)
    }
    let folder = named("BRAID_CACHE")
    if folder == "off" { return nil }
    let caches = named("XDG_CACHE_HOME") ?? "\(named("HOME") ?? NSHomeDirectory())/.cache"
    return ContentStore(folder ?? "\(caches)/braid/content", limit: limit)
  }

  /// One kept content.
  public struct Entry: Sendable {
    /// What it is; `damaged` when the file does not say.
    public let kind: String
    /// Size on disk.
    public let bytes: Int
    /// Seconds since 1970.
    public let lastUsed: Double
  }

  /// Everything that is kept, those used longest ago first.
  public func entries() -> [Entry] {
    files().filter { $0.role == .content }.map {
      Entry(kind: ContentEntry.kind("\(folder)/\($0.name)") ?? "damaged", bytes: $0.bytes, lastUsed: $0.changed)
    }.sorted { $0.lastUsed < $1.lastUsed }
  }

  /// Removes every content and what killed processes left; files that are not the store's stay. Contents that are being
  /// made at this moment are kept when they are done.
  public func clear() {
    for file in files() { remove(file) }
    rmdir(folder)  // if nothing else is in it
  }

  /// Removes contents, those used longest ago first, until the limit is kept to; and what killed processes left.
  /// - Parameter kept: the content this process has just put in place, holding its lock.
  func shrink(keeping kept: String) {
    let files = self.files()
    let now = Date().timeIntervalSince1970
    for file in files where file.role != .content {
      // a file is written in one go: one that has not changed for an hour has nobody writing it
      let isOfKept = file.role == .partial && "\(folder)/\(file.name)".hasPrefix("\(kept).")
      if isOfKept || now - file.changed > 3600 { remove(file) }
    }
    var total = files.filter { $0.role == .content }.map(\.bytes).reduce(0, +)
    for file in files.filter({ $0.role == .content }).sorted(by: { $0.changed < $1.changed }) where total > limit {
      guard "\(folder)/\(file.name)" != kept else { continue }
      remove(file)
      total -= file.bytes
    }
  }

  private struct File {
    enum Role { case content, lock, partial }
    let name: String
    let role: Role
    let bytes: Int
    let changed: Double
  }

  private func remove(_ file: File) {
    let path = "\(folder)/\(file.name)"
    switch file.role {
    case .content, .partial: unlink(path)
    case .lock: ContentLock(String(path.dropLast(".lock".count)), isPatient: false)?.release()  // not while it is held
    }
  }

  /// The store's own files: those it could have named.
  private func files() -> [File] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap { name in
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts[0].count == 64, parts[0].allSatisfy({ $0.isHexDigit }) else { return nil }
      let role: File.Role
      switch (parts.count, parts.last) {
      case (1, _): role = .content
      case (2, "lock"): role = .lock
      case (3, "partial"): role = .partial
      default: return nil
      }
      var status = stat()
      guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      #if canImport(Darwin)
        let changed = status.st_mtimespec
      #else
        let changed = status.st_mtim
      #endif
      return File(
        name: name, role: role, bytes: Int(status.st_size),
        changed: Double(changed.tv_sec) + Double(changed.tv_nsec) * 1e-9)
    }
  }
}
