import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

@Suite("The script of a Slurm task") struct SlurmScriptTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func script(
    _ worker: String, _ options: SlurmOptions = SlurmOptions(), variables: [String: String] = [:]
  ) throws -> SlurmScript {
    SlurmScript(
      plan: try Toy.plan(), experiment: scratch.path, options: options,
      command: WorkerCommand("/bin/sh") { ["-c", worker, "sh", $0, $1] }, variables: variables)
  }

  /// A submission of two tasks: cells a, b and cell c.
  private func submission(
    _ worker: String, _ options: SlurmOptions = SlurmOptions(), variables: [String: String] = [:]
  ) throws -> Submission {
    let script = try script(worker, options, variables: variables)
    return try Submission(
      [.init(cells: ["a", "b"]), .init(cells: ["c"], tries: 1, epochs: 7)], of: "toy", in: scratch.path
    ) { script.text(in: $0) }
  }

  /// Does what Slurm does with a task.
  private func run(_ submission: Submission, task: Int) throws -> CommandEnding {
    try listeningToSignals {
      try CommandEnding(
        of: "/usr/bin/env",
        ["SLURM_ARRAY_TASK_ID=\(task)", "SLURMD_NODENAME=n7", "SLURM_RESTART_COUNT=0", "/bin/bash", submission.script])
    }
  }
  private func record(_ submission: Submission, task: Int) throws -> [String] {
    try String(contentsOfFile: "\(submission.path)/tasks/\(task).txt", encoding: .utf8).split(separator: "\n")
      .map(String.init)
  }

  @Test func `A task trains the cells of its line in turn, and notes it`() throws {
    let submission = try submission("echo \"$2\" >>$1/trained")
    #expect(try run(submission, task: 0).status == 0)
    #expect(try run(submission, task: 1).status == 0)
    #expect(try String(contentsOfFile: "\(scratch.path)/trained", encoding: .utf8) == "a\nb\nc\n")
    #expect(try record(submission, task: 0) == ["start 0 n7", "cell a", "end a 0", "cell b", "end b 0", "finished"])
    #expect(try record(submission, task: 1) == ["start 0 n7", "cell c", "end c 0", "finished"])
  }

  @Test func `A worker that fails does not take the next cell along; what it said is kept`() throws {
    let submission = try submission("if [ $2 = a ]; then echo no luck >&2; exit 7; fi")
    #expect(try run(submission, task: 0).status == 2)
    let record = submission.record(of: 0)
    #expect(record.statuses == ["a": 7, "b": 0] && record.isFinished && record.node == "n7" && record.current == nil)
    #expect(submission.said("a") == "no luck" && submission.said("b").isEmpty)
  }

  @Test func `Told to stop, it notes no end of the cell it was at`() throws {
    // Slurm's signal reaches the worker and the script, in any order
    for worker in ["kill -TERM $PPID; sleep 0.1; kill -TERM $$", "kill -TERM $$"] {
      let submission = try submission(worker)
      #expect(try run(submission, task: 0).status == 143)
      let record = submission.record(of: 0)
      #expect(record.statuses.isEmpty && record.isStopped && !record.isFinished && record.current == "a")
    }
  }

  /// Slurm's signal ends what the script has started, whatever that is.
  @Test(arguments: ["kill -TERM $$; false", "sed() { kill -TERM $$; }"])
  func `Told to stop before its first cell, it takes nothing for finished or failed`(_ line: String) throws {
    var options = SlurmOptions()
    options.setup = [line]
    let submission = try submission("touch $1/trained", options)
    #expect(try run(submission, task: 0).status == 143)
    let record = submission.record(of: 0)
    #expect(record.isStopped && !record.isFinished && record.unprepared == nil && record.statuses.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/trained"))
  }

  @Test func `Begun again by Slurm, it goes on after the cells that had ended`() throws {
    let submission = try submission(
      "echo $2 >>$1/trained; if [ $2 = a ]; then exit 2; fi; [ -e $1/again ] || kill -TERM $$")
    #expect(try run(submission, task: 0).status == 143)
    try Data().write(to: URL(fileURLWithPath: "\(scratch.path)/again"))
    _ = try run(submission, task: 0)
    #expect(try String(contentsOfFile: "\(scratch.path)/trained", encoding: .utf8) == "a\nb\nb\n")
    let record = submission.record(of: 0)
    #expect(record.statuses == ["a": 2, "b": 0] && record.isFinished && !record.isStopped)
  }

  @Test func `When its submission is closed or cancelled, it does nothing`() throws {
    for end in [{ try $0.close() }, { try $0.cancel() }] as [(Submission) throws -> Void] {
      let submission = try submission("touch $1/trained")
      try end(submission)
      #expect(try run(submission, task: 0).status == 0)
      #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/trained"))
    }
  }

  @Test func `The preparation comes first, in order; a line that fails is told, and nothing is trained`() throws {
    var options = SlurmOptions()
    options.setup = ["export GREETING='it'\"'\"'s set'", "cd /"]
    let submission = try submission("echo \"$GREETING $PWD $OTHER\" >$1/said", options, variables: ["OTHER": "a b'c"])
    #expect(try run(submission, task: 1).status == 0)
    #expect(try String(contentsOfFile: "\(scratch.path)/said", encoding: .utf8) == "it's set / a b'c\n")
    options.setup = ["true", "cd /nowhere"]
    let failing = try self.submission("touch $1/trained", options)
    #expect(try run(failing, task: 0).status == 1)
    #expect(failing.record(of: 0).unprepared == "cd /nowhere")
    #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/trained"))
  }

  @Test func `Modules are loaded in a login shell`() throws {
    var options = SlurmOptions()
    (options.modules, options.setup) = (["gcc/13", "o'penblas"], ["ulimit -c 0"])
    let text = try script("true", options).text(in: "/x")
    #expect(text.hasPrefix("#!/bin/bash -l\n"))
    let steps = try #require(text.range(of: "module load 'gcc/13'"))
    #expect(text[steps.upperBound...].contains("module load 'o'\\''penblas'\n} || give_up"))
    #expect(try script("true").text(in: "/x").hasPrefix("#!/bin/bash\n"))
  }

  @Test func `The digest of the program is that of the file the task starts`() throws {
    let submission = try submission(
      "echo $BRAID_EXECUTABLE_DIGEST >$1/digest; echo ${BRAID_SUPERVISED-none} >>$1/digest")
    _ = try run(submission, task: 1)
    #expect(
      try String(contentsOfFile: "\(scratch.path)/digest", encoding: .utf8)
        == "\(ExecutableFile.digest("/bin/sh"))\nnone\n")
  }

  @Test func `sbatch is told what the options say, and nothing of what they leave open`() throws {
    let submission = try submission("true")
    let plain = try script("true").arguments(for: submission)
    let here = FileManager.default.currentDirectoryPath
    #expect(
      plain == [
        "--parsable", "--job-name=\(submission.name)", "--array=0-1", "--output=\(submission.path)/logs/%a.txt",
        "--open-mode=append", "--chdir=\(here)", "--comment=Braid: \(scratch.path)", "--requeue", "--nodes=1",
        "--ntasks=1", "--cpus-per-task=1", submission.script,
      ])
    var options = SlurmOptions()
    (options.partition, options.account, options.time, options.memory) = ("gpu", "lab", "1-0", "4G")
    (options.cpus, options.gpus, options.tasksAtOnce, options.arguments) = (8, 2, 5, ["--constraint=avx512"])
    let full = try script("true", options).arguments(for: submission)
    #expect(full.contains("--array=0-1%5") && full.contains("--cpus-per-task=8"))
    #expect(
      full.suffix(7) == [
        "--partition=gpu", "--account=lab", "--time=1-0", "--mem=4G", "--gres=gpu:2", "--constraint=avx512",
        submission.script,
      ])
  }
}
