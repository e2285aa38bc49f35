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

  @Test func `on a terminal: lines that stay, and below them the plan and a line a running cell`() throws {
    let text = try said(.terminal(columns: 60), [("epochs: 3", "epochs: 300")])
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
}
