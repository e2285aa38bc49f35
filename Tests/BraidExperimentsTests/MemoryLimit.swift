import Foundation

@testable import BraidExperiments

#if os(Linux)
  /// A group of processes that together may hold so much memory; the system kills the one that asks for more.
  final class MemoryLimit {
    private let path: String
    static let canBeMade = (try? MemoryLimit(megabytes: 64)) != nil
    static let why = "lack of memory is tried where the tests may limit it: as root, with cgroups"

    init(megabytes: Int) throws {
      let root = "/sys/fs/cgroup", name = "braid-\(UUID().uuidString)"
      let isSecond = FileManager.default.fileExists(atPath: "\(root)/cgroup.controllers")
      path = isSecond ? "\(root)/\(name)" : "\(root)/memory/\(name)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let files = isSecond ? ["memory.max", "memory.swap.max"] : ["memory.limit_in_bytes"]
      do {
        for (file, bytes) in zip(files, [megabytes << 20, 0]) {
          let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(file)"))
          try handle.write(contentsOf: Data("\(bytes)".utf8))
          try handle.close()
        }
      } catch {
        rmdir(path)
        throw error
      }
    }
    deinit { rmdir(path) }

    /// The same command within the group.
    func around(_ command: WorkerCommand) -> WorkerCommand {
      let path = path
      return WorkerCommand("/bin/sh") {
        ["-c", "echo $$ > '\(path)/cgroup.procs' && exec \"$0\" \"$@\"", command.executable] + command.arguments($0, $1)
      }
    }
  }
#endif
