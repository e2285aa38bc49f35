import Foundation
import Testing

@testable import BraidExperiments

#if os(Linux)
  /// What a program was given as standard input, output and error is gone from this process when the program is over.
  @Suite("Pipes to other programs") struct ProcessEndTests {
    /// Lists its own files, pipes as `pipe:[number]`, and fails, so that what it said is told.
    private static let script = "ls -l /proc/$$/fd >&2; exit 1"

    /// All files of this process.
    private func open() throws -> Set<String> {
      let folder = "/proc/self/fd"
      return try Set(
        FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
          try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        })
    }

    @Test func `of a worker: none is left`() throws {
      var worker: WorkerProcess? = try WorkerProcess(
        Toy.plan().cells[0], in: "", WorkerCommand("/bin/sh") { _, _ in ["-c", Self.script] },
        environment: ["PATH": "/usr/bin:/bin"])
      while let worker, !worker.isOver { for descriptor in worker.descriptors { _ = worker.take(from: descriptor) } }
      let said = try #require(worker?.ending()).text
      let pipes = Set(said.split(whereSeparator: \.isWhitespace).map(String.init).filter { $0.hasPrefix("pipe:[") })
      #expect(pipes.count == 3, "\(said)")
      #expect(try !open().isDisjoint(with: pipes))
      worker = nil
      #expect(try open().isDisjoint(with: pipes))
    }

    @Test func `of a worker: the process is not kept either, nor its environment`() throws {
      weak var process: Process?
      do {
        let sleeping = Process()
        process = sleeping
        sleeping.executableURL = URL(fileURLWithPath: "/bin/sh")
        sleeping.arguments = ["-c", "exit 3"]
        let end = ProcessEnd(of: sleeping)
        try sleeping.run()
        end.wait()
        end.wait()
        #expect(sleeping.terminationStatus == 3 && process != nil)
      }
      // the thread of Foundation that told of the end holds the process until it has ended itself, which no call can hurry
      for _ in 0..<10_000 where process != nil { usleep(1000) }
      #expect(process == nil)
    }

    @Test func `of a command: none is left`() throws {
      let ending = try CommandEnding(of: "/bin/sh", ["-c", Self.script])
      let pipes = Set(
        ending.err.split(whereSeparator: \.isWhitespace).map(String.init).filter { $0.hasPrefix("pipe:[") })
      #expect(ending.status == 1 && pipes.count == 2, "\(ending.err)")
      #expect(try open().isDisjoint(with: pipes))
    }
  }
#endif
