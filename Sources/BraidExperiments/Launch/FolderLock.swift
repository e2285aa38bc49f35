import BraidCore
import Foundation

/// An advisory lock on a file. The system releases it with the process, so a killed runner leaves no stale lock.
public final class FolderLock {
  private let descriptor: Int32
  /// What a person should know where the file system has no locks, as some shared ones: nothing keeps a second runner out
  /// there. Nil where the folder is locked.
  public let notice: String?

  /// - Parameter locking: the system's `flock`: 0, or `errno` says why not.
  init(_ file: String, folder: String, locking: (_ file: Int32, _ how: Int32) -> Int32 = { flock($0, $1) }) throws {
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SetupError("\(file): cannot be opened (\(String(cString: strerror(errno)))).") }
    var failure: Int32 = 0
    repeat { failure = locking(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno } while failure == EINTR
    if failure == EWOULDBLOCK {
      let holder = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
      close(descriptor)
      throw SetupError(
        "\(folder): another braid is running this experiment\(holder.isEmpty ? "" : " (\(holder))"). Wait, or stop it.")
    }
    self.descriptor = descriptor
    notice =
      failure == 0
      ? nil
      : "\(folder): the file system cannot lock it (\(String(cString: strerror(failure)))): see to it that no other braid "
        + "runs this experiment meanwhile"
    let holder = "process \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)"
    ftruncate(descriptor, 0)
    _ = holder.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit {
    // not by closing alone: a process that is being started holds a copy of the descriptor for a moment
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
