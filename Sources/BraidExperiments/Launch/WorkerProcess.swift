import BraidCore
import BraidData
import BraidTraining
import Foundation

/// How a worker is started.
public struct WorkerCommand: Sendable {
  /// Path of the program.
  public var executable: String
  /// For an experiment's folder and a cell's id.
  public var arguments: @Sendable (_ experiment: String, _ cell: String) -> [String]

  /// A program and its arguments for a folder and a cell.
  public init(_ executable: String, _ arguments: @escaping @Sendable (String, String) -> [String]) {
    (self.executable, self.arguments) = (executable, arguments)
  }

  /// This very executable, called as `braid worker FOLDER CELL`.
  public static var current: WorkerCommand { WorkerCommand(ExecutableFile.path) { ["worker", $0, $1] } }
}

/// A running worker, as the runner sees it: two pipes to read and a status at the end. Nothing here waits.
final class WorkerProcess: RunningCell {
  let cell: Plan.Cell
  let started = ContinuousClock.now
  /// The epoch it reported last.
  private(set) var latest: EpochRecord?
  private let process = Process()
  /// Held open; its end tells the worker that the runner is gone.
  private let input = Pipe()
  private let output = Pipe(), complaints = Pipe()
  private var unfinished = Data()
  /// The end of what it wrote to standard error.
  private var log = Data()
  private var open: Set<Int32>
  private let end: ProcessEnd

  init(_ cell: Plan.Cell, in experiment: String, _ command: WorkerCommand, environment: [String: String]) throws {
    self.cell = cell
    end = ProcessEnd(of: process)
    process.executableURL = URL(fileURLWithPath: command.executable)
    process.arguments = command.arguments(experiment, cell.id)
    process.environment = environment
    (process.standardInput, process.standardOutput, process.standardError) = (input, output, complaints)
    open = [output.fileHandleForReading.fileDescriptor, complaints.fileHandleForReading.fileDescriptor]
    do { try process.run() } catch {
      throw SetupError("\(command.executable): cannot be started (\(error.localizedDescription)).")
    }
  }

  deinit { for pipe in [input, output, complaints] { pipe.close() } }

  /// What to wait on.
  var descriptors: [Int32] { open.sorted() }
  /// Whether both pipes have ended, so that only the status is left to fetch.
  var isOver: Bool { open.isEmpty }

  /// Takes what is there on a pipe. Returns the epochs that were reported.
  func take(from descriptor: Int32) -> [EpochRecord] {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return [] }
    guard count > 0 else {
      open.remove(descriptor)
      return []
    }
    guard descriptor == output.fileHandleForReading.fileDescriptor else {
      log.append(contentsOf: buffer[..<count])
      if log.count > 65536 { log = log.suffix(32768) }
      return []
    }
    unfinished.append(contentsOf: buffer[..<count])
    var news: [EpochRecord] = []
    while let end = unfinished.firstIndex(of: UInt8(ascii: "\n")) {
      if let record = try? JSONFile.decoder().decode(EpochRecord.self, from: unfinished[unfinished.startIndex..<end]) {
        latest = record
        news.append(record)
      }
      unfinished = Data(unfinished[(end + 1)...])
    }
    return news
  }

  /// How it ended, once `isOver`; nil when all is well.
  func ending() -> WorkerEnding? {
    end.wait()
    let said = WorkerEnding.said(in: log)
    switch process.terminationReason {
    case .exit where process.terminationStatus == 0: return nil
    case .exit: return WorkerEnding(status: process.terminationStatus, saying: said)
    default: return WorkerEnding(signal: process.terminationStatus, saying: said)
    }
  }

  /// What it said that a person should know, though all may be well.
  var notices: [String] {
    String(decoding: log, as: UTF8.self).split(separator: "\n").compactMap { line in
      line.hasPrefix(ContentStore.noticeMark) ? String(line.dropFirst(ContentStore.noticeMark.count)) : nil
    }
  }

  /// Asks it to finish what it is writing and to end.
  func ask() { if process.isRunning { Foundation.kill(process.processIdentifier, SIGTERM) } }

  /// Ends it.
  func kill() { if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) } }
}
