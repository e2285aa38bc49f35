import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

@Suite("A search with Slurm", .serialized) struct SlurmSearchTests {
  private let scratch: Scratch
  private let slurm: PretendedSlurm
  init() throws { (scratch, slurm) = (try Scratch(), try PretendedSlurm(state: "COMPLETED")) }

  /// Three trials a row, in rounds of two and one.
  private static func short() throws -> SearchRunner {
    try SearchRunnerTests.Case(
      "{method: {tpe: {startup: 2, batch: 1}}, trials: 3}".block,
      axes: "train.learningRate: {from: 1e-3, to: 1e-1, scale: log}",
      [
        ("  - {name: left only, modalities: [left], fusion: join}\n", ""), ("seeds: [1, 2]", "seeds: [1]"),
      ]
    ).runner
  }

  private func run(
    _ search: SearchRunner, _ log: RunnerTests.Log = .init(), _ change: (inout SlurmOptions) -> Void = { _ in }
  ) throws -> SearchRunner.Standing {
    var options = slurm.options
    change(&options)
    return try listeningToSignals {
      try search.run(in: scratch.path, output: log.output) { plan, folder in
        try Runner(
          plan, in: folder, launcher: .slurm(options), command: WorkerEntry.command, output: log.output
        ).run()
      }
    }
  }
  private func expectThatOfThisMachine(_ found: SearchRunner.Standing, _ search: SearchRunner) throws {
    let local = try Scratch()
    let expected = try search.run(in: local.path, output: .silent) { plan, folder in
      try Runner(plan, in: folder, workers: 2, command: WorkerEntry.command, output: .silent).run()
    }
    #expect(
      try SearchRunnerTests.essence(found, scratch.path) == SearchRunnerTests.essence(expected, local.path))
    #expect(Submission.open(in: SearchRunner.folder(of: scratch.path)).isEmpty)
  }

  @Test func `finds what it finds on this machine, to the bit; a round is a job`() throws {
    try slurm.command("sbatch", "\(PretendedSlurm.noting)\n\(PretendedSlurm.doing)")
    let search = try Self.short()
    try expectThatOfThisMachine(run(search) { $0.cellsPerTask = 3 }, search)
    let names = slurm.lines("jobs").compactMap { $0.split(separator: " ").first }
    #expect(names.count == 2 && names[0].hasPrefix("toy-search-round-1-1-"), "\(names)")
    #expect(names[1].hasPrefix("toy-search-round-2-2-"))
  }

  @Test func `cancelled half way it proposes nothing on what is not there, and goes on to the same bits`() throws {
    // the second job, that of the second round, is cancelled
    try slurm.command(
      "sbatch",
      """
      \(PretendedSlurm.noting)
      if [ $job = 2 ]; then echo CANCELLED >"$here/state"; exit; fi
      \(PretendedSlurm.doing)
      """)
    let (search, log) = (try Self.short(), RunnerTests.Log())
    let stopped = try run(search, log)
    #expect(stopped.plan == nil && stopped.round == 2 && stopped.missing == 2 && stopped.reasons == ["cancelled"])
    #expect(stopped.found.rows.map(\.trials.count) == [2, 2] && slurm.lines("jobs").count == 2)
    #expect(
      log.text.hasSuffix(
        "the search stopped in round 2: 2 runs of it not done, which tells nothing of their settings (cancelled). "
          + "Run again to go on.\n"), "\(log.text)")
    try slurm.command("sbatch", "\(PretendedSlurm.noting)\n\(PretendedSlurm.doing)")
    try slurm.say("COMPLETED")
    try expectThatOfThisMachine(run(search), search)
    #expect(slurm.lines("jobs").count == 3)
  }

  @Test func `A preparation that fails, or a task given up, is no answer`() throws {
    try slurm.command("sbatch", "\(PretendedSlurm.noting)\n\(PretendedSlurm.doing)")
    let search = try Self.short()
    let unprepared = try run(search) { $0.setup = ["cd /nowhere"] }
    #expect(unprepared.plan == nil && unprepared.round == 1 && unprepared.missing == 4)
    #expect(unprepared.reasons.allSatisfy { $0.hasPrefix("the task could not be prepared: cd /nowhere") })
    try slurm.command("sbatch", PretendedSlurm.noting)
    try slurm.say("NODE_FAIL")
    let given = try run(search) { $0.resubmissions = 0 }
    #expect(given.plan == nil && given.missing == 4)
    #expect(given.reasons.allSatisfy { $0.contains("lost its node on n1, like 0 tries before it") }, "\(given.reasons)")
    try slurm.command("sbatch", "\(PretendedSlurm.noting)\n\(PretendedSlurm.doing)")
    try expectThatOfThisMachine(run(search), search)
  }

  /// The first round has a trial that failed by its own fault, and the second is at work when its runner dies.
  @Test func `A round at work is followed by the next runner, whatever failed in the rounds before it`() throws {
    let search = try SearchRunnerTests.Case(
      "{method: {tpe: {startup: 4, batch: 2}}, trials: 6}".block,
      axes: "train.learningRate: {from: 1e-3, to: 1e-1, scale: log}\nfusion.faulty.fault: [none, notANumber]",
      [("  - join\n", "  - {name: faulty, fusion: faulty}\n"), ("reference: join\n", "")]
    ).runner
    struct Death: Error {}
    var rounds = 0
    #expect(throws: Death.self) {
      try search.run(in: scratch.path, output: .silent) { plan, folder in
        rounds += 1
        if rounds == 1 { return try SearchRunnerTests.train()(plan, folder) }
        try ExperimentFolder(folder).freeze(plan)
        var job = try Submission([.init(cells: plan.cells.map(\.id))], of: plan.name, in: folder) { _ in "" }
        try job.submitted(as: SlurmClient(folder: slurm.commands).submit(["--job-name=\(job.name)", "--array=0-0"]))
        // it is done when somebody looks for the third time
        let worker = WorkerEntry.command
        let lines = plan.cells.map { cell in
          ([worker.executable] + worker.arguments(folder, cell.id)).map(SlurmScript.quoted).joined(separator: " ")
        }
        try slurm.command(
          "squeue",
          """
          echo x >>"$here/asked"
          state=RUNNING
          if [ $(wc -l <"$here/asked") = 3 ]; then
            (\(lines.joined(separator: "; ")); echo start 0 n1; echo finished) >"\(job.path)/tasks/0.txt" 2>&1
          fi
          if [ $(wc -l <"$here/asked") -ge 3 ]; then state=COMPLETED; fi
          echo "\(job.name)|1|0|$state|n1|None"
          """)
        throw Death()
      }
    }
    let standing = try search.standing(in: scratch.path)
    #expect(standing.round == 2 && standing.found.rows.flatMap(\.failures).count > 0, "a trial of round 1 failed")
    let log = RunnerTests.Log()
    let found = try run(search, log)
    #expect(log.text.contains("following job 1 of Slurm\n") && slurm.lines("cancelled").isEmpty, "\(log.text)")
    #expect(slurm.lines("jobs").count == 1 && found.plan != nil)
    #expect(found.found.rows.allSatisfy { $0.trials.count == 6 })
  }

  /// The last round's tasks ended when nobody followed: the search is over, and so is the job.
  @Test func `A search that is over closes what is left of its jobs`() throws {
    let search = try Self.short()
    _ = try search.run(in: scratch.path, output: .silent, training: SearchRunnerTests.train())
    let folder = SearchRunner.folder(of: scratch.path)
    let cells = try search.standing(in: scratch.path).trials.cells
    var job = try Submission([.init(cells: cells.map(\.id))], of: "toy", in: folder) { _ in "" }
    try job.submitted(as: "1")
    #expect(try run(search).plan != nil && slurm.lines("jobs").isEmpty)
    #expect(Submission.open(in: folder).isEmpty)
  }
}
