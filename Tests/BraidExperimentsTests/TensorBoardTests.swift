import BraidTesting
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

/// Python with TensorBoard's reader, where `tools/setup tensorboard` puts it.
private let python: String? = {
  let environment = ProcessInfo.processInfo.environment
  let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
  let path = "\(environment["BRAID_TENSORBOARD"] ?? "\(cache)/braid/tensorboard")/bin/python"
  return FileManager.default.isExecutableFile(atPath: path) ? path : nil
}()
private let noReader = "TensorBoard's reader is not installed: tools/setup tensorboard"

@Suite("Event files for TensorBoard", .serialized) struct TensorBoardTests {
  @Test func `have the bytes that TensorBoard's own writer gives them`() throws {
    let lines = [
      #"{"epoch": 1, "trainLoss": 1.25, "validationLoss": 1.5, "learningRate": 0.001, "seconds": 1, "metrics": {"macro-f1": 0.1, "accuracy": 0.5}}"#,
      #"{"epoch": 2, "trainLoss": 0.1, "validationLoss": "Infinity", "learningRate": 0, "seconds": 1, "metrics": {"accuracy": 1, "macro-f1": 0.3}}"#,
      #"{"epoch": 300, "trainLoss": -3e-30, "validationLoss": 2, "learningRate": 1e-7, "seconds": 1, "metrics": {}}"#,
    ]
    let epochs = try lines.map { try JSONFile.decoder().decode(EpochRecord.self, from: Data($0.utf8)) }
    let time = 1_700_000_000.25
    let bytes = TensorBoardEvents.begin(time: time) + epochs.flatMap { TensorBoardEvents.bytes(of: $0, time: time) }
    let folder = try Fixture.folder(above: #filePath)
    let golden = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/tensorboard/events.out.tfevents.golden"))
    #expect(bytes == Array(golden))
  }

  @Test func `the checksum is that of RFC 3720`() {
    #expect(CRC32C.checksum(of: "123456789".utf8) == 0xe306_9283)
    #expect(CRC32C.checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
  }

  @Test func `are written as epochs end, one a cell; those of finished runs are made up for`() throws {
    let scratch = try Scratch()
    let plan = try Toy.plan()
    func run(_ tensorBoard: Bool) throws {
      _ = try Runner(
        plan, in: scratch.path, workers: 2, command: WorkerEntry.command, output: .silent, tensorBoard: tensorBoard
      ).run()
    }
    func sizes() -> [Int] {
      plan.cells.map {
        FileManager.default.contents(atPath: TensorBoardEvents(experiment: scratch.path).path(of: $0))?.count ?? 0
      }
    }
    try run(false)
    #expect(sizes() == [0, 0, 0, 0, 0, 0])
    try run(true)  // nothing to do but this
    let whole = sizes()
    #expect(Set(whole).count == 1 && whole[0] > 300)
    try FileManager.default.removeItem(atPath: "\(scratch.path)/\(plan.cells[2].folder)")
    try run(true)  // written anew, not added to
    #expect(sizes() == whole)
  }

  /// `tools/fixtures/event_files.py` compares every number with `epochs.jsonl`.
  @Test(.enabled(if: try needed(python != nil, noReader), "\(noReader)"))
  func `of a real run are what TensorBoard's own reader reads in them`() throws {
    let scratch = try Scratch()
    let plan = try Toy.plan()
    _ = try Runner(
      plan, in: scratch.path, workers: 2, command: WorkerEntry.command, output: .silent, tensorBoard: true
    ).run()
    let checkout = URL(fileURLWithPath: try Fixture.folder(above: #filePath)).deletingLastPathComponent()
      .deletingLastPathComponent()
    let compare = "\(checkout.path)/tools/fixtures/event_files.py"
    let ending = try CommandEnding(of: try #require(python), [compare, scratch.path])
    // 6 cells of 3 epochs: two losses, the learning rate and two metrics
    #expect(ending.status == 0 && ending.out == "\(scratch.path): 90 numbers, as TensorBoard reads them\n", "\(ending)")
    // and it does look: one epoch with other numbers is seen
    let path = "\(scratch.path)/\(plan.cells[0].folder)/epochs.jsonl"
    let lines = try String(contentsOfFile: path, encoding: .utf8)
    try lines.replacing("\"epoch\":2", with: "\"epoch\":4").write(toFile: path, atomically: true, encoding: .utf8)
    let other = try CommandEnding(of: try #require(python), [compare, scratch.path])
    #expect(other.status != 0 && other.err.contains("is not {"), "\(other)")
  }

  @Test func `that cannot be written are told of once, and the cells are trained`() throws {
    let scratch = try Scratch()
    try Data("in the way".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/tensorboard"))
    let said = RunnerTests.Log()
    let summary = try Runner(
      Toy.plan(), in: scratch.path, workers: 2, command: WorkerEntry.command, output: said.output, tensorBoard: true
    ).run()
    #expect(summary.now == 6 && summary.exitStatus == 0)
    let complaints = said.text.split(separator: "\n").filter { $0.contains("/tensorboard/") }
    #expect(complaints.count == 6 && complaints.allSatisfy { $0.contains(": cannot be written (") })  // one a file
  }
}
