import BraidTraining
import Foundation

/// Where progress is written: lines that stay, and on a terminal one line that is refreshed.
public struct ProgressOutput: Sendable {
  /// Width of the terminal; nil when it is none: then only lines that stay are written.
  public var columns: Int?
  public var write: @Sendable (String) -> Void
  public init(columns: Int?, write: @escaping @Sendable (String) -> Void) {
    (self.columns, self.write) = (columns, write)
  }

  /// Standard error, so that standard output is for results.
  public static var standardError: ProgressOutput {
    var size = winsize()
    let isTerminal = isatty(STDERR_FILENO) == 1 && ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
    return ProgressOutput(columns: isTerminal ? max(Int(size.ws_col), 40) : nil) {
      try? FileHandle.standardError.write(contentsOf: Data($0.utf8))
    }
  }
  public static let silent = ProgressOutput(columns: nil) { _ in }
}

/// Tells a person what a runner is doing and how long it will take.
final class Progress {
  private let plan: Plan
  private let output: ProgressOutput
  private var finished = 0
  /// Seconds an epoch took, evaluation and start included, by row and over all.
  private var costs: [String: (seconds: Double, epochs: Int)] = [:]
  private var status = ""
  private var lastLine = ContinuousClock.now
  private var workers = 1
  private var hasNews = false

  init(_ plan: Plan, _ output: ProgressOutput) { (self.plan, self.output) = (plan, output) }

  func begin(before: Int, waiting: Int, workers: Int, folder: String) {
    (finished, self.workers) = (before, max(workers, 1))
    let done = before == 0 ? "" : ", \(before) done before"
    let work = waiting == 0 ? "nothing to do" : "\(waiting) to do with \(workers) worker\(workers == 1 ? "" : "s")"
    note("\(plan.name): \(plan.cells.count) runs\(done), \(work), in \(folder)")
  }

  func epoch(_ record: EpochRecord, of cell: Plan.Cell) { hasNews = true }

  /// Refreshes the line of a terminal; elsewhere says every ten seconds how far everything is.
  func tick(_ running: [WorkerProcess], waiting: ArraySlice<Plan.Cell>) {
    let parts = running.map { worker in Progress.standing(worker.cell, worker.latest) }
    let left = remaining(running, waiting).map { ", \(Progress.spoken(seconds: $0)) left" } ?? ""
    let text = "\(finished) of \(plan.cells.count) done\(left)   " + parts.joined(separator: "   ")
    if let columns = output.columns {
      let shown = text.count > columns - 1 ? text.prefix(columns - 2) + "…" : text[...]
      if shown != status { output.write("\r\u{1b}[2K\(shown)") }
      status = String(shown)
    } else if hasNews, ContinuousClock.now - lastLine > .seconds(10) {
      note(text)
      hasNews = false
    }
  }

  func done(_ run: RunFolder, seconds: Double) {
    finished += 1
    let result = run.result
    add(seconds, result.epochs ?? 1, to: result.row)
    let metric = plan.metrics.first?.name ?? "loss"
    let value = result.metrics["validation"]?[metric].map { ", validation \(metric) \(Progress.short($0))" } ?? ""
    note(
      "\(counted) \(result.row), seed \(result.seed): best epoch \(result.bestEpoch ?? 0) of "
        + "\(result.epochs ?? 0)\(value), "
        + "\(Progress.spoken(seconds: seconds))")
  }

  func failed(_ cell: Plan.Cell, _ reason: String) {
    finished += 1
    note("\(counted) \(cell.row), seed \(cell.seed) FAILED: \(reason)")
  }

  func end(_ summary: Runner.Summary) {
    guard summary.failures.isEmpty else {
      return note(
        "\(summary.failures.count) of \(plan.cells.count) runs failed; the others are not affected. "
          + "Run again to retry them."
      )
    }
  }

  /// A line that stays.
  func note(_ text: String) {
    output.write((output.columns == nil ? "" : "\r\u{1b}[2K") + text + "\n")
    (status, lastLine) = ("", ContinuousClock.now)
  }

  private var counted: String {
    let total = "\(plan.cells.count)", number = "\(finished)"
    return "[\(String(repeating: " ", count: max(total.count - number.count, 0)))\(number)/\(total)]"
  }

  private func add(_ seconds: Double, _ epochs: Int, to row: String) {
    for key in [row, ""] {
      let old = costs[key] ?? (0, 0)
      costs[key] = (old.seconds + seconds, old.epochs + max(epochs, 1))
    }
  }

  /// Seconds until the last run ends, if none stops early; nil before anything is known.
  private func remaining(_ running: [WorkerProcess], _ waiting: ArraySlice<Plan.Cell>) -> Double? {
    func perEpoch(_ row: String) -> Double? { (costs[row] ?? costs[""]).map { $0.seconds / Double($0.epochs) } }
    var total = 0.0, longest = 0.0
    for worker in running {
      let elapsed = (ContinuousClock.now - worker.started).inSeconds
      let own = worker.latest.map { elapsed / Double($0.epoch) }
      guard let seconds = own ?? perEpoch(worker.cell.row) else { return nil }
      let left = seconds * Double(worker.cell.configuration.train.epochs - (worker.latest?.epoch ?? 0))
      total += left
      longest = max(longest, left)
    }
    let known = running.compactMap { worker in
      worker.latest.map { (ContinuousClock.now - worker.started).inSeconds / Double($0.epoch) }
    }
    for cell in waiting {
      guard let seconds = perEpoch(cell.row) ?? known.max() else { return nil }
      total += seconds * Double(cell.configuration.train.epochs)
    }
    return max(total / Double(workers), longest)
  }

  private static func standing(_ cell: Plan.Cell, _ record: EpochRecord?) -> String {
    let name = "\(cell.row), seed \(cell.seed)"
    guard let record else { return "\(name): starting" }
    let metric = cell.configuration.metrics.first?.name ?? "loss"
    let value = record.metrics[metric] ?? record.validationLoss
    return "\(name): epoch \(record.epoch)/\(cell.configuration.train.epochs) \(metric) \(short(value))"
  }

  /// `45 s`, `3 min`, `2 h 5 min`.
  static func spoken(seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole < 100 { return seconds < 9.95 ? "\((seconds * 10).rounded() / 10) s" : "\(whole) s" }
    if whole < 5400 { return "\((whole + 30) / 60) min" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  /// Four digits.
  static func short(_ value: Double) -> String {
    value.isFinite ? String(format: "%.4g", value) : value.isNaN ? "NaN" : "\(value)"
  }
}
