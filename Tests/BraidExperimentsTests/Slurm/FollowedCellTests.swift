import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

@Suite("A cell that a task of a cluster trains, as its runner sees it") struct FollowedCellTests {
  private func line(_ epoch: Int) throws -> String {
    """
    {"epoch":\(epoch),"trainLoss":1,"validationLoss":1,"metrics":{"accuracy":0.5},"learningRate":0.1,"seconds":0.25}

    """
  }
  private func records(_ epochs: ClosedRange<Int>) throws -> [EpochRecord] {
    try epochs.map { try JSONFile.decoder().decode(EpochRecord.self, from: Data(line($0).utf8)) }
  }

  @Test func `an attempt that goes on writes all epochs again; only new ones are told`() throws {
    let cell = FollowedCell(try Toy.plan().cells[0])
    #expect(cell.take(try records(1...3)).map(\.epoch) == [1, 2, 3])
    #expect(cell.take(try records(1...3)).isEmpty)
    #expect(cell.take(try records(3...5)).map(\.epoch) == [4, 5])
    #expect(cell.latest?.epoch == 5)
  }

  @Test func `lines are read as they come, half a line waits, and another attempt is read from its beginning`() throws {
    let scratch = try Scratch()
    let cell = FollowedCell(try Toy.plan().cells[0])
    func write(_ text: String, _ attempt: String) throws -> [Int] {
      let folder = "\(scratch.path)/\(attempt)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(RunFolder.epochsFile)"))
      return cell.read(folder).map(\.epoch)
    }
    #expect(cell.read("\(scratch.path)/first").isEmpty)
    let (one, two, three) = (try line(1), try line(2), try line(3))
    #expect(try write(one, "first") == [1])
    #expect(try write(one + two.prefix(20), "first") == [])
    #expect(try write(one + two, "first") == [2])
    #expect(try write(one, "second") == [])
    #expect(try write(one + two + three, "second") == [3])
  }
}
