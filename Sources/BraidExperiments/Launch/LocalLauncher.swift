import BraidCore
import Foundation

/// Processes of this machine, some side by side. They end with the runner.
struct LocalLauncher: CellLauncher {
  let folder: ExperimentFolder
  /// Processes at a time.
  let workers: Int
  let command: WorkerCommand
  /// What workers find in their environment, beside what this process has.
  let variables: [String: String]
  let isStoppable: Bool

  /// What workers have to finish their writing when they are told to end.
  static let grace = Duration.seconds(5)

  func attach() throws -> Set<String> {
    try folder.requireNoJob()
    RunWriter.removePartials(in: folder.path)
    return []
  }

  func means(for count: Int) -> (workers: Int?, text: String) {
    let used = min(workers, count)
    return (used, "with \(used) worker\(used == 1 ? "" : "s")")
  }

  func farewell(remaining: Int, of total: Int) -> String? { nil }

  func work(through cells: [Plan.Cell], _ ledger: RunLedger) throws {
    var waiting = cells[...]
    var running: [WorkerProcess] = []
    defer { for worker in running { worker.kill() } }
    let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
      .merging([Worker.supervisedVariable: "1"]) { $1 }
    func start() throws {
      while running.count < workers, let cell = waiting.popFirst() {
        running.append(try WorkerProcess(cell, in: folder.path, command, environment: environment))
      }
    }
    try start()
    while !running.isEmpty {
      hear(running, for: 500, ledger)
      if isStoppable, let number = StopSignals.received {
        ledger.summary.signal = number
        stop(running, ledger)
        return
      }
      ledger.progress.tick(running, waiting: waiting, workers: min(workers, cells.count))
      let over = running.filter(\.isOver)
      running.removeAll(where: \.isOver)
      // when the next ones have begun: reading what the last ones wrote takes a while
      defer { for worker in over { finish(worker, ledger) } }
      try start()
    }
    // those of workers that outlived their runner for a moment, after this one had looked
    RunWriter.removePartials(in: folder.path)
  }

  /// Waits until workers have something to say, at most so many milliseconds, and takes it.
  private func hear(_ running: [WorkerProcess], for milliseconds: Int32, _ ledger: RunLedger) {
    let polled = running.flatMap { worker in
      worker.descriptors.map { (worker, pollfd(fd: $0, events: Int16(POLLIN), revents: 0)) }
    }
    var descriptors = polled.map(\.1)
    poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    for ((worker, _), state) in zip(polled, descriptors) where state.revents != 0 {
      for record in worker.take(from: state.fd) { ledger.epoch(record, of: worker) }
    }
  }

  /// Ends workers: each is asked to keep its epochs and to put a run in place that is finished, and killed when that takes
  /// too long or Ctrl-C comes again. A run that is there afterwards counts: what is said to remain is what remains.
  private func stop(_ running: [WorkerProcess], _ ledger: RunLedger) {
    for worker in running { worker.ask() }
    ledger.progress.note("stopping: what is being written is finished first; Ctrl-C again ends at once")
    let end = ContinuousClock.now + LocalLauncher.grace
    while ContinuousClock.now < end, !StopSignals.isImpatient, case let open = running.filter({ !$0.isOver }),
      !open.isEmpty
    {
      hear(open, for: 50, ledger)
    }
    for worker in running { worker.kill() }
    for worker in running {
      _ = worker.ending()
      if case .missing = RunFolder.state(of: worker.cell, in: folder.path) { continue }
      finish(worker, ledger)
    }
    RunWriter.removePartials(in: folder.path)
  }

  private func finish(_ worker: WorkerProcess, _ ledger: RunLedger) {
    let ending = worker.ending()
    for notice in worker.notices { ledger.progress.noteOnce(notice) }
    ledger.ended(
      worker.cell, RunFolder.state(of: worker.cell, in: folder.path), saying: ending,
      seconds: (ContinuousClock.now - worker.started).inSeconds)
  }
}
