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
      var polled = running.flatMap { worker in
        worker.descriptors.map { (worker, pollfd(fd: $0, events: Int16(POLLIN), revents: 0)) }
      }
      var descriptors = polled.map(\.1)
      poll(&descriptors, nfds_t(descriptors.count), 500)
      for index in polled.indices { polled[index].1 = descriptors[index] }
      for (worker, state) in polled where state.revents != 0 {
        for record in worker.take(from: state.fd) { ledger.epoch(record, of: worker) }
      }
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

  /// Ends workers. Each keeps its state as it goes, so this loses a second's work, or an epoch's. A run that is there all
  /// the same, since its worker had just finished, counts: what is said to remain is what remains.
  private func stop(_ running: [WorkerProcess], _ ledger: RunLedger) {
    for worker in running { worker.kill() }
    for worker in running {
      _ = worker.ending()
      if case .missing = RunFolder.state(of: worker.cell, in: folder.path) { continue }
      finish(worker, ledger)
    }
  }

  private func finish(_ worker: WorkerProcess, _ ledger: RunLedger) {
    let ending = worker.ending()
    for notice in worker.notices { ledger.progress.noteOnce(notice) }
    ledger.ended(
      worker.cell, RunFolder.state(of: worker.cell, in: folder.path), saying: ending,
      seconds: (ContinuousClock.now - worker.started).inSeconds)
  }
}
