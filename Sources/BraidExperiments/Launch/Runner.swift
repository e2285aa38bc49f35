import BraidCore
import BraidTraining
import Foundation

/// Runs what is missing of a plan: one worker process a cell, some side by side, on this machine or on a cluster.
///
/// Everything it knows is in files. Stopped at any moment, by any signal, it leaves finished runs and nothing that
/// looks like one; the next runner on the same folder does the rest. Runs share nothing, so how many worked at once
/// changes no result.
public struct Runner {
  /// What is to be run.
  public let plan: Plan
  /// Where it is run.
  public let folder: ExperimentFolder
  /// Processes at a time, where they are of this machine.
  public let workers: Int
  /// What starts a worker.
  public let command: WorkerCommand
  /// Where workers run.
  public let launcher: Launcher
  let progress: Progress
  /// Where epochs go for TensorBoard; nil: nowhere.
  private let events: TensorBoardEvents?
  private let isStoppable: Bool

  /// - Parameters:
  ///   - folder: of the experiment; made if it does not exist.
  ///   - workers: nil: as many as the processor's cores carry with the plan's threads.
  ///   - launcher: where the cells are trained.
  ///   - output: where progress goes.
  ///   - tensorBoard: whether to write event files for TensorBoard into the folder's `tensorboard/` as epochs end.
  ///   - isStoppable: whether Ctrl-C and SIGTERM end the runner in order. They are the process's, so only a program whose
  ///     whole purpose is this run should ask for it.
  public init(
    _ plan: Plan, in folder: String, workers: Int? = nil, launcher: Launcher = .local,
    command: WorkerCommand = .current,
    output: ProgressOutput = .standardError, tensorBoard: Bool = false, isStoppable: Bool = false
  ) {
    (self.plan, self.folder, self.command) = (plan, ExperimentFolder(folder), command)
    self.workers = max(workers ?? Runner.workers(for: plan), 1)
    self.launcher = launcher
    progress = Progress(plan, output)
    events = tensorBoard ? TensorBoardEvents(experiment: folder) : nil
    self.isStoppable = isStoppable
  }

  /// As many workers as this machine's cores carry with a plan's threads.
  public static func workers(for plan: Plan) -> Int {
    max(ProcessInfo.processInfo.activeProcessorCount / (plan.cells.first?.configuration.threads ?? 1), 1)
  }

  /// What a run of the runner came to.
  public struct Summary: Sendable {
    /// Cells finished before, finished now, and failed now.
    public var before = 0, now = 0
    /// Those that failed, and why.
    public var failures: [Comparison.Failure] = []
    /// Cells that were left because somebody cancelled the job they were in.
    public var left = 0
    /// The signal that stopped the runner before it was through; nil when none did.
    public var signal: Int32?
    /// 0; 2 when a run failed or was cancelled; 128 and the signal's number when it was stopped.
    public var exitStatus: Int32 { signal.map { 128 + $0 } ?? (failures.isEmpty && left == 0 ? 0 : 2) }
  }

  /// Freezes the plan and runs every cell that has no finished run, failed ones among them.
  /// - Throws: `SetupError` when another runner is at work in the folder.
  public func run() throws -> Summary {
    if isStoppable { StopSignals.listen() }
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    if let notice = lock.notice { progress.note(notice) }
    let ledger = RunLedger(folder, progress, events)
    var launched = cellLauncher
    let underWay = try launched.attach()
    try folder.freeze(plan)
    for (from, to) in Inventory.renamed(in: folder.path, for: plan) { try move(from, to) }
    var waiting: [Plan.Cell] = []
    let states = try plan.cells.concurrentMap { [path = folder.path] in RunFolder.state(of: $0, in: path) }
    for (cell, state) in zip(plan.cells, states) {
      switch state {
      case .done(let run):
        ledger.before(run, cell)
        Worker.checkpoint(of: cell, in: folder.path).remove()  // left when its worker was stopped at the very end
      case .missing: waiting.append(cell)
      case .failed where underWay.contains(cell.id): waiting.append(cell)  // nobody has heard of it yet
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
      before: ledger.summary.before, waiting: waiting.count, by: launched.means(for: waiting.count), folder: folder.path
    )
    try launched.work(through: waiting, ledger)
    let summary = ledger.summary
    let remaining = waiting.count - summary.now - summary.failures.count
    progress.end(summary, remaining: remaining, launched.farewell(remaining: remaining, of: plan.cells.count))
    return summary
  }

  private var cellLauncher: any CellLauncher {
    switch launcher {
    case .local:
      LocalLauncher(
        folder: folder, workers: workers, command: command,
        variables: variables.merging([ExecutableFile.digestVariable: ExecutableFile.digest(command.executable)]) { $1 },
        isStoppable: isStoppable)
    case .slurm(let options):
      SlurmLauncher(plan, in: folder, options, command, variables: variables, isStoppable: isStoppable)
    }
  }

  /// What workers find in their environment: the threads of the plan, and what this process has worked out for all of them.
  private var variables: [String: String] {
    var result = [
      "OPENBLAS_NUM_THREADS": "\(plan.cells.first?.configuration.threads ?? 1)",
      ExecutableFile.commandVariable: CommandLine.arguments.joined(separator: String(ExecutableFile.separator)),
    ]
    // the message is what a report can use, not the stack below it
    if ProcessInfo.processInfo.environment["SWIFT_BACKTRACE"] == nil { result["SWIFT_BACKTRACE"] = "enable=no" }
    return result
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
