import BraidCore
import BraidTesting
import Foundation
import Testing

@testable import BraidExperiments

#if os(Linux)
  import Glibc

  /// A small disk in memory that can be filled; it goes away with the test.
  final class SmallDisk {
    let path: String

    /// Whether this process may mount, found by doing it.
    static let canBeMade = (try? SmallDisk(kilobytes: 64)) != nil
    static let why = "full disks and read-only folders are tried where the tests may mount them: as root"

    init(kilobytes: Int) throws {
      path = FileManager.default.temporaryDirectory.appendingPathComponent("braid-disk-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
        rmdir(path)
        throw SetupError("\(path): cannot be mounted (\(String(cString: strerror(errno)))).")
      }
    }

    deinit {
      while umount2(path, Int32(MNT_DETACH)) == 0 {}
      rmdir(path)
    }

    private var ballast: String { "\(path)/ballast" }

    /// Writes a file that leaves so much room.
    func fill(leaving kilobytes: Int) throws {
      #expect(FileManager.default.createFile(atPath: ballast, contents: nil))
      let handle = try #require(FileHandle(forWritingAtPath: ballast))
      while (try? handle.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
      try handle.truncate(atOffset: handle.offset() / 4096 * 4096 - UInt64(kilobytes) * 1024)
      try handle.close()
    }

    func makeRoom() throws { try FileManager.default.removeItem(atPath: ballast) }

    /// Makes a folder of it read-only, for the administrator too.
    static func seal(_ folder: String) throws {
      let (bind, change) = (UInt(MS_BIND), UInt(MS_REMOUNT | MS_RDONLY))
      guard mount(folder, folder, "", bind, nil) == 0, mount("", folder, "", bind | change, nil) == 0 else {
        throw SetupError("\(folder): cannot be made read-only (\(String(cString: strerror(errno)))).")
      }
    }

    static func unseal(_ folder: String) { umount2(folder, Int32(MNT_DETACH)) }
  }

  @Suite("What happens when nothing can be written", .serialized) struct DiskFaultTests {
    /// Runs that nobody disturbed.
    private static let plan = Result { try Toy.plan() }
    private static let expected = Result {
      let scratch = try Scratch()
      _ = try run(plan.get(), scratch.path)
      return try RunnerTests.essence(plan.get(), scratch.path)
    }

    private static func run(
      _ plan: Plan, _ folder: String, _ command: WorkerCommand = WorkerEntry.command, _ output: ProgressOutput = .silent
    ) throws -> Runner.Summary {
      try Runner(plan, in: folder, workers: 2, command: command, output: output).run()
    }

    /// The cells that have a whole run; what is there of the others must not look like one.
    private func done(_ plan: Plan, _ folder: String) -> [Plan.Cell] {
      plan.cells.filter { cell in
        switch RunFolder.state(of: cell, in: folder) {
        case .done: return true
        case .damaged(let why): Issue.record("half a run has the name of a whole one: \(why)")
        case .failed, .missing: break
        }
        return false
      }
    }

    /// Runs again now that writing is possible, and compares with runs that nobody disturbed.
    private func finish(_ plan: Plan, _ folder: String) throws {
      let before = done(plan, folder)
      let rest = try Self.run(plan, folder)
      #expect(rest.exitStatus == 0 && rest.before == before.count && rest.now == plan.cells.count - before.count)
      #expect(try RunnerTests.essence(plan, folder) == Self.expected.get())
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cells").filter { $0.hasPrefix(".") }
      #expect(left.isEmpty)
    }

    /// From no room at all to room for nearly all: it ends while the plan, a checkpoint, an epoch, answers, parameters, a
    /// result or the reason of a failure is written.
    @Test(.enabled(if: try needed(SmallDisk.canBeMade, SmallDisk.why), "\(SmallDisk.why)"))
    func `A full disk: what is whole stays, every failure says why, and with room the rest is done to the same bits`()
      throws
    {
      let plan = try Self.plan.get()
      var refused = 0, failed = 0, partly = 0
      for kilobytes in [0, 4, 12, 20, 32, 44, 60, 80, 110, 150, 200, 250] {
        let disk = try SmallDisk(kilobytes: 1024)
        let folder = "\(disk.path)/runs"
        try disk.fill(leaving: kilobytes)
        do {
          let summary = try Self.run(plan, folder)
          #expect(summary.now + summary.failures.count == plan.cells.count, "the others are tried all the same")
          for failure in summary.failures {
            #expect(failure.reason.lowercased().contains("no space left on"), "\(kilobytes) kB: \(failure.reason)")
          }
          failed += summary.failures.count
          if summary.now > 0, !summary.failures.isEmpty { partly += 1 }
          #expect(done(plan, folder).count == summary.now)
        } catch let error as SetupError {
          refused += 1
          #expect("\(error)".hasPrefix(folder) && "\(error)".lowercased().contains("no space left on"), "\(error)")
          #expect(!"\(error)".contains("\n"))
        }
        try disk.makeRoom()
        try finish(plan, folder)
      }
      #expect(refused > 0 && failed > 0 && partly > 0, "\(refused) refused, \(failed) failed, \(partly) partly done")
    }

    /// Where nothing may be mounted this comes near a full disk: a file can be begun, and writing on fails.
    @Test(
      .enabled(if: !Sanitizer.isAtWork, "a sanitizer writes a file larger than that as a process starts"),
      arguments: [1, 2])
    func `A limit on the size of files: the cells fail and say why, and without it they are done to the same bits`(
      _ blocks: Int
    ) throws {
      let plan = try Self.plan.get()
      let scratch = try Scratch()
      let own = WorkerEntry.command
      let limited = WorkerCommand("/bin/sh") { folder, cell in
        ["-c", "ulimit -f \(blocks); trap '' XFSZ; exec \"$0\" \"$@\"", own.executable] + own.arguments(folder, cell)
      }
      let summary = try Self.run(plan, scratch.path, limited)
      #expect(summary.now == 0 && summary.failures.count == plan.cells.count)
      for failure in summary.failures { #expect(failure.reason.contains("File too large"), "\(failure.reason)") }
      #expect(done(plan, scratch.path).isEmpty)
      try finish(plan, scratch.path)
    }

    @Test(.enabled(if: try needed(SmallDisk.canBeMade, SmallDisk.why), "\(SmallDisk.why)"))
    func `A read-only folder: running is refused in a line, reading goes on, and nothing is changed`() throws {
      let plan = try Self.plan.get()
      let disk = try SmallDisk(kilobytes: 4096)
      let folder = "\(disk.path)/runs"
      _ = try Self.run(plan, folder)
      let whole = try JSONFile.encoder().encode(Comparison(reading: folder))
      try SmallDisk.seal(disk.path)
      let says = message { _ = try Self.run(plan, folder) }
      #expect(says == "\(folder)/.lock: cannot be opened (Read-only file system).")
      #expect(try JSONFile.encoder().encode(Comparison(reading: folder)) == whole)
      #expect(try RunnerTests.essence(plan, folder) == Self.expected.get())
      let elsewhere = message { _ = try Self.run(plan, "\(disk.path)/others") }
      #expect(elsewhere.hasPrefix("\(disk.path)/others: cannot be written (") && !elsewhere.contains("\n"))
    }

    @Test(.enabled(if: try needed(SmallDisk.canBeMade, SmallDisk.why), "\(SmallDisk.why)"))
    func `A folder that becomes read-only on the way: what is done stays, the rest is done when it can be written`()
      throws
    {
      let plan = try Self.plan.get()
      let disk = try SmallDisk(kilobytes: 4096)
      let folder = "\(disk.path)/runs"
      let sealing = ProgressOutput(.lines) {
        guard $0.hasPrefix("[1/6]") else { return }
        do { try SmallDisk.seal("\(folder)/cells") } catch { Issue.record("\(error)") }
      }
      let summary = try Self.run(plan, folder, WorkerEntry.command, sealing)
      #expect(summary.now >= 1 && !summary.failures.isEmpty && summary.now + summary.failures.count == 6)
      for failure in summary.failures {
        #expect(failure.reason.contains("Read-only file system"), "\(failure.reason)")
      }
      #expect(done(plan, folder).count == summary.now)
      SmallDisk.unseal("\(folder)/cells")
      try finish(plan, folder)
    }
  }
#endif
