import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

/// A real Slurm cluster on this machine, which goes away with the test, however that ends.
final class SlurmCluster {
  private let scratch: Scratch
  /// Where its commands are.
  var commands: String { "\(scratch.path)/bin" }

  private static let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("tools/slurm-loopback").path

  /// Why this machine can have none; nil when it can. Found out by starting one, so only a condition may ask: whatever else
  /// stands in a trait is worked out in every process of the tests, workers among them.
  static let obstacle: String? = {
    do {
      _ = try SlurmCluster()
      return nil
    } catch {
      FileHandle.standardError.write(Data("notice: the tests on a Slurm cluster are skipped: \(error)\n".utf8))
      return "\(error)"
    }
  }()

  /// - Parameters:
  ///   - nodes: called `n1`, `n2`, …
  ///   - cpus: that each is said to have, whatever this machine has.
  ///   - array: tasks an array job may have.
  init(nodes: Int = 2, cpus: Int = 2, array: Int = 1001) throws {
    scratch = try Scratch()
    try SlurmCluster.call("start", scratch.path, "\(nodes)", "\(cpus)", "\(array)")
  }
  deinit { try? SlurmCluster.call("stop", scratch.path) }

  /// Ends a node of a cluster as a power cut would.
  static func kill(node: String, of commands: String) throws {
    try call("kill-node", URL(fileURLWithPath: commands).deletingLastPathComponent().path, node)
  }

  /// Ends the controller of a cluster, or starts it again.
  static func controller(_ action: String, of commands: String) throws {
    try call("\(action)-controller", URL(fileURLWithPath: commands).deletingLastPathComponent().path)
  }

  private static func call(_ action: String, _ folder: String, _ more: String...) throws {
    let ending = try CommandEnding(of: tool, [action, folder] + more)
    guard ending.status == 0 else {
      throw SetupError((ending.out + ending.err).trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  /// What one of its commands says.
  @discardableResult func say(_ command: String, _ arguments: String...) throws -> String {
    try CommandEnding(of: "\(commands)/\(command)", arguments).out.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Settings that suit it and a test's patience.
  func options(_ change: (inout SlurmOptions) -> Void = { _ in }) -> SlurmOptions {
    var options = SlurmOptions()
    (options.commands, options.pollSeconds, options.settleSeconds) = (commands, 0.2, 2)
    change(&options)
    return options
  }

  /// Waits until something is so. Fails when it is not within a minute.
  static func wait(_ what: String, until condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(60)
    while try !condition() {
      guard ContinuousClock.now < end else { throw SetupError("not within a minute: \(what)") }
      usleep(20_000)
    }
  }
}

/// Has what is started within `body` listen to signals: a test's thread need not, and what it starts is like it.
func listeningToSignals<Result>(_ body: () throws -> Result) rethrows -> Result {
  var (none, before) = (sigset_t(), sigset_t())
  sigemptyset(&none)
  pthread_sigmask(SIG_SETMASK, &none, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  return try body()
}

/// Commands that stand for a cluster's: what Slurm is told is written down, and what it says of its tasks is the test's.
final class PretendedSlurm {
  private let scratch: Scratch
  var commands: String { scratch.path }

  /// Text of an `sbatch` that notes the job.
  static let noting = """
    for argument; do
      case $argument in --job-name=*) name=${argument#*=} ;; --array=*) array=${argument#*=0-} ;; esac
    done
    job=$(($(cat "$here/jobs" 2>/dev/null | wc -l) + 1))
    echo "$name $job ${array%\\%*}" >>"$here/jobs"
    printf '%s\\n' "$@" >"$here/arguments-$job"
    echo "$job"
    """
  /// More of it, that has the tasks of the job done at once.
  static let doing = """
    for argument; do case $argument in --array=*) last=${argument#*=0-} ;; *) script=$argument ;; esac; done
    for task in $(seq 0 "$last"); do SLURM_ARRAY_TASK_ID=$task SLURMD_NODENAME=n1 bash "$script" >&2; done
    """

  /// - Parameter state: of every task, as `squeue` says it.
  init(state: String) throws {
    scratch = try Scratch()
    try command("sbatch", PretendedSlurm.noting)
    try command(
      "squeue",
      """
      touch "$here/jobs"
      for argument; do case $argument in --name=*) names=,${argument#*=}, ;; esac; done
      while read -r name job last; do
        case $names in *",$name,"*) ;; *) continue ;; esac
        for task in $(seq 0 "$last"); do echo "$name|$job|$task|$(cat "$here/state")|n1|None"; done
      done <"$here/jobs"
      """)
    try command("scontrol", "echo 'MaxArraySize            = 1001'")
    try command("scancel", "echo \"$@\" >>\"$here/cancelled\"")
    try say(state)
  }

  func say(_ state: String) throws { try write(state, "state") }

  /// Puts a script in the place of a command.
  func command(_ name: String, _ text: String) throws {
    try write("#!/bin/sh\nhere=\(scratch.path)\n\(text)\n", "\(name).text")
    // Another program makes the file that is run. What this one has open to write is, for a moment, open in every process
    // that another test begins just then, and a file somebody writes to cannot be started ("text file busy").
    let making = "cp \"$0.text\" \"$0.new\" && chmod 755 \"$0.new\" && mv \"$0.new\" \"$0\""
    let ending = try CommandEnding(of: "/bin/sh", ["-c", making, "\(scratch.path)/\(name)"])
    try #require(ending.status == 0, "\(ending.err)")
  }

  private func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/\(name)"))
  }

  /// What was written down: a line a job (name, id, last task), or the arguments of one.
  func lines(_ name: String) -> [String] {
    ((try? String(contentsOfFile: "\(scratch.path)/\(name)", encoding: .utf8)) ?? "").split(separator: "\n")
      .map(String.init)
  }

  var options: SlurmOptions {
    var options = SlurmOptions()
    (options.commands, options.pollSeconds, options.settleSeconds) = (commands, 0.02, 0.1)
    return options
  }
}
