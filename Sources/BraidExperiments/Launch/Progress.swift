import BraidTraining
import Foundation

/// Where progress is written.
public struct ProgressOutput: Sendable {
  /// Whether people or programs read it.
  public enum Form: Sendable {
    /// Lines that stay.
    case lines
    /// Lines that stay, and below them a block that is drawn anew: the whole plan, then the running cells, as many as fit.
    /// The size is asked for with every drawing: windows change.
    case terminal(size: @Sendable () -> (columns: Int, rows: Int))
    /// One JSON object an event.
    case json
  }
  /// Whether people or programs read it.
  public var form: Form
  /// What prints a line.
  public var write: @Sendable (String) -> Void
  /// A form and what prints it.
  public init(_ form: Form, write: @escaping @Sendable (String) -> Void) { (self.form, self.write) = (form, write) }

  /// Standard error, so that standard output is for results.
  public static var standardError: ProgressOutput {
    let isTerminal = isatty(STDERR_FILENO) == 1 && terminalSize() != nil
    return ProgressOutput(isTerminal ? .terminal { terminalSize() ?? (80, 24) } : .lines) {
      try? FileHandle.standardError.write(contentsOf: Data($0.utf8))
    }
  }
  private static func terminalSize() -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    // a terminal that does not know its size says 0
    return (size.ws_col == 0 ? 80 : Int(size.ws_col), size.ws_row == 0 ? 24 : Int(size.ws_row))
  }
  /// Events for a tool, on standard output.
  public static var json: ProgressOutput {
    ProgressOutput(.json) { try? FileHandle.standardOutput.write(contentsOf: Data($0.utf8)) }
  }
  /// Nothing is printed.
  public static let silent = ProgressOutput(.lines) { _ in }
}

/// Tells a person, or a tool, what a runner is doing and how long it will take.
final class Progress {
  private let plan: Plan
  private let output: ProgressOutput
  private var finished = 0, failures = 0
  private var costs = CellCosts()
  /// What a terminal shows below the lines that stay.
  private var block: [String] = []
  private var lastLine = ContinuousClock.now
  /// Between two lines that say how far everything is.
  private let pause: Duration
  private var hasNews = false
  private var saidOnce: Set<String> = []

  /// - Parameter pause: between two lines that say how far everything is, where there is no terminal.
  init(_ plan: Plan, _ output: ProgressOutput, pause: Duration = .seconds(10)) {
    (self.plan, self.output, self.pause) = (plan, output, pause)
  }

  /// - Parameter means: how the waiting cells are trained, and by how many at a time where that is known.
  func begin(before: Int, waiting: Int, by means: (workers: Int?, text: String), folder: String) {
    finished = before
    let done = before == 0 ? "" : ", \(before) done before"
    let work = waiting == 0 ? "nothing to do" : "\(waiting) to do \(means.text)"
    tell(.begin, "\(plan.name): \(plan.cells.count) runs\(done), \(work), in \(folder)") {
      ($0.cells, $0.finished, $0.waiting, $0.workers) = (self.plan.cells.count, before, waiting, means.workers)
      $0.folder = folder
    }
  }

  func epoch(_ record: EpochRecord, of worker: any RunningCell) {
    hasNews = true
    guard case .json = output.form else { return }
    tell(.epoch, nil, worker.cell) {
      ($0.epoch, $0.epochs) = (record.epoch, worker.cell.configuration.train.epochs)
      ($0.trainLoss, $0.validationLoss, $0.metrics) = (record.trainLoss, record.validationLoss, record.metrics)
      $0.secondsLeft = self.costs.left(of: worker)
    }
  }

  /// Draws a terminal's block anew; elsewhere says every ten seconds how far everything is.
  /// - Parameters:
  ///   - workers: how many cells are trained at a time.
  ///   - more: what the launcher has to say of the rest.
  func tick(_ running: [any RunningCell], waiting: ArraySlice<Plan.Cell>, workers: Int, _ more: String = "") {
    let left = costs.left(running, waiting, workers: max(workers, 1))
    switch output.form {
    case .json: break
    case .terminal(let size):
      let (columns, rows) = size()
      // A block as high as the window would push its own first line out of reach.
      let lines = ([whole(left, more)] + standings(running, atMost: rows - 3).map { "  " + $0 }).map { line in
        line.count > columns - 1 ? line.prefix(max(columns - 2, 0)) + "…" : line
      }
      if lines != block { draw(lines) }
    case .lines:
      guard hasNews, ContinuousClock.now - lastLine > pause else { return }
      note(([whole(left, more)] + standings(running, atMost: 8)).joined(separator: "   "))
      hasNews = false
    }
  }

  /// A line for each running cell; the last one counts those there is no line for.
  private func standings(_ running: [any RunningCell], atMost lines: Int) -> [String] {
    if running.count <= lines { return running.map(standing) }
    let shown = max(lines - 1, 0)
    let rest = "and \(running.count - shown) more running"
    return lines > 0 ? running.prefix(shown).map(standing) + [rest] : []
  }

  func done(_ run: RunFolder, _ cell: Plan.Cell, seconds: Double) {
    finished += 1
    let result = run.result
    costs.add(seconds, result.epochs ?? 1, to: cell.row)
    let metric = plan.metrics.first?.name ?? "loss"
    let value = result.metrics["validation"]?[metric].map { ", validation \(metric) \(Progress.short($0))" } ?? ""
    let epochs = "best epoch \(result.bestEpoch ?? 0) of \(result.epochs ?? 0)"
    tell(.done, "\(counted) \(name(cell)): \(epochs)\(value), \(Progress.spoken(seconds: seconds))", cell) {
      ($0.epoch, $0.epochs, $0.seconds) = (result.bestEpoch, result.epochs, seconds)
      $0.metrics = result.metrics["validation"]
      ($0.finished, $0.cells, $0.folder) = (self.finished, self.plan.cells.count, cell.folder)
    }
  }

  func failed(_ cell: Plan.Cell, _ reason: String) {
    finished += 1
    failures += 1
    tell(.failed, "\(counted) \(name(cell)) FAILED: \(reason)", cell) {
      ($0.message, $0.finished, $0.cells, $0.folder) = (reason, self.finished, self.plan.cells.count, cell.folder)
    }
  }

  /// - Parameters:
  ///   - remaining: cells that were left because the runner was told to stop.
  ///   - farewell: what there is to say of them, if not that the next run does them.
  func end(_ summary: Runner.Summary, remaining: Int, _ farewell: String? = nil) {
    draw([])
    var said: [String] = []
    if remaining > 0 {
      said.append(farewell ?? "stopped: \(remaining) of \(plan.cells.count) runs remain; run again to do them.")
    }
    if !summary.failures.isEmpty {
      said.append(
        "\(summary.failures.count) of \(plan.cells.count) runs failed; the others are not affected. "
          + "Run again to retry them.")
    }
    tell(.end, said.isEmpty ? nil : said.joined(separator: "\n")) {
      ($0.finished, $0.failures, $0.waiting) = (self.finished, summary.failures.count, remaining)
    }
  }

  /// Something a person should know.
  func note(_ text: String) { tell(.note, text) { $0.message = text } }

  /// The same for what may come again with every epoch.
  func noteOnce(_ text: String) { if saidOnce.insert(text).inserted { note(text) } }

  // MARK: - Writing

  /// - Parameter line: for people, who see none when it is nil.
  private func tell(
    _ kind: RunEvent.Kind, _ line: String?, _ cell: Plan.Cell? = nil, _ fill: (inout RunEvent) -> Void
  ) {
    if case .json = output.form {
      var event = RunEvent(kind, time: timestamp(Date()))
      (event.cell, event.row, event.seed) = (cell?.id, cell?.row, cell?.seed)
      fill(&event)
      if let data = try? JSONFile.encoder().encode(event) { output.write(String(decoding: data, as: UTF8.self) + "\n") }
      return
    }
    guard let line else { return }
    let below = block
    draw([])
    output.write(line + "\n")
    draw(below)
    lastLine = .now
  }

  /// Puts these lines in place of the block's.
  private func draw(_ lines: [String]) {
    guard case .terminal = output.form, lines != block else { return }
    // up to the first line of the block, then everything below it away
    let clear = block.isEmpty ? "" : "\r" + (block.count > 1 ? "\u{1b}[\(block.count - 1)A" : "") + "\u{1b}[J"
    output.write(clear + lines.joined(separator: "\n"))
    block = lines
  }

  /// `12 of 25 done, 1 failed, 3 min left, until 16:42`.
  private func whole(_ left: Double?, _ more: String) -> String {
    var text = "\(finished) of \(plan.cells.count) done"
    if failures > 0 { text += ", \(failures) failed" }
    if !more.isEmpty { text += ", \(more)" }
    guard let left else { return text }
    var (end, clock) = (time(nil) + Int(left), tm())
    localtime_r(&end, &clock)
    let until = String(format: "%02d:%02d", clock.tm_hour, clock.tm_min)
    return text + ", \(Progress.spoken(seconds: left)) left, until \(until)"
  }

  /// `gated, seed 3: epoch 12/20, loss 0.53, accuracy 0.68, 20 s left`.
  private func standing(_ worker: any RunningCell) -> String {
    let cell = worker.cell
    guard let record = worker.latest else { return "\(name(cell)): starting" }
    var parts = [
      "epoch \(record.epoch)/\(cell.configuration.train.epochs)", "loss \(Progress.short(record.validationLoss))",
    ]
    if let metric = plan.metrics.first?.name, let value = record.metrics[metric] {
      parts.append("\(metric) \(Progress.short(value))")
    }
    if let left = costs.left(of: worker) { parts.append("\(Progress.spoken(seconds: left)) left") }
    return "\(name(cell)): " + parts.joined(separator: ", ")
  }

  private func name(_ cell: Plan.Cell) -> String { "\(cell.row), seed \(cell.seed)" }

  private var counted: String {
    let total = "\(plan.cells.count)", number = "\(finished)"
    return "[\(String(repeating: " ", count: max(total.count - number.count, 0)))\(number)/\(total)]"
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
