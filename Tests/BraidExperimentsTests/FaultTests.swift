import BraidCore
import BraidTensor
import Foundation
import Testing

@testable import BraidExperiments

#if os(Linux)
  /// The test program as a runner: started again with a filter that lets only this test run.
  @Suite("Runner process") struct RunnerEntry {
    static let variable = "BRAID_TEST_RUNNER"
    static func plan(epochs: Int = 40) throws -> Plan { try Toy.plan([("epochs: 3", "epochs: \(epochs)")]) }

    /// Epochs of its cells, where they are not 40; seconds between two checkpoints, where it is not every epoch; whether
    /// its workers do nothing and hear nothing.
    static let epochsVariable = "BRAID_TEST_EPOCHS", checkpointVariable = "BRAID_TEST_CHECKPOINT"
    static let deafVariable = "BRAID_TEST_DEAF"
    private static func number(_ variable: String) -> Int? {
      ProcessInfo.processInfo.environment[variable].flatMap(Int.init)
    }

    /// The commands of a Slurm cluster; a runner that is given them has its cells trained there, and those take longer.
    static let slurmVariable = "BRAID_TEST_SLURM"
    static let slow = ("epochs: 3", "epochs: 800")

    /// Starts one on a folder; what it says goes to a file.
    /// - Parameters:
    ///   - program: what it is started by, such as `nohup`.
    ///   - slurm: the commands of a cluster.
    ///   - environment: added to this process's.
    static func start(
      in folder: String, log: String, by program: String? = nil, slurm: String? = nil,
      environment: [String: String] = [:]
    ) throws -> Process {
      try TestProgram.start(
        only: "RunnerEntry", log: log, by: program,
        environment: environment.merging([variable: folder]) { $1 }.merging(slurm.map { [slurmVariable: $0] } ?? [:]) {
          $1
        })
    }

    @Test func `Runs the plan in the folder it is asked for, if it is asked`() throws {
      guard let folder = ProcessInfo.processInfo.environment[RunnerEntry.variable] else { return }
      unsetenv(RunnerEntry.variable)  // workers are not runners
      var launcher = Launcher.local
      var plan = try Self.plan(epochs: Self.number(Self.epochsVariable) ?? 40)
      var command = WorkerEntry.command(checkpointEvery: Self.number(Self.checkpointVariable) ?? 0)
      if Self.number(Self.deafVariable) != nil {
        command = WorkerCommand("/bin/sh") { _, _ in ["-c", "trap '' TERM INT HUP; exec sleep 60"] }
      }
      if let commands = ProcessInfo.processInfo.environment[RunnerEntry.slurmVariable] {
        var options = SlurmOptions()
        (options.commands, options.pollSeconds, options.settleSeconds) = (commands, 0.2, 2)
        launcher = .slurm(options)
        plan = try Toy.plan([Self.slow])
      }
      let summary = try Runner(
        plan, in: folder, workers: 2, launcher: launcher, command: command, output: .standardError, isStoppable: true
      ).run()
      exit(summary.exitStatus)
    }
  }

  /// Workers that a process started: its children that run this same program, or another.
  ///
  /// Under a sanitizer, what still has its parent's command line is not one of them: a sanitizer that has leaks to name forks
  /// a helper as a process ends, which is this program until it has become another, and whose death ends the process, too
  /// (SIGPIPE).
  private func workers(of parent: Int32, running program: String? = nil) -> [Int32] {
    let itself =
      program.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
      ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    func commandLine(_ process: Int32) -> String? {
      try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
    }
    let parents = Sanitizer.isAtWork ? commandLine(parent) : nil
    return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap(Int32.init).filter {
      process in
      // "pid (name) state parent …"; a name may hold anything, so what follows its last bracket is read
      guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 1
      else { return false }
      return Int32(fields[1]) == parent
        && itself == (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe"))
        && (parents == nil || commandLine(process) != parents)
    }
  }

  @Suite("What happens when processes die", .serialized) struct FaultTests {
    private func finished(_ plan: Plan, _ folder: String) -> Int {
      plan.cells.filter { if case .done = RunFolder.state(of: $0, in: folder) { true } else { false } }.count
    }

    /// Ends as soon as there have been so many kills and the plan they fell into is done.
    @Test
    func `200 kills of runners and workers at random moments: the end is that of a run nobody disturbed, to the bit`()
      throws
    {
      let plan = try RunnerEntry.plan()
      let undisturbed = try Scratch()
      let command = WorkerEntry.command
      _ = try Runner(plan, in: undisturbed.path, workers: 2, command: command, output: .silent).run()
      let expected = try RunnerTests.essence(plan, undisturbed.path)
      var stream = RandomStream(seed: 4, .sampling, path: "kills")
      var kills = (runners: 0, workers: 0)
      while kills.runners + kills.workers < 200 {
        let scratch = try Scratch()
        while finished(plan, scratch.path) < plan.cells.count {
          let runner = try RunnerEntry.start(in: scratch.path, log: "\(scratch.path).log")
          while true {
            usleep(UInt32(Sanitizer.slowness * (20_000 + stream.below(500_000))))
            guard runner.isRunning else { break }
            let workers = workers(of: runner.processIdentifier)
            if let victim = workers.first, kills.workers <= kills.runners {
              kill(workers.count > 1 && stream.below(2) == 0 ? workers[1] : victim, SIGKILL)
              kills.workers += 1
            } else {
              kill(runner.processIdentifier, SIGKILL)
              kills.runners += 1
              break
            }
          }
          runner.waitUntilExit()
          #expect(
            runner.terminationReason == .exit
              ? runner.terminationStatus == 0 || runner.terminationStatus == 2
              : runner.terminationStatus == SIGKILL,
            "it ended by itself, or was killed: \(runner.terminationStatus)")
          for cell in plan.cells {
            if case .damaged(let why) = RunFolder.state(of: cell, in: scratch.path) {
              Issue.record("half a run has the name of a whole one: \(why)")
            }
          }
        }
        try? FileManager.default.removeItem(atPath: "\(scratch.path).log")
        #expect(try RunnerTests.essence(plan, scratch.path) == expected)
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/cells").filter {
          $0.hasPrefix(".")
        }
        #expect(left == [])
      }
      #expect(kills.runners > 50 && kills.workers > 50)
    }

    /// Once it is at work, it listens to signals.
    private func waitUntilAtWork(_ runner: Process, _ folder: String) {
      while ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/cells")) ?? []).isEmpty, runner.isRunning
      {
        usleep(5_000)
      }
      usleep(50_000)
    }

    @Test func `A runner started with nohup goes on when its terminal is gone`() throws {
      let plan = try RunnerEntry.plan()
      let scratch = try Scratch()
      let runner = try RunnerEntry.start(in: scratch.path, log: "\(scratch.path).log", by: "/usr/bin/nohup")
      defer { try? FileManager.default.removeItem(atPath: "\(scratch.path).log") }
      waitUntilAtWork(runner, scratch.path)
      kill(runner.processIdentifier, SIGHUP)
      runner.waitUntilExit()
      #expect(runner.terminationReason == .exit && runner.terminationStatus == 0)
      #expect(finished(plan, scratch.path) == plan.cells.count)
    }

    @Test func `Of two runners on one folder the second is refused, and the first does all the work`() throws {
      let plan = try RunnerEntry.plan()
      let (scratch, alone) = (try Scratch(), try Scratch())
      let logs = ["\(scratch.path).log", "\(scratch.path).second.log"]
      defer { for log in logs { try? FileManager.default.removeItem(atPath: log) } }
      let first = try RunnerEntry.start(in: scratch.path, log: logs[0])
      waitUntilAtWork(first, scratch.path)
      kill(first.processIdentifier, SIGSTOP)  // it keeps the folder however long the second takes to start
      let second = try RunnerEntry.start(in: scratch.path, log: logs[1])
      second.waitUntilExit()
      #expect(second.terminationReason == .exit && second.terminationStatus == 1)
      kill(first.processIdentifier, SIGCONT)
      let says = try String(contentsOfFile: logs[1], encoding: .utf8)
      let holder = "process \(first.processIdentifier) on "
      #expect(says.contains("another braid is running this experiment (\(holder)"), "\(says)")
      first.waitUntilExit()
      #expect(first.terminationStatus == 0)
      _ = try Runner(plan, in: alone.path, workers: 2, command: WorkerEntry.command, output: .silent).run()
      #expect(try RunnerTests.essence(plan, scratch.path) == RunnerTests.essence(plan, alone.path))
    }

    @Test(arguments: [SIGTERM, SIGINT], [0, 1])
    func `A signal to stop: what remains is said, and the next run does it to the same bits`(
      _ number: Int32, _ before: Int
    ) throws {
      let plan = try RunnerEntry.plan()
      let (scratch, whole) = (try Scratch(), try Scratch())
      let runner = try RunnerEntry.start(in: scratch.path, log: "\(scratch.path).log")
      defer { try? FileManager.default.removeItem(atPath: "\(scratch.path).log") }
      waitUntilAtWork(runner, scratch.path)
      // held on, it starts no other cell and does not hear of a run that is done meanwhile
      kill(runner.processIdentifier, SIGSTOP)
      while finished(plan, scratch.path) < before { usleep(1_000) }
      kill(runner.processIdentifier, number)
      kill(runner.processIdentifier, SIGCONT)
      runner.waitUntilExit()
      #expect(runner.terminationReason == .exit && runner.terminationStatus == 128 + number)
      let done = finished(plan, scratch.path)
      let log = try String(contentsOfFile: "\(scratch.path).log", encoding: .utf8)
      #expect(log.contains("stopped: \(6 - done) of 6 runs remain; run again to do them."), "\(log)")
      #expect(done < 6)
      for folder in [scratch.path, whole.path] {
        let summary = try Runner(plan, in: folder, workers: 2, command: WorkerEntry.command, output: .silent).run()
        #expect(summary.exitStatus == 0)
      }
      #expect(try RunnerTests.essence(plan, scratch.path) == RunnerTests.essence(plan, whole.path))
    }

    /// Signals a runner and its workers at once, as a terminal does with all that are in the foreground.
    private func pressControlC(on runner: Process) {
      for process in [runner.processIdentifier] + workers(of: runner.processIdentifier) { kill(process, SIGINT) }
    }

    @Test func `Ctrl-C reaches the workers too: no epoch is lost, and the next run ends with the same bits`() throws {
      let plan = try RunnerEntry.plan(epochs: 400)
      let (scratch, whole) = (try Scratch(), try Scratch())
      let runner = try RunnerEntry.start(
        in: scratch.path, log: "\(scratch.path).log",
        environment: [RunnerEntry.epochsVariable: "400", RunnerEntry.checkpointVariable: "3600"])
      defer { try? FileManager.default.removeItem(atPath: "\(scratch.path).log") }
      waitUntilAtWork(runner, scratch.path)
      // some epochs of the first cells are done; no checkpoint is due for an hour
      func lines(_ folder: String) -> Int {
        ((try? String(contentsOfFile: "\(scratch.path)/cells/\(folder)/epochs.jsonl", encoding: .utf8)) ?? "")
          .split(separator: "\n").count
      }
      func partials() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/cells")) ?? []).filter {
          $0.hasSuffix(".partial")
        }
      }
      while runner.isRunning, !(partials().count == 2 && partials().allSatisfy { lines($0) > 3 }) { usleep(1_000) }
      pressControlC(on: runner)
      runner.waitUntilExit()
      let log = try String(contentsOfFile: "\(scratch.path).log", encoding: .utf8)
      #expect(runner.terminationReason == .exit && runner.terminationStatus == 130, "\(log)")
      #expect(log.contains("stopping: what is being written is finished first; Ctrl-C again ends at once"))
      let done = finished(plan, scratch.path)
      #expect(log.contains("stopped: \(6 - done) of 6 runs remain; run again to do them.") && !log.contains("FAILED"))
      // of every cell that had begun there is a run or a checkpoint, and nothing half-written
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/cells")
      #expect(names.filter { $0.hasSuffix(".checkpoint") }.count >= 1 && !names.contains { $0.hasSuffix(".partial") })
      for folder in [scratch.path, whole.path] {
        let summary = try Runner(plan, in: folder, workers: 2, command: WorkerEntry.command, output: .silent).run()
        #expect(summary.exitStatus == 0)
      }
      #expect(try RunnerTests.essence(plan, scratch.path) == RunnerTests.essence(plan, whole.path))
    }

    /// Workers that ignore every request to end.
    @Test func `Ctrl-C ends what does not end within some seconds; again, it ends everything at once`() throws {
      for presses in 1...2 {
        let scratch = try Scratch()
        let runner = try RunnerEntry.start(
          in: scratch.path, log: "\(scratch.path).log", environment: [RunnerEntry.deafVariable: "1"])
        defer { try? FileManager.default.removeItem(atPath: "\(scratch.path).log") }
        while runner.isRunning, workers(of: runner.processIdentifier, running: "/bin/sleep").count < 2 { usleep(1_000) }
        let deaf = workers(of: runner.processIdentifier, running: "/bin/sleep")
        let start = ContinuousClock.now
        kill(runner.processIdentifier, SIGINT)
        usleep(300_000)
        #expect(runner.isRunning, "it waits for its workers")
        if presses == 2 { kill(runner.processIdentifier, SIGINT) }
        runner.waitUntilExit()
        #expect(runner.terminationReason == .exit && runner.terminationStatus == 130)
        let took = ContinuousClock.now - start
        #expect(presses == 2 ? took < .seconds(4) : took >= LocalLauncher.grace, "\(took)")
        #expect(deaf.count == 2 && deaf.allSatisfy { kill($0, 0) != 0 && errno == ESRCH }, "none is left behind")
      }
    }
  }
#endif
