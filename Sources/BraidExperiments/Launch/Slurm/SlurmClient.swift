import BraidCore
import Foundation

/// Slurm's own commands, as far as a runner needs them. No database is asked: what `squeue` has forgotten is known from
/// what the tasks wrote.
struct SlurmClient {
  /// Where the commands are; empty: on the path.
  let folder: String

  /// A task of an array job, as the queue shows it.
  struct Task: Equatable {
    var job: String
    var number: Int
    /// `PENDING`, `RUNNING`, `TIMEOUT`, …
    var state: String
    var node: String
    /// Why it waits.
    var reason: String

    /// Whether it has ended for good. One that is being cleaned up has not.
    var isOver: Bool { SlurmClient.endings.contains(state) }
  }

  private static let endings: Set<String> = [
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "TIMEOUT",
  ]

  /// How much a cluster takes.
  struct Limits: Equatable {
    /// Tasks of one array job.
    var array: Int
    /// Jobs in the queue, each task counted as one.
    var jobs: Int
  }

  /// Hands in an array job and returns its id.
  /// - Throws: `SetupError` with what `sbatch` said.
  func submit(_ arguments: [String]) throws -> String {
    let ending = try call("sbatch", arguments)
    // "17", or "17;cluster"
    let job = ending.out.split(separator: "\n").last.map { $0.prefix { $0 != ";" } } ?? ""
    guard ending.status == 0, !job.isEmpty, job.allSatisfy(\.isNumber) else {
      let said = SlurmClient.spoken(ending.err.isEmpty ? ending.out : ending.err)
      throw SetupError("sbatch refused the job: \(said.isEmpty ? "it ended with status \(ending.status)" : said).")
    }
    return String(job)
  }

  /// The tasks of jobs with these names that are in the queue, or left it a few minutes ago.
  /// - Throws: `SetupError` when Slurm does not answer.
  func tasks(named names: [String]) throws -> [String: [Int: Task]] {
    guard !names.isEmpty else { return [:] }
    let ending = try call(
      "squeue",
      ["--noheader", "--array", "--states=all", "--name=\(names.joined(separator: ","))", "--format=%j|%F|%K|%T|%N|%r"])
    guard ending.status == 0 else { throw SetupError("squeue does not answer: \(SlurmClient.spoken(ending.err)).") }
    return SlurmClient.tasks(in: ending.out)
  }

  /// Reads the output of `squeue`: name, job, number, state, nodes and reason, one task a line.
  static func tasks(in text: String) -> [String: [Int: Task]] {
    var result: [String: [Int: Task]] = [:]
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "|", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 6, let number = Int(fields[2]) else { continue }
      result[fields[0], default: [:]][number] = Task(
        job: fields[1], number: number, state: fields[3], node: fields[4], reason: fields[5])
    }
    return result
  }

  /// Ends a job, or some of its tasks. One that has ended already is none of its errors.
  /// - Throws: `SetupError` with what `scancel` said.
  func cancel(_ job: String, tasks: [Int]? = nil) throws {
    let list = tasks.map { "_[\($0.map(String.init).joined(separator: ","))]" } ?? ""
    let ending = try call("scancel", ["\(job)\(list)"])
    let isGone = ending.err.contains("Invalid job id")
    try require(ending.status == 0 || isGone, "scancel refused: \(SlurmClient.spoken(ending.err)).")
  }

  /// - Throws: `SetupError` when Slurm does not answer.
  func limits() throws -> Limits {
    let ending = try call("scontrol", ["show", "config"])
    guard ending.status == 0 else { throw SetupError("scontrol does not answer: \(SlurmClient.spoken(ending.err)).") }
    return SlurmClient.limits(in: ending.out)
  }

  /// Reads the output of `scontrol show config`; what it does not say is what Slurm has by default.
  static func limits(in text: String) -> Limits {
    var limits = Limits(array: 1001, jobs: 10_000)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[1] == "=", let value = Int(words[2]), value > 0 else { continue }
      if words[0] == "MaxArraySize" { limits.array = value }
      if words[0] == "MaxJobCount" { limits.jobs = value }
    }
    return limits
  }

  /// What a command said, in one line.
  private static func spoken(_ text: String) -> String {
    let lines = text.split(separator: "\n").map {
      $0.replacing(#/^(sbatch|squeue|scontrol|scancel): (error: )?/#, with: "").trimmingCharacters(in: .whitespaces)
    }
    return lines.joined(separator: "; ").trimmingCharacters(in: CharacterSet(charactersIn: ". "))
  }

  private func call(_ name: String, _ arguments: [String]) throws -> CommandEnding {
    let places =
      folder.isEmpty
      ? (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init) : [folder]
    guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }) else {
      throw SetupError(
        "\(name): not found \(folder.isEmpty ? "on the path" : "in \(folder)"). The launcher \"slurm\" works on the "
          + "machines of a Slurm cluster: name the folder of its commands as launcher.slurm.commands, or give "
          + "--launcher local.")
    }
    return try CommandEnding(of: "\(place)/\(name)", arguments)
  }
}

/// What a program said, and how it ended.
struct CommandEnding {
  let status: Int32
  let out: String
  let err: String

  /// Runs a program to its end.
  /// - Throws: `SetupError` when it cannot be started.
  init(of executable: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    let pipes = [Pipe(), Pipe()]
    defer { for pipe in pipes { pipe.close() } }
    (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, pipes[0], pipes[1])
    let end = ProcessEnd(of: process)
    do { try process.run() } catch {
      throw SetupError("\(executable): cannot be started (\(error.localizedDescription)).")
    }
    // both at once: a program that has filled one pipe waits
    var texts = [Data(), Data()]
    var polled = pipes.map { pollfd(fd: $0.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 65536)
    while polled.contains(where: { $0.fd >= 0 }) {
      poll(&polled, nfds_t(polled.count), -1)
      for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
        let count = read(polled[index].fd, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        if count > 0 { texts[index].append(contentsOf: buffer[..<count]) } else { polled[index].fd = -1 }
      }
    }
    end.wait()
    status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    (out, err) = (String(decoding: texts[0], as: UTF8.self), String(decoding: texts[1], as: UTF8.self))
  }
}
