import BraidCore
import Foundation
import Synchronization
import Testing

@testable import BraidExperiments

/// What the runner makes of what Slurm says, with commands that only pretend: no cluster is needed.
@Suite("Running a plan with Slurm", .serialized) struct SlurmLauncherTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func run(
    _ plan: Plan, _ slurm: PretendedSlurm, _ options: SlurmOptions? = nil, command: WorkerCommand = WorkerEntry.command,
    form: ProgressOutput.Form = .lines
  ) throws -> (summary: Runner.Summary, log: String) {
    let log = RunnerTests.Log()
    let summary = try listeningToSignals {
      try Runner(
        plan, in: scratch.path, launcher: .slurm(options ?? slurm.options), command: command,
        output: ProgressOutput(form) { log.add($0) }
      ).run()
    }
    return (summary, log.text)
  }

  private func essence(of plan: Plan) throws -> [String: String] {
    let local = try Scratch()
    _ = try Runner(plan, in: local.path, workers: 2, command: WorkerEntry.command, output: .silent).run()
    return try RunnerTests.essence(plan, local.path)
  }

  @Test func `The runs are those of this machine, to the bit, and every epoch is told once`() throws {
    let slurm = try PretendedSlurm(state: "COMPLETED")
    try slurm.command("sbatch", PretendedSlurm.noting + "\n" + PretendedSlurm.doing)
    let plan = try Toy.plan()
    var options = slurm.options
    options.cellsPerTask = 4
    let (summary, log) = try run(plan, slurm, options, form: .json)
    #expect(summary.now == 6 && summary.exitStatus == 0)
    #expect(try RunnerTests.essence(plan, scratch.path) == essence(of: plan))
    let events = try log.split(separator: "\n").map {
      try JSONFile.decoder().decode(RunEvent.self, from: Data($0.utf8))
    }
    #expect(events.first?.event == .begin && events.first?.waiting == 6 && events.first?.workers == nil)
    #expect(events.last?.event == .end && events.last?.finished == 6)
    for cell in plan.cells {
      #expect(events.filter { $0.cell == cell.id && $0.event == .epoch }.map(\.epoch) == [1, 2, 3])
    }
    #expect(slurm.lines("jobs").map { $0.split(separator: " ").last } == ["1"], "two tasks, of 4 and 2 cells")
    #expect(Submission.open(in: scratch.path).isEmpty)
    let again = try run(plan, slurm)
    #expect(again.summary.before == 6 && slurm.lines("jobs").count == 1)
    #expect(again.log == "toy: 6 runs, 6 done before, nothing to do, in \(scratch.path)\n")
  }

  @Test func `Failing cells: the reasons a local runner gives, and they are not submitted again`() throws {
    let slurm = try PretendedSlurm(state: "FAILED")
    try slurm.command("sbatch", PretendedSlurm.noting + "\n" + PretendedSlurm.doing)
    let plan = try Toy.plan([
      (
        "compare:\n",
        "compare:\n  - {name: nan, fusion: faulty}\n  - {name: trap, fusion: {faulty: {fault: trap}}}\n  - {name: killed, fusion: {faulty: {fault: kill}}}\n"
      ),
      ("seeds: [1, 2]", "seeds: [1]"),
    ])
    var options = slurm.options
    options.cellsPerTask = 6
    let (summary, log) = try run(plan, slurm, options)
    #expect(summary.now == 3 && summary.exitStatus == 2 && slurm.lines("jobs").count == 1)
    let local = try Scratch()
    let expected = try Runner(plan, in: local.path, command: WorkerEntry.command, output: .silent).run()
    let reasons = Dictionary(uniqueKeysWithValues: summary.failures.map { ($0.row, $0.reason) })
    #expect(Set(reasons.keys) == ["nan", "trap", "killed"])
    for failure in expected.failures { #expect(reasons[failure.row] == failure.reason) }
    for row in ["nan", "trap", "killed"] { #expect(log.contains("\(row), seed 1 FAILED: ")) }
    #expect(try Comparison(reading: scratch.path).failures.count == 3)
  }

  @Test(arguments: [
    ("TIMEOUT", "ran out of time"), ("NODE_FAIL", "lost its node"), ("PREEMPTED", "was pre-empted"),
    ("COMPLETED", "never began"),
  ])
  func `What Slurm ended is submitted again, said each time, until it is given up`(_ state: String, _ how: String)
    throws
  {
    let slurm = try PretendedSlurm(state: state)
    let plan = try Toy.plan([("seeds: [1, 2]", "seeds: [1]")])
    var options = slurm.options
    (options.resubmissions, options.cellsPerTask) = (2, 2)
    let (summary, log) = try run(plan, slurm, options)
    #expect(slurm.lines("jobs").map { $0.split(separator: " ").last } == ["1", "1", "1"])
    #expect(summary.exitStatus == 2 && summary.failures.count == 3)
    for number in 1...2 {
      for task in ["task 0 of job \(number) \(how) on n1: 2 runs", "task 1 of job \(number) \(how) on n1: 1 run"] {
        #expect(log.contains("\(task) submitted again, try \(number) of 2 without having got further\n"), "\(log)")
      }
    }
    #expect(
      summary.failures.allSatisfy {
        $0.reason.contains(" of job 3 \(how) on n1, like 2 tries before it that led no further")
      })
  }

  @Test func `A cell that gets further each time is not given up`() throws {
    let slurm = try PretendedSlurm(state: "TIMEOUT")
    try slurm.command("sbatch", PretendedSlurm.noting + "\n" + PretendedSlurm.doing)
    let plan = try Toy.plan([
      ("seeds: [1, 2]", "seeds: [1]"), ("  - {name: left only, modalities: [left], fusion: join}\n", ""),
      ("  - {name: scaled, fusion: {join: {scale: 2}}}", ""),
    ])
    let name = try #require(plan.cells[0].folder.split(separator: "/").last)
    // does one epoch more than the one before, five times; then it gets no further
    let worker = WorkerCommand("/bin/sh") { folder, _ in
      [
        "-c",
        """
        echo x >>\(folder)/starts; partial=\(folder)/cells/.\(name).$$-1.partial; mkdir $partial
        for epoch in $(seq $(wc -l <\(folder)/starts)); do
          if [ $epoch -le 5 ]; then
            echo '{"epoch":'$epoch',"trainLoss":1,"validationLoss":1,"metrics":{},"learningRate":1,"seconds":1}'
          fi
        done >$partial/epochs.jsonl
        kill -TERM $$
        """,
      ]
    }
    var options = slurm.options
    options.resubmissions = 2
    let (summary, log) = try run(plan, slurm, options, command: worker)
    #expect(slurm.lines("jobs").count == 5 + 1 + 2)
    #expect(summary.failures.count == 1, "\(log)")
    let left = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/cells")
    #expect(left == [String(name)], "what died tasks had written is gone")
  }

  @Test func `A refusal is the runner's, and leaves nothing behind`() throws {
    let slurm = try PretendedSlurm(state: "RUNNING")
    try slurm.command("sbatch", "echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1")
    #expect(
      message { _ = try run(Toy.plan(), slurm) }
        == "sbatch refused the job: Batch job submission failed: Invalid account.")
    #expect(Submission.open(in: scratch.path).isEmpty)
    let left = try FileManager.default.contentsOfDirectory(atPath: Submission.folder(in: scratch.path))
    #expect(left.isEmpty)
  }

  @Test func `More tasks than an array job may have are several jobs; what is refused waits until others have ended`()
    throws
  {
    let slurm = try PretendedSlurm(state: "COMPLETED")
    try slurm.command("scontrol", "echo 'MaxArraySize = 4'")
    try slurm.command(
      "sbatch",
      """
      echo x >>"$here/calls"
      if [ $(wc -l <"$here/calls") = 2 ]; then echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1; fi
      \(PretendedSlurm.noting)
      \(PretendedSlurm.doing)
      """)
    let (summary, log) = try run(Toy.plan(), slurm)
    #expect(summary.now == 6 && summary.exitStatus == 0)
    #expect(slurm.lines("jobs").map { $0.split(separator: " ").last } == ["3", "1"])
    #expect(
      log.contains(
        "sbatch refused the job: QOSMaxSubmitJobPerUserLimit. 2 tasks are submitted when others have ended.\n"),
      "\(log)")
  }

  @Test func `A job that was taken although no answer came is followed`() throws {
    let slurm = try PretendedSlurm(state: "COMPLETED")
    try slurm.command(
      "sbatch",
      """
      \(PretendedSlurm.noting)
      \(PretendedSlurm.doing)
      echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1
      """)
    let (summary, _) = try run(Toy.plan(), slurm)
    #expect(summary.now == 6 && slurm.lines("jobs").count == 1)
  }

  @Test func `A runner killed before it knew its job's id: the next one finds the job by its name, or hands it in`()
    throws
  {
    let slurm = try PretendedSlurm(state: "RUNNING")
    let plan = try Toy.plan()
    try ExperimentFolder(scratch.path).freeze(plan)
    let client = SlurmClient(folder: slurm.commands)
    let taken = try Submission([.init(cells: [plan.cells[0].id])], of: "toy", in: scratch.path) { _ in "" }
    let job = try client.submit(["--job-name=\(taken.name)", "--array=0-0"])
    let lost = try Submission([.init(cells: [plan.cells[1].id])], of: "toy", in: scratch.path) { _ in "" }
    let found = try SlurmLauncher.found(in: scratch.path, client)
    #expect(found.map(\.name) == [taken.name] && found[0].job == job)
    #expect(lost.has("closed") && !taken.has("closed"))
    // an older one that ran and was forgotten by Slurm since is looked through, not dropped
    let old = try Submission([.init(cells: [plan.cells[2].id])], of: "toy", in: scratch.path) { _ in "" }
    try Data("start 0 n1\n".utf8).write(to: URL(fileURLWithPath: "\(old.path)/tasks/0.txt"))
    #expect(try SlurmLauncher.found(in: scratch.path, client).map(\.name) == [taken.name, old.name])
  }

  @Test func `A cell that was submitted again is the newest job's, also for the next runner`() throws {
    let slurm = try PretendedSlurm(state: "RUNNING")
    let plan = try Toy.plan([("seeds: [1, 2]", "seeds: [1]")])
    try ExperimentFolder(scratch.path).freeze(plan)
    let client = SlurmClient(folder: slurm.commands)
    for number in 1...2 {
      var submission = try Submission([.init(cells: plan.cells.map(\.id))], of: "toy", in: scratch.path) { _ in "" }
      try submission.submitted(as: client.submit(["--job-name=\(submission.name)", "--array=0-0"]))
      // the first lost its node; the second is done when it is looked at for the third time
      guard number == 2 else { continue }
      let record = "\(submission.path)/tasks/0.txt"
      let worker = WorkerEntry.command
      let lines = plan.cells.map { cell in
        ([worker.executable] + worker.arguments(scratch.path, cell.id)).map(SlurmScript.quoted).joined(separator: " ")
      }
      try slurm.command(
        "squeue",
        """
        echo x >>"$here/asked"
        while read -r name job last; do
          state=NODE_FAIL
          if [ $job = 2 ]; then
            state=RUNNING
            if [ $(wc -l <"$here/asked") = 3 ]; then
              (\(lines.joined(separator: "; ")); echo start 0 n2; echo finished) >\(record) 2>&1
            fi
          fi
          echo "$name|$job|0|$state|n1|None"
        done <"$here/jobs"
        """)
    }
    let (summary, log) = try run(plan, slurm)
    #expect(summary.now == 3 && slurm.lines("jobs").count == 2, "\(log)")
    #expect(log.contains("following job 2 of Slurm\n"), "\(log)")
  }

  @Test func `Cancelled by somebody: the rest remains, and nothing is submitted again`() throws {
    let slurm = try PretendedSlurm(state: "CANCELLED")
    let (summary, log) = try run(Toy.plan(), slurm)
    #expect(summary.left == 6 && summary.failures.isEmpty && summary.exitStatus == 2)
    #expect(log.contains("tasks of job 1 were cancelled\n"))
    #expect(log.hasSuffix("stopped: 6 of 6 runs remain; run again to do them.\n"), "\(log)")
    #expect(slurm.lines("jobs").count == 1 && Submission.open(in: scratch.path).isEmpty)
  }

  @Test func `A preparation that fails is every cell's failure, once`() throws {
    let slurm = try PretendedSlurm(state: "FAILED")
    try slurm.command("sbatch", PretendedSlurm.noting + "\n" + PretendedSlurm.doing)
    var options = slurm.options
    (options.cellsPerTask, options.setup) = (6, ["cd /nowhere"])
    let (summary, _) = try run(Toy.plan(), slurm, options)
    let path = try #require(
      FileManager.default.contentsOfDirectory(atPath: Submission.folder(in: scratch.path)).first)
    #expect(
      Set(summary.failures.map(\.reason)) == [
        "the task could not be prepared: cd /nowhere (see \(Submission.folder(in: scratch.path))/\(path)/logs/0.txt)"
      ])
    #expect(slurm.lines("jobs").count == 1)
  }

  @Test func `A queue that does not answer is asked again; nothing is taken for lost`() throws {
    let slurm = try PretendedSlurm(state: "COMPLETED")
    try slurm.command("sbatch", PretendedSlurm.noting)
    try slurm.command(
      "squeue",
      """
      echo x >>"$here/asked"
      if [ $(wc -l <"$here/asked") -lt 5 ]; then echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1; fi
      # now it answers, and the job has run meanwhile
      read -r name job last <"$here/jobs"
      if [ ! -e "$here/done" ]; then
        touch "$here/done"
        script=$(ls -d \(scratch.path)/slurm/*/task.sh)
        for task in $(seq 0 "$last"); do SLURM_ARRAY_TASK_ID=$task bash "$script"; done >&2
      fi
      for task in $(seq 0 "$last"); do echo "$name|$job|$task|COMPLETED|n1|None"; done
      """)
    let (summary, log) = try run(Toy.plan(), slurm)
    #expect(summary.now == 6 && slurm.lines("jobs").count == 1)
    #expect(
      log.split(separator: "\n").filter {
        $0 == "squeue does not answer: slurm_load_jobs error: Unable to contact slurm controller. It is asked again."
      }.count == 1, "\(log)")
  }
}
