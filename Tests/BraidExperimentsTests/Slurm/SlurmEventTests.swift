#if os(Linux)
  import BraidCore
  import Foundation
  import Testing

  @testable import BraidExperiments

  /// What Slurm does to tasks by itself, done by a real one.
  extension SlurmClusterTests {
    /// Whether a cell has a checkpoint: something is lost if its work is.
    private var isUnderWay: Bool { unfinished.contains { $0.hasSuffix(".checkpoint") } }

    /// Slurm looks for tasks that are out of time twice a minute.
    @Test func `a task that runs out of time goes on where it was, to the same bits`() throws {
      let plan = try Self.slow()
      let (own, mark) = (WorkerEntry.command, "\(logs.path)/hung")
      // the first worker hangs when it has done some epochs, as on a file system that does not answer
      let hanging = WorkerCommand("/bin/bash") { folder, cell in
        [
          "-c",
          """
          if mkdir \(mark) 2>/dev/null; then
            "$0" "$@" & worker=$!
            until ls \(folder)/cells/.*-\(cell).checkpoint; do sleep 0.05; done >/dev/null 2>&1
            kill -STOP $worker
            wait
          fi
          exec "$0" "$@"
          """, own.executable,
        ] + own.arguments(folder, cell)
      }
      Thread.detachNewThread { [commands = cluster.commands] in
        // its time is over when it is the last
        try? SlurmCluster.wait("one task is left") {
          let running = try CommandEnding(of: "\(commands)/squeue", ["--noheader", "--array", "--format=%F_%K"]).out
          let tasks = running.split(separator: "\n")
          guard tasks.count == 1, FileManager.default.fileExists(atPath: mark) else { return false }
          let update = ["update", "JobId=\(tasks[0])", "EndTime=now+1"]
          return try CommandEnding(of: "\(commands)/scontrol", update).status == 0
        }
      }
      let (summary, log) = try run(plan, cluster.options { $0.time = "1" }, hanging)
      #expect(summary.now == 6 && summary.exitStatus == 0, "\(log)")
      #expect(log.contains(" ran out of time on n") && log.contains(": 1 run submitted again\n"), "\(log)")
      #expect(jobs == 2)
      try expectRunsOfThisMachine(plan)
      #expect(unfinished.isEmpty)
    }

    /// As a cluster is set up: it begins what it pre-empted again by itself, or leaves that to whoever submitted it.
    @Test(arguments: [("--requeue", "was requeued by Slurm", 1), ("--no-requeue", " was pre-empted on n", 2)])
    func `what is pre-empted goes on where it was, to the same bits`(_ argument: String, _ says: String, _ count: Int)
      throws
    {
      let plan = try Self.slow()
      Thread.detachNewThread { [commands = cluster.commands, cells = "\(scratch.path)/cells"] in
        try? SlurmCluster.wait("an epoch is done") {
          ((try? FileManager.default.contentsOfDirectory(atPath: cells)) ?? []).contains { $0.hasSuffix(".checkpoint") }
        }
        usleep(500_000)  // until the runner has seen it, too
        _ = try? CommandEnding(
          of: "\(commands)/sbatch",
          [
            "--partition=urgent", "--job-name=urgent", "--nodes=2", "--exclusive", "--output=/dev/null",
            "--wrap=sleep 1",
          ])
        // Slurm waits before it begins again what it ended; a test does not. It ends one after another.
        var back: Set<String> = []
        try? SlurmCluster.wait("the others are back") {
          let waiting = try CommandEnding(
            of: "\(commands)/squeue", ["--noheader", "--array", "--states=PENDING", "--format=%F_%K %r"]
          ).out.split(separator: "\n").filter { $0.hasSuffix(" BeginTime") }
          for task in waiting.compactMap({ $0.split(separator: " ").first.map(String.init) }) {
            _ = try CommandEnding(of: "\(commands)/scontrol", ["update", "JobId=\(task)", "StartTime=now"])
            back.insert(task)
          }
          return back.count == 3  // its tasks
        }
      }
      let (summary, log) = try run(plan, cluster.options { ($0.cellsPerTask, $0.arguments) = (2, [argument]) })
      #expect(summary.now == 6 && summary.exitStatus == 0, "\(log)")
      #expect(log.contains(says), "\(log)")
      #expect(count == 1 ? jobs == 1 : jobs > 1)
      try expectRunsOfThisMachine(plan)
      #expect(unfinished.isEmpty)
    }

    @Test func `a controller that goes away and comes back: nothing is lost meanwhile`() throws {
      let plan = try Self.slow()
      let runner = try start()
      try SlurmCluster.wait("an epoch is done") { isUnderWay }
      try SlurmCluster.controller("stop", of: cluster.commands)
      try SlurmCluster.wait("it is said") { log().contains("squeue does not answer: ") }
      try SlurmCluster.controller("start", of: cluster.commands)
      defer { if runner.isRunning { kill(runner.processIdentifier, SIGKILL) } }
      try SlurmCluster.wait("the runner ends") { !runner.isRunning }
      #expect(runner.terminationStatus == 0, "\(log())")
      try expectRunsOfThisMachine(plan)
      #expect(unfinished.isEmpty && Submission.open(in: scratch.path).isEmpty)
    }
  }
#endif
