import BraidCore
import BraidTensor
import Foundation

/// A folder of work that need not be done twice: decoded pictures, words as numbers, what frozen encoders give.
///
/// Each content is kept under the digest of everything it depends on, so it is never out of date: whatever changes, changes
/// the name. Processes share it without knowing of one another:
///
/// - **One maker.** While a process makes a content, others that want it wait and read it then. The lock is the system's: it
///   ends with the process that holds it, however that ends.
/// - **Whole or not there.** A content is written under another name and renamed; on reading, length and digest are checked.
///   What is damaged is named, removed and made again.
/// - **Never in the way.** On a full disk, in a folder that may not be written, without locks: contents are made as if there
///   were no store, and it is said once.
/// - **Bounded.** Beyond `limit` bytes those used longest ago go first. Whoever is reading one goes on reading it.
///
/// ```swift
/// let pixels = try ContentStore.once(ContentKey("pictures", ["1", settings, digestOfTheFiles])) { try decode() }
/// ```
public struct ContentStore: Sendable {
  /// The store of whatever runs inside `ContentStore.$current.withValue(store) { … }`; nil: everything is made where it is
  /// needed. The `braid` command sets it to `standard`; a program of one's own decides for itself.
  @TaskLocal public static var current: ContentStore?

  /// Where the contents lie.
  public let folder: String
  /// Bytes of all contents together.
  public let limit: Int
  private let notices: Notices

  /// - Parameters:
  ///   - folder: made when the first content is kept.
  ///   - limit: bytes; 20 GB by default.
  ///   - notify: told what a person should know, each thing once. By default a line on standard error.
  public init(
    _ folder: String, limit: Int = ContentStore.standardLimit, notify: (@Sendable (String) -> Void)? = nil
  ) {
    (self.folder, self.limit) = (folder, limit)
    notices = Notices(notify ?? { FileHandle.standardError.write(Data("\(ContentStore.noticeMark)\($0)\n".utf8)) })
  }

  /// What a notice on standard error begins with, so that whoever started the process can pass it on.
  public static let noticeMark = "note: "

  /// The content of a key from the current store; made where it is when there is none.
  public static func once(_ key: ContentKey, make: () throws -> Data) rethrows -> Data {
    guard let store = current else { return try make() }
    return try store.content(key, make: make)
  }

  /// The content of a key: read if it is there, else made and kept.
  ///
  /// - Parameter make: must give the same bytes for the same key, in every process.
  /// - Throws: what `make` throws; never because of the store.
  public func content(_ key: ContentKey, make: () throws -> Data) rethrows -> Data {
    let path = "\(folder)/\(key.address)"
    if let found = read(path, key) { return found }
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let lock = ContentLock(path)
    defer { lock?.release() }
    if lock != nil, let found = read(path, key) { return found }  // made while this process waited
    let content = try make()
    keep(content, key, at: path)
    return content
  }

  private func read(_ path: String, _ key: ContentKey) -> Data? {
    switch ContentEntry.read(path, key: key) {
    case .content(let content): return content
    case .missing: return nil
    case .damaged(let why):
      var status = stat()
      // where the folder itself cannot be, there is nothing to mend
      guard lstat(path, &status) == 0 else { return nil }
      notices.add("\(path): the kept \(key.kind) cannot be believed (\(why)); removed and made again")
      unlink(path)
      return nil
    }
  }

  private func keep(_ content: Data, _ key: ContentKey, at path: String) {
    let text = Array(key.text.utf8)
    let size = ContentEntry.headLength + text.count + content.count
    guard size <= limit else {
      return notices.add(
        "\(folder): the \(key.kind) of \(size) bytes are not kept: the limit is \(limit) (BRAID_CACHE_LIMIT)")
    }
    // chance names a file here; it never reaches a result
    let partial = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
    var failure = ContentEntry.write(
      [Data(ContentEntry.head(key: text, content: content)), Data(text), content], to: partial)
    if failure == nil, rename(partial, path) != 0 {
      failure = String(cString: strerror(errno))
      unlink(partial)
    }
    if let failure { return notices.add("\(folder): nothing can be kept here (\(failure)); going on without it") }
    shrink(keeping: path)
  }

  /// Tells each thing once.
  private final class Notices: Sendable {
    private let said = Locked<Set<String>>([])
    private let notify: @Sendable (String) -> Void
    init(_ notify: @escaping @Sendable (String) -> Void) { self.notify = notify }
    func add(_ text: String) { if said.withLock({ $0.insert(text).inserted }) { notify(text) } }
  }
}

/// Held by the process that makes a content, so that others wait for it.
struct ContentLock {
  private let file: Int32
  private let path: String

  /// Waits until nobody else holds it, or with `isPatient` false gives up at once. Nil also where files cannot be locked.
  init?(_ content: String, isPatient: Bool = true) {
    path = "\(content).lock"
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard file >= 0 else { return nil }
      while flock(file, isPatient ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
        guard errno == EINTR else {
          close(file)
          return nil
        }
      }
      // whoever held it before removed the file: a lock on a file without a name keeps nobody out
      var (own, named) = (stat(), stat())
      if fstat(file, &own) == 0, stat(path, &named) == 0, own.st_ino == named.st_ino, own.st_dev == named.st_dev {
        self.file = file
        return
      }
      close(file)
    }
  }

  func release() {
    unlink(path)
    flock(file, LOCK_UN)  // not by closing alone: a process that is being started holds a copy for a moment
    close(file)
  }
}
