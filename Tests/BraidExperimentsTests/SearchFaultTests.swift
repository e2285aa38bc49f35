import BraidCore
import BraidTesting
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

/// What goes wrong around a trial says nothing about its settings; what goes wrong in it does.
@Suite("What a search makes of trials that end badly", .serialized) struct SearchFaultTests {
  private typealias Case = SearchRunnerTests.Case
  /// Two rounds for one row, which may go wrong in the way an axis says.
  private static func faulty(_ faults: String) throws -> Case {
    try Case(
      "{method: {tpe: {startup: 4, batch: 2}}, trials: 6}".block,
      axes: "train.learningRate: {from: 1e-3, to: 1e-1, scale: log}\nfusion.faulty.fault: \(faults)",
      [
        ("  - {name: left only, modalities: [left], fusion: join}\n  - join\n", "  - {name: faulty, fusion: faulty}\n"),
        ("reference: join\n", ""), ("  - {name: scaled, fusion: {join: {scale: 2}}}", ""),
      ])
  }
  /// Workers in whose environment nothing goes wrong.
  private static var calm: WorkerCommand {
    let own = WorkerEntry.command
    return WorkerCommand(own.executable) { ["\(FaultyFusion.calmVariable)=1"] + own.arguments($0, $1) }
  }

  private func search(
    _ search: Case, _ folder: String, _ command: WorkerCommand, _ log: RunnerTests.Log = .init()
  ) throws -> SearchRunner.Standing {
    try search.runner.run(in: folder, output: log.output) { plan, folder in
      try Runner(plan, in: folder, workers: 2, command: command, output: .silent).run()
    }
  }
  private func essence(of case_: Case) throws -> [String: String] {
    let scratch = try Scratch()
    return try SearchRunnerTests.essence(search(case_, scratch.path, Self.calm), scratch.path)
  }

  @Test func `A killed worker is no answer: the search stops, says so, and goes on to the same bits`() throws {
    let (scratch, log) = (try Scratch(), RunnerTests.Log())
    let case_ = try Self.faulty("[none, kill]")
    let stopped = try search(case_, scratch.path, WorkerEntry.command, log)
    let reason = "the worker was ended by signal 9 (killed, by someone or for lack of memory)"
    #expect(stopped.plan == nil && stopped.signal == nil && stopped.round == 1)
    #expect(!stopped.reasons.isEmpty && stopped.reasons.allSatisfy { $0.hasPrefix(reason) })
    #expect((1..<4).contains(stopped.missing))
    let runs = stopped.missing == 1 ? "1 run" : "\(stopped.missing) runs"
    let says =
      "the search stopped in round 1: \(runs) of it not done, which tells nothing of their settings (\(reason)"
    #expect(log.text.hasPrefix(says) && log.text.hasSuffix("). Run again to go on.\n"), "\(log.text)")
    #expect(stopped.found.rows.flatMap(\.trials).isEmpty, "the round is looked at as a whole")
    let standing = try case_.runner.standing(in: scratch.path)
    #expect(standing.missing == stopped.missing && standing.reasons == stopped.reasons)
    #expect(standing.text(folder: "runs/toy").contains(says))
    #expect(
      try SearchRunnerTests.essence(search(case_, scratch.path, Self.calm), scratch.path) == essence(of: case_))
  }

  @Test(arguments: ["notANumber", "trap"])
  func `A trial's own failure is an answer, once: it counts as the worst, and is not tried again by the same build`(
    _ fault: String
  ) throws {
    let scratch = try Scratch()
    let case_ = try Self.faulty("[none, \(fault)]")
    var trained: [String] = []
    // trained in processes of this very executable; a trap would end this one
    let own = WorkerEntry.command
    let digest = ExecutableFile.own
    let command = WorkerCommand("/bin/sh") { folder, cell in
      ["-c", "export \(ExecutableFile.digestVariable)=\(digest); exec \"$0\" \"$@\"", own.executable]
        + own.arguments(folder, cell)
    }
    func run(stopAfter rounds: Int) throws -> SearchRunner.Standing {
      var left = rounds
      return try case_.runner.run(in: scratch.path, output: .silent) { plan, folder in
        left -= 1
        var summary = Runner.Summary()
        guard left >= 0 else {
          summary.signal = SIGTERM
          return summary
        }
        trained += plan.cells.map(\.id)
        return try Runner(plan, in: folder, workers: 2, command: command, output: .silent).run()
      }
    }
    #expect(try run(stopAfter: 1).plan == nil)
    let standing = try case_.runner.standing(in: scratch.path)
    #expect(standing.round == 2 && standing.missing == 2)
    #expect(standing.text(folder: "x").contains("failed by their own fault, 2 to do"))
    let found = try run(stopAfter: 9)
    let row = try #require(found.found.rows.first)
    #expect(row.trials.count == 6 && !row.failures.isEmpty && row.failures.count < 6 && found.plan != nil)
    #expect(row.failures.allSatisfy { $0.values.last?.value == .text(fault) && $0.epochsTrained == 3 })
    #expect(trained.count == 6 && Set(trained).count == 6, "none is trained twice")
  }

  /// Searches where some trials lack memory, and again where there is enough.
  private func expectNoAnswer(_ fault: String, _ command: WorkerCommand, _ reason: String) throws {
    let (scratch, case_) = (try Scratch(), try Self.faulty("[none, \(fault)]"))
    let stopped = try search(case_, scratch.path, command)
    #expect(stopped.plan == nil && stopped.round == 1 && (1..<4).contains(stopped.missing))
    #expect(!stopped.reasons.isEmpty && stopped.reasons.allSatisfy { $0.contains(reason) }, "\(stopped.reasons)")
    #expect(
      try SearchRunnerTests.essence(search(case_, scratch.path, Self.calm), scratch.path) == essence(of: case_))
  }

  @Test(.enabled(if: !Sanitizer.isAtWork, "a sanitizer ends the program with its own words"))
  func `Memory that the system refuses is no answer`() throws {
    try expectNoAnswer(
      "refusedMemory", WorkerEntry.command, "failed to allocate 140737488355328 bytes of memory")
  }

  @Test func `Another build tries what failed again: the part may have been mended`() throws {
    let scratch = try Scratch()
    let case_ = try Self.faulty("[none, notANumber]")
    // the workers' executable is another than this one, as their runs say
    let found = try search(case_, scratch.path, WorkerEntry.command)
    #expect(!(try #require(found.found.rows.first).failures.isEmpty))
    let mended = try search(case_, scratch.path, Self.calm)
    #expect(try #require(mended.found.rows.first).failures.isEmpty)
    #expect(try SearchRunnerTests.essence(mended, scratch.path) == essence(of: case_))
  }

  @Test func `Whose fault it is, run by run`() throws {
    let plan = try Toy.plan([("seeds: [1, 2]", "seeds: [1]")])
    func failure(_ change: (inout Plan.Cell) -> Void) throws -> RunResult {
      let scratch = try Scratch()
      var changed = plan
      changed.cells = [plan.cells[1]]
      change(&changed.cells[0])
      try ExperimentFolder(scratch.path).freeze(changed)
      #expect(Worker.run(experiment: scratch.path, cell: changed.cells[0].id, catalogue: .toy) == 2)
      guard case .failed(let result) = RunFolder.state(of: changed.cells[0], in: scratch.path) else {
        throw SetupError("it did not fail")
      }
      return result
    }
    let unbuilt = try failure { $0.configuration.fusion = PartChoice("join", ["scale": .integer(-1)]) }
    #expect(unbuilt.fault == .own && unbuilt.error?.contains("scale is -1.0; expected a positive number") == true)
    let untrained = try failure { $0.configuration.train.learningRate = -1 }
    #expect(untrained.fault == .own && untrained.error?.contains("learningRate") == true)
    let nowhere = try failure { $0.configuration.fusion = PartChoice("faulty") }
    #expect(nowhere.fault == .own && nowhere.error?.contains("the loss is NaN") == true)
    let changed = try failure { $0.dataDigest = "other" }
    #expect(changed.fault == .surroundings && changed.error?.contains("the data changed since the plan") == true)
  }

  @Test func `Whose fault the end of a worker is`() {
    for signal in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGFPE] {
      #expect(WorkerEnding(signal: signal, saying: "").fault == .own)
      #expect(WorkerEnding(shellStatus: 128 + signal, saying: "faulty: told to stop").fault == .own)
    }
    for signal in [SIGKILL, SIGTERM, SIGHUP, SIGINT, SIGBUS, SIGPIPE, SIGXCPU, SIGXFSZ] {
      #expect(WorkerEnding(shellStatus: 128 + signal, saying: "").fault == .surroundings)
    }
    let lacking = "Fatal error: failed to allocate 62914560 bytes of memory with alignment 64"
    #expect(WorkerEnding(signal: SIGTRAP, saying: lacking).fault == .surroundings, "memory is the machine's")
    // as Swift's runtime says it
    let stack = (0..<30).map {
      "\($0)    libswiftCore.so                    0x00007f4efd35f130 swift_reportError + \($0)"
    }
    let log = "loading\n\(lacking)\nCurrent stack trace:\n\(stack.joined(separator: "\n"))\n"
    #expect(WorkerEnding.said(in: Data(log.utf8)) == "loading\n\(lacking)")
    #expect(WorkerEnding.said(in: Data((1...9).map { "\($0) 0x1" }.joined(separator: "\n").utf8)).hasPrefix("2 0x1\n3"))
    #expect(WorkerEnding(status: 1, saying: "toy: the plan has no cell x.").fault == .surroundings)
    #expect(WorkerEnding(shellStatus: 127, saying: "") == WorkerEnding("the worker ended with status 127"))
  }

  #if os(Linux)
    @Test(.enabled(if: try needed(MemoryLimit.canBeMade, MemoryLimit.why), "\(MemoryLimit.why)"))
    func `Lack of memory for which the system ends the worker is no answer`() throws {
      let limit = MemoryLimit(megabytes: 400)
      try expectNoAnswer(
        "memory", limit.around(WorkerEntry.command), "ended by signal 9 (killed, by someone or for lack of memory)")
    }

    @Test(.enabled(if: SmallDisk.canBeMade, "a full disk is tried where the tests may mount one: as root"))
    func `A full disk is no answer: with room again the search ends as one nobody disturbed`() throws {
      let case_ = try Self.faulty("[none]")
      let expected = try essence(of: case_)
      var stops = 0
      for kilobytes in [24, 60, 110] {
        let disk = try SmallDisk(kilobytes: 2048)
        let folder = "\(disk.path)/runs"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try disk.fill(leaving: kilobytes)
        do {
          let stopped = try search(case_, folder, Self.calm)
          #expect(stopped.plan == nil && stopped.missing > 0)
          #expect(stopped.reasons.allSatisfy { $0.lowercased().contains("no space left on") }, "\(stopped.reasons)")
          #expect(!stopped.reasons.isEmpty)
          stops += 1
        } catch let error as SetupError { #expect("\(error)".lowercased().contains("no space left on")) }
        try disk.makeRoom()
        #expect(try SearchRunnerTests.essence(search(case_, folder, Self.calm), folder) == expected)
      }
      #expect(stops > 0)
    }
  #endif
}
