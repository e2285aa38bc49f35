import BraidTesting
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

#if os(Linux)
  /// Preloaded into a process, it gives it another clock: https://github.com/wolfcw/libfaketime.
  private let fakeClock = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
    .first { FileManager.default.fileExists(atPath: $0) && !Sanitizer.isAtWork }
  private let noFakeClock = "the clock is turned back where libfaketime is (tools/setup faults) and no sanitizer"

  @Suite("What happens when the clock goes backwards") struct ClockFaultTests {
    @Test(.enabled(if: try needed(fakeClock != nil, noFakeClock), "\(noFakeClock)"))
    func `Times in the files may be odd; results, durations and their order are not`() throws {
      let library = try #require(fakeClock)
      let plan = try RunnerEntry.plan()
      let (scratch, undisturbed) = (try Scratch(), try Scratch())
      let clock = "\(scratch.path).clock"
      func turnBack(days: Int) throws {
        try Data("-\(days)d\n".utf8).write(to: URL(fileURLWithPath: clock), options: .atomic)
      }
      try turnBack(days: 0)
      defer { for file in [clock, "\(scratch.path).log"] { try? FileManager.default.removeItem(atPath: file) } }
      // By another program: the library adds to the environment of the first process it is loaded into, and Swift then
      // does not find that process's arguments.
      let runner = try RunnerEntry.start(
        in: scratch.path, log: "\(scratch.path).log", by: "/usr/bin/env",
        environment: [
          // of the day only: the clocks that count from the machine's start go on as they do
          "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
          "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        ])
      var days = 0
      while runner.isRunning {
        days += 1
        try turnBack(days: days)
        usleep(20_000)
      }
      #expect(runner.terminationReason == .exit && runner.terminationStatus == 0)
      let log = try String(contentsOfFile: "\(scratch.path).log", encoding: .utf8)
      #expect(log.contains("[6/6] ") && !log.contains(", -"), "\(log)")

      _ = try Runner(plan, in: undisturbed.path, workers: 2, command: WorkerEntry.command, output: .silent).run()
      #expect(try RunnerTests.essence(plan, scratch.path) == RunnerTests.essence(plan, undisturbed.path))
      let runs = try plan.cells.map { try RunFolder("\(scratch.path)/\($0.folder)") }
      for run in runs {
        #expect(run.epochs.allSatisfy { (0..<60).contains($0.seconds) } && (0..<60).contains(run.result.seconds ?? -1))
      }
      // it did go backwards
      #expect(runs.contains { $0.provenance.finished < $0.provenance.started })
      let again = try Runner(plan, in: scratch.path, workers: 2, command: WorkerEntry.command, output: .silent).run()
      #expect(again.before == 6 && again.now == 0)
      #expect(try Comparison(reading: scratch.path).missing.isEmpty)
    }
  }
#endif
