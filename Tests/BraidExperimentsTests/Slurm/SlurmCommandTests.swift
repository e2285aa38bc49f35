#if os(Linux)
  import BraidCore
  import Foundation
  import Testing

  @testable import BraidExperiments

  /// The command itself on a cluster, as a person calls it.
  extension SlurmClusterTests {
    /// Beside the test binary; nil where it is not built.
    private static let command: String? = {
      guard let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
      let place = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("braid").path
      return FileManager.default.isExecutableFile(atPath: place) ? place : nil
    }()

    /// A search, then two rows; their runs take a second or two.
    private func write() throws -> String {
      let rows = (0..<480).map { index in
        "\(index % 2 == 0 ? 1 : -1),\(index % 7),\(index % 2 == 0 ? "x" : "y"),"
          + (index < 400 ? "train" : index < 440 ? "val" : "test")
      }
      let table = "\(scratch.path)/table.csv", file = "\(scratch.path)/tiny.yaml"
      try Data(("a,b,label,split\n" + rows.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: table))
      let text = """
        name: tiny
        question: Does it run?
        data:
          manifest:
            file: \(table)
            modalities: {one: {kind: vector, columns: [a]}, two: {kind: vector, columns: [b]}}
            split: {column: split}
        encoders: {one: {mlp: {layers: [3]}}, two: {mlp: {layers: [3]}}}
        metrics: [accuracy]
        train: {epochs: 300, batchSize: 8, monitor: accuracy}
        seeds: [1]
        compare: [concat, gated]
        launcher: {slurm: {commands: \(cluster.commands), pollSeconds: 0.2, settleSeconds: 2}}
        search:
          method: {tpe: {startup: 2, batch: 1}}
          trials: 3
          axes: {train.learningRate: {from: 1e-3, to: 1e-1, scale: log}}
        """
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      return file
    }

    private func call(_ arguments: String...) throws -> CommandEnding {
      try CommandEnding(of: "/usr/bin/env", ["BRAID_CACHE=off", try #require(Self.command)] + arguments)
    }

    /// Digests of what all runs of a search and its rows wrote, by their folders.
    private func digests(in folder: String) throws -> [String: [String: String]] {
      var result: [String: [String: String]] = [:]
      for cells in ["\(folder)/trials/cells", "\(folder)/cells"] {
        for name in try FileManager.default.contentsOfDirectory(atPath: cells) {
          result[name] = try RunFolder("\(cells)/\(name)").timelessDigests
        }
      }
      return result
    }

    @Test(.enabled(if: command != nil, "the braid executable is not built"))
    func `a search from the command line, killed, followed, cancelled and run again, is that of this machine`() throws {
      let file = try write()
      let (local, folder) = ("\(scratch.path)/local", "\(scratch.path)/slurm")
      let expected = try call("run", file, "--launcher", "local", "--folder", local)
      #expect(expected.status == 0, "\(expected)")
      let trials = SearchRunner.folder(of: folder)
      func isAtWork() -> Bool {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(trials)/cells")) ?? []).contains {
          $0.hasSuffix(".partial")
        }
      }

      // its first round is at work when the runner is killed
      let runner = Process()
      runner.executableURL = URL(fileURLWithPath: try #require(Self.command))
      runner.arguments = ["run", file, "--folder", folder]
      (runner.standardOutput, runner.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
      try runner.run()
      try SlurmCluster.wait("a trial is at work") { isAtWork() }
      Foundation.kill(runner.processIdentifier, SIGKILL)
      runner.waitUntilExit()

      // the next one follows that job, and is cancelled in its second round
      Thread.detachNewThread {
        try? SlurmCluster.wait("the second round") {
          Submission.open(in: trials).contains { $0.name.hasPrefix("tiny-search-round-2-") && $0.hasBegun }
        }
        let ending = Self.command.flatMap { try? CommandEnding(of: $0, ["cancel", file, "--folder", folder]) }
        try? Data((ending?.out ?? "").utf8).write(to: URL(fileURLWithPath: "\(folder)/cancelling.txt"))
      }
      let cancelled = try call("run", file, "--folder", folder)
      #expect(cancelled.status == 2, "\(cancelled)")
      #expect(cancelled.err.contains("following job 1 of Slurm\n"), "\(cancelled)")
      #expect(
        cancelled.err.contains("the search stopped in round 2: ")
          && cancelled.err.hasSuffix("which tells nothing of their settings (cancelled). Run again to go on.\n"),
        "\(cancelled.err)")
      try SlurmCluster.wait("it has been cancelled") {
        try FileManager.default.fileExists(atPath: "\(folder)/cancelling.txt")
          && String(contentsOfFile: "\(folder)/cancelling.txt", encoding: .utf8).hasPrefix("cancelled job ")
      }
      let check = try call("check", file, "--folder", folder)
      #expect(check.status == 0 && check.out.contains("the search is not over: 4 of at most 6 trials have finished"))

      let last = try call("run", file, "--folder", folder)
      #expect(last.status == 0, "\(last)")
      #expect(try digests(in: folder) == digests(in: local))
      #expect(try digests(in: local).count == 8)
      #expect(Submission.open(in: trials).isEmpty && Submission.open(in: folder).isEmpty)
    }
  }
#endif
