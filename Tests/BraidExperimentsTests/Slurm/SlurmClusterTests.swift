#if os(Linux)
  import BraidCore
  import BraidTensor
  import BraidTesting
  import Foundation
  import Testing

  @testable import BraidExperiments

  @Suite(
    "On a Slurm cluster", .serialized,
    .enabled(
      if: try needed(
        SlurmCluster.obstacle == nil, "no Slurm cluster can be started here: \(SlurmCluster.obstacle ?? "")"),
      "no Slurm cluster can be started here; the notice says why"),
    .timeLimit(.minutes(5)))
  struct SlurmClusterTests {
    let cluster: SlurmCluster
    let scratch: Scratch
    let logs: Scratch
    init() throws { (cluster, scratch, logs) = (try SlurmCluster(), try Scratch(), try Scratch()) }

    /// Six cells of some seconds, so that something can happen to them.
    static func slow() throws -> Plan { try Toy.plan([RunnerEntry.slow]) }

    func run(
      _ plan: Plan, _ options: SlurmOptions, _ command: WorkerCommand = WorkerEntry.command
    ) throws -> (summary: Runner.Summary, log: String) {
      let log = RunnerTests.Log()
      let summary = try Runner(
        plan, in: scratch.path, launcher: .slurm(options), command: command, output: log.output
      ).run()
      return (summary, log.text)
    }
    /// What its runs are where nothing happens to them: those of this machine.
    static let expected = Result {
      let (plan, local) = (try slow(), try Scratch())
      _ = try Runner(plan, in: local.path, workers: 2, command: WorkerEntry.command, output: .silent).run()
      return try RunnerTests.essence(plan, local.path)
    }
    func expectRunsOfThisMachine(_ plan: Plan) throws {
      #expect(try RunnerTests.essence(plan, scratch.path) == Self.expected.get())
    }
    /// The jobs that were submitted for the folder.
    var jobs: Int {
      ((try? FileManager.default.contentsOfDirectory(atPath: Submission.folder(in: scratch.path))) ?? []).count
    }
    /// What lies in `cells/` under a name that starts with a dot.
    var unfinished: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/cells")) ?? []).filter {
        $0.hasPrefix(".")
      }
    }
    func states() throws -> [String] {
      try cluster.say("squeue", "--noheader", "--array", "--states=all", "--format=%T").split(separator: "\n").map(
        String.init)
    }

    /// A runner in a process of its own.
    func start() throws -> Process {
      try RunnerEntry.start(in: scratch.path, log: "\(logs.path)/log", slurm: cluster.commands)
    }
    func log() -> String { (try? String(contentsOfFile: "\(logs.path)/log", encoding: .utf8)) ?? "" }

    @Test func `a sweep's runs are those of this machine, to the bit`() throws {
      let plan = try Self.slow()
      let (summary, log) = try run(plan, cluster.options { $0.cellsPerTask = 2 })
      #expect(summary.now == 6 && summary.exitStatus == 0, "\(log)")
      #expect(log.contains("submitted job 1 to Slurm: 3 tasks, 6 runs\n"))
      try expectRunsOfThisMachine(plan)
      #expect(jobs == 1 && unfinished.isEmpty)
      let hosts = try plan.cells.map { try RunFolder("\(scratch.path)/\($0.folder)").provenance.executable }
      #expect(Set(hosts) == [ExecutableFile.digest(WorkerEntry.command.executable)])
    }

    @Test func `a node that dies half way: its cells go on elsewhere from their last epoch, to the same bits`() throws {
      let plan = try Self.slow()
      // Slurm itself begins such a task again after two minutes; a test does not wait for that
      let options = cluster.options { ($0.cellsPerTask, $0.arguments) = (2, ["--no-requeue"]) }
      Thread.detachNewThread { [folder = scratch.path, commands = cluster.commands] in
        // as soon as a cell of the second node has done some epochs
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
          usleep(20_000)
          let records = Submission.open(in: folder).first.map { submission in
            submission.tasks.indices.map { submission.record(of: $0) }
          }
          let there = Set((records ?? []).filter { $0.node == "n2" }.compactMap(\.current))
          let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/cells")) ?? []
          if names.contains(where: { name in name.hasSuffix(".checkpoint") && there.contains { name.contains($0) } }) {
            break
          }
        }
        _ = try? SlurmCluster.kill(node: "n2", of: commands)
      }
      let (summary, log) = try run(plan, options)
      #expect(summary.now == 6 && summary.exitStatus == 0, "\(log)")
      #expect(log.contains(" lost its node on n2: "), "\(log)")
      #expect(jobs == 2)
      try expectRunsOfThisMachine(plan)
      #expect(unfinished.isEmpty)
    }

    @Test func `a task that Slurm begins again goes on where it was`() throws {
      let plan = try Self.slow()
      let runner = try start()
      try SlurmCluster.wait("a task runs") { try states().contains("RUNNING") && !unfinished.isEmpty }
      usleep(500_000)  // until the runner has seen it, too
      try cluster.say("scontrol", "requeue", "1_0")
      try SlurmCluster.wait("it is said") { log().contains("task 0 of job 1 was requeued by Slurm") }
      try cluster.say("scontrol", "update", "JobId=1_0", "StartTime=now")
      runner.waitUntilExit()
      #expect(runner.terminationStatus == 0, "\(log())")
      #expect(jobs == 1)
      try expectRunsOfThisMachine(plan)
    }

    @Test func `runners killed at random moments: the next ones find the job, and nothing is done twice`() throws {
      let plan = try Self.slow()
      var stream = RandomStream(seed: 5, .sampling, path: "kills")
      var kills = 0
      while true {
        let runner = try start()
        // the first ones before, while and after the job is handed in
        usleep(UInt32(kills < 6 ? 150_000 + stream.below(300_000) : 300_000 + stream.below(1_500_000)))
        if kills == 12 || !runner.isRunning {
          runner.waitUntilExit()
          break
        }
        Foundation.kill(runner.processIdentifier, SIGKILL)
        runner.waitUntilExit()
        kills += 1
      }
      #expect(kills > 5)
      try #require(run(plan, cluster.options()).summary.exitStatus == 0)
      try expectRunsOfThisMachine(plan)
      // a submission that was never handed in is closed without a job; of the others, each cell has one
      let folder = Submission.folder(in: scratch.path)
      let submissions = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
        Submission(at: "\(folder)/\($0)")
      }
      let cells = submissions.filter { $0.job != nil }.flatMap { $0.tasks.flatMap(\.cells) }
      #expect(cells.sorted() == plan.cells.map(\.id).sorted())
      #expect(submissions.allSatisfy { $0.has("closed") })
    }

    @Test func `Ctrl-C ends the following, not the job; the next runner reports what happened meanwhile`() throws {
      let plan = try Self.slow()
      let runner = try start()
      try SlurmCluster.wait("a task runs") { !unfinished.isEmpty }
      Foundation.kill(runner.processIdentifier, SIGINT)
      runner.waitUntilExit()
      #expect(runner.terminationStatus == 128 + SIGINT)
      #expect(
        log().contains(
          "of 6 runs remain, and job 1 of Slurm goes on with them. Run again to follow; braid cancel ends it."),
        "\(log())")
      try SlurmCluster.wait("the tasks end") { try states().allSatisfy { $0 == "COMPLETED" } }
      let (summary, _) = try run(plan, cluster.options())
      #expect(summary.exitStatus == 0 && jobs == 1)
      try expectRunsOfThisMachine(plan)
    }

    @Test func `cancelled, it ends with its runner; the next run goes on from the checkpoints`() throws {
      let plan = try Self.slow()
      let runner = try start()
      try SlurmCluster.wait("an epoch is done") { unfinished.contains { $0.hasSuffix(".checkpoint") } }
      #expect(try ExperimentFolder(scratch.path).cancelJobs(cluster.options()) == ["job 1"])
      runner.waitUntilExit()
      #expect(runner.terminationStatus == 2)
      #expect(
        log().contains("job 1 was cancelled\n") && log().contains("runs remain; run again to do them."), "\(log())")
      #expect(Submission.open(in: scratch.path).isEmpty)
      // without a runner
      let second = try start()
      var title: String?
      try SlurmCluster.wait("the second job") {
        title = Submission.open(in: scratch.path).first.flatMap { $0.job == nil ? nil : $0.title }
        return title != nil
      }
      Foundation.kill(second.processIdentifier, SIGKILL)
      second.waitUntilExit()
      #expect(try ExperimentFolder(scratch.path).cancelJobs(cluster.options()) == [title])
      #expect(Submission.open(in: scratch.path).isEmpty)
      #expect(try ExperimentFolder(scratch.path).cancelJobs(cluster.options()).isEmpty)
      try #require(run(plan, cluster.options()).summary.exitStatus == 0)
      #expect(jobs == 3 && unfinished.isEmpty)
      try expectRunsOfThisMachine(plan)
    }

    @Test func `a failing cell: its reason, and the others are done`() throws {
      let plan = try Toy.plan([
        (
          "compare:\n",
          "compare:\n  - {name: nan, fusion: faulty}\n  - {name: killed, fusion: {faulty: {fault: kill}}}\n"
        ),
        ("seeds: [1, 2]", "seeds: [1]"),
      ])
      let (summary, log) = try run(plan, cluster.options { $0.cellsPerTask = 5 })
      let reasons = Dictionary(uniqueKeysWithValues: summary.failures.map { ($0.row, $0.reason) })
      #expect(summary.now == 3 && summary.exitStatus == 2 && jobs == 1, "\(log)")
      #expect(reasons["nan"]?.contains("epoch 1, step 3: the loss is NaN") == true)
      #expect(
        reasons["killed"]?.hasPrefix("the worker was ended by signal 9 (killed, by someone or for lack of memory)")
          == true)
    }

    @Test func `what the cluster refuses is told in its words`() throws {
      let text = message {
        _ = try run(Toy.plan(), cluster.options { $0.partition = "nowhere" })
      }
      #expect(
        text
          == "sbatch refused the job: invalid partition specified: nowhere; Batch job submission failed: Invalid partition name specified."
      )
      #expect(Submission.open(in: scratch.path).isEmpty)
    }
  }
#endif
