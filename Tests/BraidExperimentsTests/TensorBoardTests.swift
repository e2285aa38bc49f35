import BraidTesting
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

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
