import BraidCore
import BraidData
import BraidTraining
import Foundation
import Synchronization
import Testing

@testable import BraidExperiments

/// The test program as a worker: the runner starts it again with a filter that lets only this test run.
@Suite("Worker process") struct WorkerEntry {
  static let variable = "BRAID_TEST_WORKER"
  /// A checkpoint after every epoch: the toy's take no time.
  static var command: WorkerCommand { command(checkpointEvery: 0) }
  static func command(checkpointEvery seconds: Int) -> WorkerCommand {
    let itself =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return WorkerCommand("/usr/bin/env") {
      [
        "\(variable)=\($1) \($0)", "BRAID_CHECKPOINT_SECONDS=\(seconds)", itself, "--testing-library", "swift-testing",
        "--filter", "WorkerEntry",
      ]
    }
  }
  @Test func `Does the work of the cell it is asked for, if it is asked`() {
    guard let asked = ProcessInfo.processInfo.environment[WorkerEntry.variable] else { return }
    let parts = asked.split(separator: " ", maxSplits: 1).map(String.init)
    // as the command does it, but only where a test says so
    let folder = ProcessInfo.processInfo.environment["BRAID_CACHE"].flatMap { $0 == "off" ? nil : $0 }
    ContentStore.$current.withValue(folder.map { ContentStore($0) }) {
      exit(Worker.run(experiment: parts[1], cell: parts[0], catalogue: .toy, isStoppable: true))
    }
  }
}

@Suite("Running a plan", .serialized) struct RunnerTests {
  /// What was written while running.
  final class Log: Sendable {
    private let lines = Mutex("")
    func add(_ text: String) { lines.withLock { $0 += text } }
    var text: String { lines.withLock { $0 } }
    var output: ProgressOutput { ProgressOutput(.lines) { self.add($0) } }
  }

  private func run(_ plan: Plan, _ folder: String, workers: Int = 2, _ command: WorkerCommand = WorkerEntry.command)
    throws -> (summary: Runner.Summary, log: String)
  {
    let log = Log()
    let summary = try Runner(plan, in: folder, workers: workers, command: command, output: log.output).run()
    return (summary, log.text)
  }

  @Test func `Every cell is run once, and a second run has nothing to do`() throws {
    let scratch = try Scratch()
    let plan = try Toy.plan()
    let first = try run(plan, scratch.path)
    #expect(first.summary.now == 6 && first.summary.before == 0 && first.summary.exitStatus == 0)
    #expect(first.log.hasPrefix("toy: 6 runs, 6 to do with 2 workers, in \(scratch.path)\n"))
    #expect(first.log.contains("[6/6] "))
    let second = try run(plan, scratch.path)
    #expect(second.summary.now == 0 && second.summary.before == 6)
    #expect(second.log == "toy: 6 runs, 6 done before, nothing to do, in \(scratch.path)\n")
  }

  @Test func `The number of workers changes nothing but times`() throws {
    let (one, three) = (try Scratch(), try Scratch())
    let plan = try Toy.plan()
    _ = try run(plan, one.path, workers: 1)
    _ = try run(plan, three.path, workers: 3)
    let found = try Self.essence(plan, one.path)
    #expect(found.count == 6 * 8 + 5 + 5)  // files of a cell, of the experiment, of its report
    #expect(found == (try Self.essence(plan, three.path)))
  }

  @Test func `One failing cell does not stop the others, and says why`() throws {
    let scratch = try Scratch()
    let plan = try Toy.plan([
      (
        "compare:\n",
        "compare:\n  - {name: nan, fusion: faulty}\n  - {name: trap, fusion: {faulty: {fault: trap}}}\n  - {name: killed, fusion: {faulty: {fault: kill}}}\n"
      ),
      ("seeds: [1, 2]", "seeds: [1]"),
    ])
    let (summary, log) = try run(plan, scratch.path)
    #expect(summary.now == 3 && summary.exitStatus == 2)
    let reasons = Dictionary(uniqueKeysWithValues: summary.failures.map { ($0.row, $0.reason) })
    #expect(reasons["nan"]?.contains("epoch 1, step 3: the loss is NaN") == true)
    #expect(reasons["trap"]?.contains("faulty: told to stop at step 3") == true)
    #expect(
      reasons["killed"]?.hasPrefix("the worker was ended by signal 9 (killed, by someone or for lack of memory)")
        == true)
    for row in ["nan", "trap", "killed"] { #expect(log.contains("\(row), seed 1 FAILED: ")) }
    let comparison = try Comparison(reading: scratch.path)
    #expect(comparison.failures.map(\.row).sorted() == ["killed", "nan", "trap"])
    #expect(comparison.failures.allSatisfy { reasons[$0.row] == $0.reason })

    let again = try run(plan, scratch.path)  // failed cells are not done: they are tried again
    #expect(again.summary.before == 3 && again.summary.failures.count == 3)
    #expect(again.log.contains("failed before (epoch 1, step 3: the loss is NaN"))
  }

  @Test func `A worker that cannot be started, or says nothing, is a failure with a reason`() throws {
    let plan = try Toy.plan([("seeds: [1, 2]", "seeds: [1]")])
    let silent = try Scratch()
    let nothing = try run(plan, silent.path, WorkerCommand("/bin/sh") { _, _ in ["-c", "exit 0"] })
    #expect(nothing.summary.failures.map(\.reason) == Array(repeating: "the worker ended without a result", count: 3))
    let loud = try Scratch()
    let complaint = try run(plan, loud.path, WorkerCommand("/bin/sh") { _, _ in ["-c", "echo no luck >&2; exit 7"] })
    #expect(complaint.summary.failures.map(\.reason) == Array(repeating: "no luck", count: 3))
    let scratch = try Scratch()
    #expect(
      message { _ = try run(plan, scratch.path, WorkerCommand("/nowhere/braid") { _, _ in [] }) }.hasPrefix(
        "/nowhere/braid: cannot be started"))
  }

  /// The digit of a metric, an epoch's loss and a time among what is changed.
  @Test(arguments: ["parameters.safetensors", "result.json", "epochs.jsonl", "provenance.json"])
  func `A damaged run is named, set aside and run again`(_ name: String) throws {
    let scratch = try Scratch()
    let plan = try Toy.plan()
    _ = try run(plan, scratch.path)
    let whole = try Self.essence(plan, scratch.path)
    let folder = "\(scratch.path)/\(plan.cells[3].folder)"
    let path = "\(folder)/\(name)"
    var bytes = try #require(FileManager.default.contents(atPath: path))
    let digit = try #require(bytes.lastIndex { (UInt8(ascii: "1")...UInt8(ascii: "8")).contains($0) })
    bytes[digit] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let why = "\(name): is not what the run wrote, says SHA256SUMS"
    let inventory = Inventory(of: scratch.path, for: plan)
    #expect(
      inventory.text(of: plan, folder: "runs/toy")
        == """
        runs/toy: 5 of 6 done, 1 damaged and run again, 1 to do
        damaged: \(plan.cells[3].folder): \(why)
        """)
    #expect(inventory.leftoverText(in: "runs").contains("\(plan.cells[3].folder)") && inventory.leftovers.count == 1)
    #expect(try Comparison(reading: scratch.path).missing.map(\.reason) == ["is damaged: \(folder): \(why)"])
    let (summary, log) = try run(plan, scratch.path)
    #expect(summary.before == 5 && summary.now == 1)
    #expect(log.contains("\(folder): \(why); it is run again"))
    #expect(FileManager.default.contents(atPath: "\(folder).damaged/\(name)") == bytes)
    #expect(try Self.essence(plan, scratch.path) == whole)
  }

  @Test func `A worker whose runner is gone ends by itself`() throws {
    let scratch = try Scratch()
    let plan = try Toy.plan([("epochs: 3", "epochs: 1000000")])
    try ExperimentFolder(scratch.path).freeze(plan)
    var environment = ProcessInfo.processInfo.environment
    environment[Worker.supervisedVariable] = "1"
    let worker = Process(), input = Pipe()
    worker.executableURL = URL(fileURLWithPath: WorkerEntry.command.executable)
    worker.arguments = WorkerEntry.command.arguments(scratch.path, plan.cells[0].id)
    worker.environment = environment
    (worker.standardInput, worker.standardOutput, worker.standardError) = (
      input, FileHandle.nullDevice, FileHandle.nullDevice
    )
    try worker.run()
    usleep(300_000)
    #expect(worker.isRunning)
    try input.fileHandleForWriting.close()
    worker.waitUntilExit()
    #expect(worker.terminationStatus == 3)
    guard case .missing = RunFolder.state(of: plan.cells[0], in: scratch.path) else {
      Issue.record("half a run is believed")
      return
    }
  }
}
