import BraidTensor
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

@Suite("An interrupted cell", .serialized) struct InterruptedCellTests {
  private static let epochs = 200

  /// One cell that takes long enough to be stopped in.
  private static func plan(_ replacements: [(String, String)] = []) throws -> Plan {
    try Toy.plan(
      [
        ("epochs: 3, batchSize: 8", "epochs: \(epochs), batchSize: 2, emaDecay: 0.9, optimizer: rmsprop"),
        ("seeds: [1, 2]", "seeds: [1]"),
        ("  - {name: left only, modalities: [left], fusion: join}\n", ""),
        ("  - {name: scaled, fusion: {join: {scale: 2}}}", ""),
      ] + replacements)
  }
  private func checkpoint(_ plan: Plan, _ folder: String) -> String {
    Worker.checkpoint(of: plan.cells[0], in: folder).path
  }

  /// Starts a worker, signals it once it has reported so many epochs, and returns what it reported.
  private func kill(
    _ plan: Plan, _ folder: String, after epochs: Int, with signal: Int32 = SIGKILL,
    _ command: WorkerCommand = WorkerEntry.command
  ) throws -> [EpochRecord] {
    let worker = Process()
    let input = Pipe()
    let output = Pipe()
    var environment = ProcessInfo.processInfo.environment
    environment[Worker.supervisedVariable] = "1"
    // as a runner does
    environment[ExecutableFile.digestVariable] = ExecutableFile.digest(WorkerEntry.command.executable)
    worker.executableURL = URL(fileURLWithPath: command.executable)
    worker.arguments = command.arguments(folder, plan.cells[0].id)
    (worker.environment, worker.standardInput, worker.standardOutput) = (environment, input, output)
    worker.standardError = FileHandle.nullDevice
    #if os(Linux)
      // Room for some twenty epochs: a worker that is further ahead waits until they are read, however long this process
      // has to wait for its own turn.
      let setPipeSize: Int32 = 1031  // F_SETPIPE_SZ
      #expect(fcntl(output.fileHandleForWriting.fileDescriptor, setPipeSize, 4096) == 4096)
    #endif
    try worker.run()
    var text = Data()
    var records: [EpochRecord] = []
    func listen(until count: Int) {
      while records.count < count, case let more = output.fileHandleForReading.availableData, !more.isEmpty {
        text += more
        records = text.split(separator: UInt8(ascii: "\n")).compactMap {
          try? JSONFile.decoder().decode(EpochRecord.self, from: $0)
        }
      }
    }
    listen(until: epochs)
    Foundation.kill(worker.processIdentifier, signal)
    if signal != SIGKILL { listen(until: .max) }  // it has something to finish, and may have to wait until it is heard
    worker.waitUntilExit()
    #expect(worker.terminationReason == .uncaughtSignal && worker.terminationStatus == signal)
    return records
  }

  @Test func `goes on from its last epoch, and its folder is that of one that never stopped`() throws {
    let plan = try Self.plan()
    let whole = try Scratch()
    try ExperimentFolder(whole.path).freeze(plan)
    #expect(Worker.run(experiment: whole.path, cell: plan.cells[0].id, catalogue: .toy) == 0)
    let expected = try RunnerTests.essence(plan, whole.path)
    var stream = RandomStream(seed: 3, .sampling)
    for _ in 0..<3 {
      let scratch = try Scratch()
      try ExperimentFolder(scratch.path).freeze(plan)
      var seen: [EpochRecord] = []
      for _ in 0..<3 {
        let records = try kill(plan, scratch.path, after: seen.count + 1 + Int(stream.below(15)))
        #expect(records.count > seen.count && records.count < Self.epochs, "it was killed on the way")
        // what it did before it was killed comes first, with the times it took then: it was not done again
        #expect(records.prefix(seen.count).map(\.seconds) == seen.map(\.seconds))
        seen = records
        #expect(FileManager.default.fileExists(atPath: checkpoint(plan, scratch.path)))
        guard case .missing = RunFolder.state(of: plan.cells[0], in: scratch.path) else {
          Issue.record("half a run is believed")
          return
        }
      }
      let rest = try Runner(plan, in: scratch.path, workers: 1, command: WorkerEntry.command, output: .silent).run()
      #expect(rest.now == 1)
      #expect(try RunnerTests.essence(plan, scratch.path) == expected)
      let run = try RunFolder("\(scratch.path)/\(plan.cells[0].folder)")
      #expect(run.epochs.prefix(seen.count).map(\.seconds) == seen.map(\.seconds))
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/cells").filter {
        $0.hasPrefix(".")
      }
      #expect(left.isEmpty, "the checkpoint goes when the cell is done")
    }
  }

  /// No checkpoint is due for an hour: what there is was written because of the signal.
  @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
  func `that is told to stop keeps all its epochs, leaves nothing else, and goes on to the same bits`(_ signal: Int32)
    throws
  {
    let plan = try Self.plan()
    let (whole, scratch) = (try Scratch(), try Scratch())
    for folder in [whole, scratch] { try ExperimentFolder(folder.path).freeze(plan) }
    let patient = WorkerEntry.command(checkpointEvery: 3600)
    let records = try kill(plan, scratch.path, after: 5, with: signal, patient)
    #expect(records.count >= 5 && records.count < Self.epochs)
    let cells = "\(scratch.path)/cells"
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: cells).map { "\(cells)/\($0)" }
        == [checkpoint(plan, scratch.path)])
    for folder in [whole, scratch] {
      #expect(
        try Runner(plan, in: folder.path, workers: 1, command: patient, output: .silent).run().exitStatus == 0)
    }
    #expect(try RunnerTests.essence(plan, scratch.path) == RunnerTests.essence(plan, whole.path))
    let run = try RunFolder("\(scratch.path)/\(plan.cells[0].folder)")
    #expect(run.epochs.prefix(records.count).map(\.seconds) == records.map(\.seconds), "none was trained again")
  }

  @Test func `whose checkpoint is damaged, or of another plan, is trained from the beginning`() throws {
    let plan = try Self.plan()
    let other = try Self.plan([("learningRate: 0.02", "learningRate: 0.03")])
    let whole = try Scratch()
    let elsewhere = try Scratch()
    for (plan, folder) in [(plan, whole), (other, elsewhere)] { try ExperimentFolder(folder.path).freeze(plan) }
    #expect(Worker.run(experiment: whole.path, cell: plan.cells[0].id, catalogue: .toy) == 0)
    let expected = try RunnerTests.essence(plan, whole.path)
    _ = try kill(other, elsewhere.path, after: 5)
    let foreign = try #require(FileManager.default.contents(atPath: checkpoint(other, elsewhere.path)))
    for bytes in [foreign, foreign.prefix(1000), Data("nonsense".utf8)] {
      let scratch = try Scratch()
      try ExperimentFolder(scratch.path).freeze(plan)
      try FileManager.default.createDirectory(atPath: "\(scratch.path)/cells", withIntermediateDirectories: true)
      try bytes.write(to: URL(fileURLWithPath: checkpoint(plan, scratch.path)))
      #expect(Worker.run(experiment: scratch.path, cell: plan.cells[0].id, catalogue: .toy) == 0)
      #expect(try RunnerTests.essence(plan, scratch.path) == expected)
    }
  }

  @Test func `leaves no checkpoint beside a run that was finished without it`() throws {
    let plan = try Self.plan()
    let scratch = try Scratch()
    try ExperimentFolder(scratch.path).freeze(plan)
    for finish in [
      {
        try Runner(plan, in: scratch.path, workers: 1, command: WorkerEntry.command, output: .silent).run().exitStatus
      },
      { Worker.run(experiment: scratch.path, cell: plan.cells[0].id, catalogue: .toy) },
    ] {
      #expect(try finish() == 0)
      // as if the worker had been killed after it put its folder in place
      try Data("late".utf8).write(to: URL(fileURLWithPath: checkpoint(plan, scratch.path)))
      #expect(try finish() == 0)
      #expect(!FileManager.default.fileExists(atPath: checkpoint(plan, scratch.path)))
    }
  }
}
