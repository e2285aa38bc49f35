import BraidTesting
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

/// A cell whose fault has gone: a part was mended, a machine with more memory is used.
@Suite("What happens when a cell fails", .serialized) struct PassingFaultTests {
  /// Two faulty cells after `good` steps (two epochs) and two that have nothing to do with them.
  private static func plan(_ fault: String) throws -> Plan {
    try Toy.plan([
      ("epochs: 3", "epochs: 6"),
      ("  - join\n", "  - join\n  - {name: faulty, fusion: {faulty: {fault: \(fault), after: 20}}}\n"),
      ("  - {name: scaled, fusion: {join: {scale: 2}}}", ""),
    ])
  }
  /// Workers in whose environment nothing goes wrong.
  private static var calm: WorkerCommand {
    let own = WorkerEntry.command
    return WorkerCommand(own.executable) { ["\(FaultyFusion.calmVariable)=1"] + own.arguments($0, $1) }
  }
  private static func run(_ plan: Plan, _ folder: String, _ command: WorkerCommand) throws -> Runner.Summary {
    try Runner(plan, in: folder, workers: 2, command: command, output: .silent).run()
  }

  /// Runs a plan whose faulty cells fail, and again when the fault is gone.
  /// - Returns: why they failed.
  private func fails(_ plan: Plan, with command: WorkerCommand) throws -> [String] {
    let (scratch, undisturbed) = (try Scratch(), try Scratch())
    let summary = try Self.run(plan, scratch.path, command)
    #expect(summary.now == 4 && summary.failures.map(\.row) == ["faulty", "faulty"] && summary.exitStatus == 2)
    for cell in plan.cells where cell.row == "faulty" {
      guard case .failed = RunFolder.state(of: cell, in: scratch.path) else {
        Issue.record("\(cell.folder) does not say that it failed")
        continue
      }
      // what it did before it failed is not lost
      #expect(FileManager.default.fileExists(atPath: Worker.checkpoint(of: cell, in: scratch.path).path))
    }
    let rest = try Self.run(plan, scratch.path, Self.calm)
    #expect(rest.before == 4 && rest.now == 2 && rest.exitStatus == 0)
    #expect(try Self.run(plan, undisturbed.path, Self.calm).now == 6)
    #expect(try RunnerTests.essence(plan, scratch.path) == RunnerTests.essence(plan, undisturbed.path))
    return summary.failures.map(\.reason)
  }

  @Test(arguments: [
    ("notANumber", "epoch 3, step 20: the loss is NaN"), ("trap", "faulty: told to stop at step 20"),
    ("kill", "the worker was ended by signal 9 (killed, by someone or for lack of memory)"),
  ])
  func `The others are done; when the fault is gone it is done from where it was, to the same bits`(
    _ fault: String, _ reason: String
  ) throws {
    for said in try fails(Self.plan(fault), with: WorkerEntry.command) { #expect(said.contains(reason)) }
  }

  #if os(Linux)
    @Test(
      .enabled(if: try needed(MemoryLimit.canBeMade, MemoryLimit.why), "\(MemoryLimit.why)")
    )
    func `A cell that needs more memory than there is: the system ends it, not the others`() throws {
      let limit = MemoryLimit(megabytes: 400)
      for said in try fails(Self.plan("memory"), with: limit.around(WorkerEntry.command)) {
        #expect(said.hasPrefix("the worker was ended by signal 9 (killed, by someone or for lack of memory)"))
      }
    }
  #endif
}
