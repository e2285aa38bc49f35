import BraidCore
import BraidTraining
import Foundation

/// Runs what is missing of a plan: one worker process a cell, some side by side.
///
/// Everything it knows is in files. Stopped at any moment, by any signal, it leaves finished runs and nothing that
/// looks like one; the next runner on the same folder does the rest. Runs share nothing, so how many worked at once
/// changes no result.
public struct Runner {
  public let plan: Plan
  public let folder: ExperimentFolder
  /// Processes at a time.
  public let workers: Int
  public let command: WorkerCommand
  let progress: Progress
  /// Where epochs go for TensorBoard; nil: nowhere.
  private let events: TensorBoardEvents?
  private let isStoppable: Bool

  /// - Parameters:
  ///   - folder: of the experiment; made if it does not exist.
  ///   - workers: nil: as many as the processor's cores carry with the plan's threads.
  ///   - output: where progress goes.
  ///   - tensorBoard: whether to write event files for TensorBoard into the folder's `tensorboard/` as epochs end.
  ///   - isStoppable: whether Ctrl-C and SIGTERM end the runner in order. They are the process's, so only a program whose
  ///     whole purpose is this run should ask for it.
  public init(
    _ plan: Plan, in folder: String, workers: Int? = nil, command: WorkerCommand = .current,
    output: ProgressOutput = .standardError, tensorBoard: Bool = false, isStoppable: Bool = false
  ) {
    let threads = plan.cells.first?.configuration.threads ?? 1
    (self.plan, self.folder, self.command) = (plan, ExperimentFolder(folder), command)
    self.workers = max(workers ?? ProcessInfo.processInfo.activeProcessorCount / threads, 1)
    progress = Progress(plan, output)
    events = tensorBoard ? TensorBoardEvents(experiment: folder) : nil
    self.isStoppable = isStoppable
  }

  /// What a run of the runner came to.
  public struct Summary: Sendable {
    /// Cells finished before, finished now, and failed now.
    public var before = 0, now = 0
    public var failures: [Comparison.Failure] = []
    /// The signal that stopped the runner before it was through; nil when none did.
    public var signal: Int32?
    /// 0; 2 when a run failed; 128 and the signal's number when it was stopped.
    public var exitStatus: Int32 { signal.map { 128 + $0 } ?? (failures.isEmpty ? 0 : 2) }
  }

  /// Freezes the plan and runs every cell that has no finished run, failed ones among them.
  /// - Throws: `SetupError` when another runner is at work in the folder.
  public func run() throws -> Summary {
    if isStoppable { StopSignals.listen() }
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    try folder.freeze(plan)
    RunWriter.removePartials(in: folder.path)
    for (from, to) in Inventory.renamed(in: folder.path, for: plan) { try move(from, to) }
    var summary = Summary()
    var waiting: [Plan.Cell] = []
    let states = try plan.cells.concurrentMap { [path = folder.path] in RunFolder.state(of: $0, in: path) }
    for (cell, state) in zip(plan.cells, states) {
      switch state {
      case .done(let run):
        report { try $0.add(run, of: cell, time: $1) }
        Worker.checkpoint(of: cell, in: folder.path).remove()  // left when its worker was stopped at the very end
        summary.before += 1
      case .missing: waiting.append(cell)
      case .failed(let result):
        progress.note("\(cell.folder) failed before (\(firstLine(result.error ?? ""))); it is run again")
        try remove(cell)
        waiting.append(cell)
      case .damaged(let why):
        progress.note("\(why); it is run again, and the folder is kept as \(cell.folder).damaged")
        try setAside(cell)
        waiting.append(cell)
      }
    }
    progress.begin(
      before: summary.before, waiting: waiting.count, workers: min(workers, waiting.count), folder: folder.path)
    try work(through: waiting, &summary)
    progress.end(summary, remaining: waiting.count - summary.now - summary.failures.count)
    return summary
  }

  private func work(through cells: [Plan.Cell], _ summary: inout Summary) throws {
    var waiting = cells[...]
    var running: [WorkerProcess] = []
    defer { for worker in running { worker.kill() } }
    let environment = self.environment
    func start() throws {
      while running.count < workers, let cell = waiting.popFirst() {
        running.append(try WorkerProcess(cell, in: folder.path, command, environment: environment))
      }
    }
    try start()
    while !running.isEmpty {
      var polled = running.flatMap { worker in
        worker.descriptors.map { (worker, pollfd(fd: $0, events: Int16(POLLIN), revents: 0)) }
      }
      var descriptors = polled.map(\.1)
      poll(&descriptors, nfds_t(descriptors.count), 500)
      for index in polled.indices { polled[index].1 = descriptors[index] }
      for (worker, state) in polled where state.revents != 0 {
        for record in worker.take(from: state.fd) {
          progress.epoch(record, of: worker)
          report { try $0.add(record, of: worker.cell, time: $1) }
        }
      }
      if isStoppable, let number = StopSignals.received {
        summary.signal = number
        stop(running, &summary)
        return
      }
      progress.tick(running, waiting: waiting)
      let over = running.filter(\.isOver)
      running.removeAll(where: \.isOver)
      // when the next ones have begun: reading what the last ones wrote takes a while
      defer { for worker in over { finish(worker, &summary) } }
      try start()
    }
    // those of workers that outlived their runner for a moment, after this one had looked
    RunWriter.removePartials(in: folder.path)
  }

  /// Ends workers. Each keeps its state as it goes, so this loses a second's work, or an epoch's. A run that is there all
  /// the same, since its worker had just finished, counts: what is said to remain is what remains.
  private func stop(_ running: [WorkerProcess], _ summary: inout Summary) {
    for worker in running { worker.kill() }
    for worker in running {
      _ = worker.ending()
      if case .missing = RunFolder.state(of: worker.cell, in: folder.path) { continue }
      finish(worker, &summary)
    }
  }

  private func finish(_ worker: WorkerProcess, _ summary: inout Summary) {
    let cell = worker.cell, ending = worker.ending()
    for notice in worker.notices { progress.noteOnce(notice) }
    let reason: String
    switch RunFolder.state(of: cell, in: folder.path) {
    case .done(let run):
      summary.now += 1
      return progress.done(run, cell, seconds: (ContinuousClock.now - worker.started).inSeconds)
    case .failed(let result): reason = result.error ?? ending ?? "no reason was given"
    case .missing: reason = ending ?? "the worker ended without a result"
    case .damaged(let why): reason = [ending, why].compactMap { $0 }.joined(separator: "; ")
    }
    if case .failed = RunFolder.state(of: cell, in: folder.path) {
    } else {
      // A worker that was killed or trapped could not say so itself. Where not even this can be written, the line below
      // remains.
      if let writer = try? RunWriter(cell, in: folder.path),
        (try? Worker.recordFailure(reason, of: cell, writer)) == nil
      {
        writer.abandon()
      }
    }
    summary.failures.append(.init(row: cell.row, seed: cell.seed, folder: cell.folder, reason: reason))
    progress.failed(cell, reason)
  }

  /// What workers inherit: the threads of the plan, and what this process has worked out for all of them.
  private var environment: [String: String] {
    var result = ProcessInfo.processInfo.environment
    result["OPENBLAS_NUM_THREADS"] = "\(plan.cells.first?.configuration.threads ?? 1)"
    result[Worker.supervisedVariable] = "1"
    result[ExecutableFile.digestVariable] = ExecutableFile.digest(command.executable)
    result[ExecutableFile.commandVariable] = CommandLine.arguments.joined(separator: String(ExecutableFile.separator))
    // the message is what a report can use, not the stack below it
    if result["SWIFT_BACKTRACE"] == nil { result["SWIFT_BACKTRACE"] = "enable=no" }
    return result
  }

  /// Writes for TensorBoard. Where that fails (a full disk), it is said, and training goes on: results do not depend on it.
  private func report(_ write: (_ events: TensorBoardEvents, _ time: Double) throws -> Void) {
    guard let events else { return }
    do { try write(events, Date().timeIntervalSince1970) } catch { progress.noteOnce("\(error)") }
  }

  /// Gives a run the name its row has now.
  private func move(_ from: String, _ to: String) throws {
    let place = "\(folder.path)/\(to)"
    try filing(place) { try FileManager.default.moveItem(atPath: "\(folder.path)/\(from)", toPath: place) }
  }

  /// Under another name first: killed in the middle, this must not leave half a run under the name of a whole one.
  private func remove(_ cell: Plan.Cell) throws {
    let place = "\(folder.path)/\(cell.folder)"
    let going = "\(folder.path)/cells/.\(cell.id).removed.partial"
    try filing(place) {
      try? FileManager.default.removeItem(atPath: going)
      try FileManager.default.moveItem(atPath: place, toPath: going)
      try FileManager.default.removeItem(atPath: going)
    }
  }

  private func setAside(_ cell: Plan.Cell) throws {
    let place = "\(folder.path)/\(cell.folder)"
    try filing(place) {
      if FileManager.default.fileExists(atPath: "\(place).damaged") {
        try FileManager.default.removeItem(atPath: "\(place).damaged")
      }
      try FileManager.default.moveItem(atPath: place, toPath: "\(place).damaged")
    }
  }
}

/// The first line of a message.
func firstLine(_ text: String) -> String { String(text.prefix { !$0.isNewline }) }
