import Foundation

@testable import BraidExperiments

#if os(Linux)
  /// Lets each worker hold so much memory; the system kills one that asks for more. Each is in a group of its own: in
  /// one for all of them the memory of a killed worker is not free at once, and its neighbour could be killed as well.
  final class MemoryLimit: Sendable {
    private static let root = "/sys/fs/cgroup"
    private static let isSecond = FileManager.default.fileExists(atPath: "\(root)/cgroup.controllers")
    static let canBeMade = MemoryLimit(megabytes: 64).canBeEntered
    static let why = "lack of memory is tried where the tests may limit it: as root, with cgroups"

    private let folder = isSecond ? root : "\(root)/memory"
    private let name = "braid-\(UUID().uuidString)-"  // and the worker's number
    private let megabytes: Int

    init(megabytes: Int) { self.megabytes = megabytes }

    deinit {
      let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for group in all where group.hasPrefix(name) { rmdir("\(folder)/\(group)") }
    }

    /// Shell words that put the shell into a new group.
    private var entry: String {
      let limits =
        Self.isSecond
        ? "echo \(megabytes << 20) > \"$g/memory.max\" && echo 0 > \"$g/memory.swap.max\""
        : "echo \(megabytes << 20) > \"$g/memory.limit_in_bytes\""
      return "g='\(folder)/\(name)'$$; mkdir -p \"$g\" && \(limits) && echo $$ > \"$g/cgroup.procs\""
    }

    private var canBeEntered: Bool { (try? CommandEnding(of: "/bin/sh", ["-c", entry]))?.status == 0 }

    /// The same command, each worker within a group.
    func around(_ command: WorkerCommand) -> WorkerCommand {
      WorkerCommand("/bin/sh") { [self] in  // whose end removes the groups
        ["-c", "\(entry) && exec \"$0\" \"$@\"", command.executable] + command.arguments($0, $1)
      }
    }
  }
#endif
