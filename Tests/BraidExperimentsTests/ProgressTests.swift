import BraidTesting
import BraidTraining
import Foundation
import Synchronization
import Testing

@testable import BraidExperiments

@Suite("What is said while a plan is run", .serialized) struct ProgressTests {
  /// Everything that was written.
  private func said(_ form: ProgressOutput.Form, _ replacements: [(String, String)] = []) throws -> String {
    let scratch = try Scratch()
    let text = Mutex("")
    try withExtendedLifetime(scratch) {
      let output = ProgressOutput(form) { piece in text.withLock { $0 += piece } }
      _ = try Runner(
        Toy.plan(replacements), in: scratch.path, workers: 2, command: WorkerEntry.command, output: output
      ).run()
    }
    return text.withLock { $0 }
  }

  @Test func `as JSON: one object an event, every epoch of every cell among them`() throws {
    let lines = try said(.json, [("  - join\n", "  - join\n  - faulty\n")]).split(separator: "\n")
    let events = try lines.map { try JSONFile.decoder().decode(RunEvent.self, from: Data($0.utf8)) }
    #expect(events.first?.event == .begin && events.first?.cells == 8 && events.first?.waiting == 8)
    #expect(events.last?.event == .end && events.last?.finished == 8 && events.last?.failures == 2)
    #expect(events.filter { $0.event == .epoch }.count == 6 * 3)
    let done = events.filter { $0.event == .done }
    #expect(done.count == 6 && done.allSatisfy { $0.metrics?["accuracy"] != nil && $0.folder != nil })
    let failed = events.filter { $0.event == .failed }
    #expect(failed.count == 2 && failed.allSatisfy { $0.row == "faulty" && $0.message?.contains("NaN") == true })
    for cell in Set(done.map(\.cell)) {
      let own = events.filter { $0.event == .epoch && $0.cell == cell }
      #expect(own.map(\.epoch) == [1, 2, 3] && own.last?.secondsLeft == 0)
    }
  }

  @Test func `as JSON: the guide names every event and every field`() throws {
    let guides = URL(fileURLWithPath: try Fixture.folder(above: #filePath)).appendingPathComponent("../../Guides")
    let guide = try String(contentsOf: guides.appendingPathComponent("Experiment files.md"), encoding: .utf8)
    let section = try #require(
      guide.components(separatedBy: "### Events for tools").last?.components(separatedBy: "###").first)
    let fields = Mirror(reflecting: RunEvent(.begin, time: "")).children.compactMap(\.label)
    #expect(fields.count == 19)
    for name in fields + RunEvent.Kind.allCases.map(\.rawValue) {
      #expect(section.contains("`\(name)`"), "\(name)")
    }
  }

  @Test func `on a terminal: lines that stay, and below them the plan and a line a running cell`() throws {
    let text = try said(.terminal { (60, 24) }, [("epochs: 3", "epochs: 300")])
    #expect(text.contains("\u{1b}[J") && text.contains("of 6 done"))
    #expect(text.contains(", seed 1: starting") && text.contains(": epoch "))
    // what was drawn is what is left between the codes; none of the block's lines reaches the last column
    let drawn = text.replacing(#/\x1b\[[0-9]*[AJ]/#, with: "\n").split(whereSeparator: \.isNewline)
    #expect(drawn.filter { $0.hasPrefix("  ") }.allSatisfy { $0.count < 60 })
    #expect(drawn.filter { $0.hasPrefix("[") }.count == 6)
    #expect(text.hasSuffix("\u{1b}[J"), "the block goes when all is done")
  }

  @Test func `elsewhere: lines only`() throws {
    let text = try said(.lines)
    #expect(!text.contains("\u{1b}") && text.split(separator: "\n").count == 7)
  }

  // MARK: - Made-up cells

  /// A cell that has trained for a while.
  private struct MadeUp: RunningCell {
    var cell: Plan.Cell
    var started: ContinuousClock.Instant
    var latest: EpochRecord?
    init(_ cell: Plan.Cell, epoch: Int, after seconds: Double) {
      (self.cell, started) = (cell, .now - .seconds(seconds))
      let record =
        #"{"epoch": \#(epoch), "trainLoss": 1, "validationLoss": 0.5, "learningRate": 0, "seconds": 1, "metrics": {"accuracy": 0.75}}"#
      latest = try? JSONFile.decoder().decode(EpochRecord.self, from: Data(record.utf8))
    }
  }

  /// What one look writes.
  private func look(
    _ form: ProgressOutput.Form, _ running: [MadeUp], waiting: [Plan.Cell] = [], workers: Int = 1
  ) throws -> [String] {
    let text = Mutex("")
    let progress = Progress(
      try Self.plan(), ProgressOutput(form) { piece in text.withLock { $0 += piece } }, pause: .zero)
    for cell in running { if let latest = cell.latest { progress.epoch(latest, of: cell) } }
    progress.tick(running, waiting: waiting[...], workers: workers)
    return text.withLock { $0 }.split(separator: "\n").map(String.init)
  }
  private static func plan() throws -> Plan { try Toy.plan([("epochs: 3", "epochs: 10")]) }

  @Test func `the time left is told from what epochs took, and so is when all is done`() throws {
    let cells = try Self.plan().cells
    func clock() -> String {
      var (end, clock) = (time(nil) + 130, tm())
      localtime_r(&end, &clock)
      return String(format: "%02d:%02d", clock.tm_hour, clock.tm_min)
    }
    // 5 of 10 epochs in 50 s: 50 s left; of the one that waits all 100 s, after it or beside it
    let running = [MadeUp(cells[0], epoch: 5, after: 50), MadeUp(cells[1], epoch: 9, after: 90)]
    let before = clock()
    let lines = try look(.terminal { (200, 24) }, running, waiting: [cells[2], cells[3]], workers: 2)
    let possible = [before, clock()].map { "0 of 6 done, 2 min left, until \($0)" }  // 10 + 50 + 200 s of two: 130 s
    #expect(possible.contains(lines[0]), "\(lines)")
    #expect(
      Array(lines.dropFirst()) == [
        "  left only, seed 1: epoch 5/10, loss 0.5, accuracy 0.75, 50 s left",
        "  left only, seed 2: epoch 9/10, loss 0.5, accuracy 0.75, 10 s left",
      ])
    // the longest one decides where there is nothing to share
    #expect(try look(.lines, running, workers: 2)[0].hasPrefix("0 of 6 done, 50 s left, until "))
  }

  @Test(arguments: [(24, 100), (10, 100), (5, 100), (4, 100), (3, 100), (1, 100), (24, 21), (24, 22)])
  func `never more lines than the window has, and what is left out is counted`(_ rows: Int, _ cells: Int) throws {
    let cell = try Self.plan().cells[0]
    let running = (0..<cells).map { _ in MadeUp(cell, epoch: 5, after: 50) }
    let lines = try look(.terminal { (80, rows) }, running)
    #expect(lines.count <= max(rows - 2, 1) && lines[0].hasPrefix("0 of 6 done, "))
    let named = lines.filter { $0.contains("epoch 5/10") }.count
    if named < cells, rows > 3 {
      #expect(lines.last == "  and \(cells - named) more running" && lines.count == rows - 2)
    }
    #expect(rows < 24 || named == (cells == 21 ? 21 : 20))
  }

  @Test func `a window that shrinks is drawn to its new size`() throws {
    let size = Mutex((80, 24)), text = Mutex("")
    let output = ProgressOutput(.terminal { size.withLock { $0 } }) { piece in text.withLock { $0 += piece } }
    let plan = try Self.plan()
    let running = plan.cells.map { MadeUp($0, epoch: 5, after: 50) }
    let progress = Progress(plan, output)
    progress.tick(running, waiting: [], workers: 6)
    size.withLock { $0 = (80, 6) }
    progress.tick(running, waiting: [], workers: 6)
    let drawings = text.withLock { $0 }.components(separatedBy: "\u{1b}[J")
    #expect(drawings.map { $0.filter { $0 == "\n" }.count + 1 } == [7, 4])
    #expect(drawings[1].hasSuffix("  and 4 more running"))
  }

  @Test func `elsewhere: a line names a few cells of thousands`() throws {
    let cell = try Self.plan().cells[0]
    let lines = try look(.lines, (0..<5000).map { _ in MadeUp(cell, epoch: 5, after: 50) }, workers: 5000)
    #expect(lines.count == 1 && lines[0].components(separatedBy: "epoch 5/10").count == 8)
    #expect(lines[0].hasSuffix("   and 4993 more running"))
  }
}
