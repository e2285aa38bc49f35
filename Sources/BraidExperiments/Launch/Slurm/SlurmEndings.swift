import BraidCore
import BraidTraining
import Foundation

/// What becomes of the cells of tasks that have ended.
extension SlurmLauncher {
  /// Takes in a run that is there, or writes down why there is none; with no reason to give, nothing happens then.
  mutating func settle(_ cell: Plan.Cell, saying ending: WorkerEnding?, _ ledger: RunLedger) {
    let state = RunFolder.state(of: cell, in: folder.path)
    if case .missing = state, ending == nil { return }
    var seconds = 0.0
    if case .done(let run) = state {
      let followed = cells[cell]
      for record in followed.take(run.epochs) { ledger.epoch(record, of: followed) }
      seconds = run.result.seconds ?? 0
    }
    ledger.ended(cell, state, saying: ending, seconds: seconds)
    unsettled[cell.id] = nil
    removePartials(of: cell)
  }

  private func removePartials(of cell: Plan.Cell) {
    for partial in standing.partials[cell.id] ?? [] { try? FileManager.default.removeItem(atPath: partial) }
  }

  /// Decides on the tasks that have ended with cells left to do.
  mutating func judge(_ queue: [String: [Int: SlurmClient.Task]], _ ledger: RunLedger) {
    for index in tasks.indices {
      let task = tasks[index], submission = submissions[task.submission]
      let seen = queue[submission.name]?[task.number]
      if let seen, !seen.isOver {
        tasks[index].over = nil
        if seen.state == "RUNNING" { tasks[index].hasRun = true }
        if task.hasRun, seen.state == "PENDING" {
          tasks[index].hasRun = false
          ledger.progress.note(
            "task \(task.number) of \(submission.title) was requeued by Slurm: it was pre-empted or lost its node. "
              + "It goes on where it was when Slurm starts it again.")
        }
        continue
      }
      let left = task.work.cells.compactMap { unsettled[$0] }
      guard !left.isEmpty else { continue }
      let record = submission.record(of: task.number)
      let since = task.over ?? .now
      tasks[index].over = since
      let isSettled = (ContinuousClock.now - since).inSeconds >= options.settleSeconds
      for cell in left {
        settle(cell, saying: nil, ledger)  // the listing was of a moment ago
        guard unsettled[cell.id] != nil else { continue }
        if let status = record.statuses[cell.id], status != 0 {
          settle(cell, saying: WorkerEnding(shellStatus: status, saying: submission.said(cell.id)), ledger)
        } else if let line = record.unprepared {
          settle(
            cell, saying: WorkerEnding("the task could not be prepared: \(line) (see \(log(of: task)))"), ledger)
        } else if seen?.state == "OUT_OF_MEMORY", record.current == cell.id {
          settle(
            cell, saying: WorkerEnding("the task ran out of memory; launcher.slurm.memory asks for more"), ledger)
        } else if record.isFinished, isSettled {
          settle(cell, saying: WorkerEnding("the worker ended without a result"), ledger)
        }
      }
      let lost = task.work.cells.compactMap { unsettled[$0] }
      guard !lost.isEmpty, !record.isFinished else { continue }
      if seen?.state == "CANCELLED" || submission.isCancelled {
        ledger.progress.noteOnce(
          submission.isCancelled ? "\(submission.title) was cancelled" : "tasks of \(submission.title) were cancelled")
        leave(lost.map(\.id), ledger)
        if submission.isCancelled {  // so is what has not been handed in yet
          leave(waiting.flatMap(\.cells), ledger)
          waiting = []
        }
      } else if SlurmLauncher.losses[seen?.state ?? ""] != nil || record.isStopped || isSettled {
        retry(task, lost, seen, record, ledger)
        tasks[index].work.cells = []
      }
    }
  }

  /// Gives up waiting for cells that somebody does not want any more.
  private mutating func leave(_ ids: [String], _ ledger: RunLedger) {
    for id in ids { unsettled[id] = nil }
    ledger.summary.left += ids.count
  }

  private func log(of task: FollowedTask) -> String { "\(submissions[task.submission].path)/logs/\(task.number).txt" }

  /// States that say that Slurm ended a task, in words.
  private static let losses = [
    "TIMEOUT": "ran out of time", "PREEMPTED": "was pre-empted", "NODE_FAIL": "lost its node",
    "BOOT_FAIL": "lost its node", "DEADLINE": "ran into its deadline", "REVOKED": "was revoked",
  ]

  /// Puts what a task left undone in the line again, unless that has led nowhere too often.
  private mutating func retry(
    _ task: FollowedTask, _ lost: [Plan.Cell], _ seen: SlurmClient.Task?, _ record: TaskRecord, _ ledger: RunLedger
  ) {
    let epochs = lost.reduce(0) { $0 + cells.epochs(of: $1.id) }
    let gotOn = epochs > task.work.epochs || !record.statuses.isEmpty
    let tries = gotOn ? 0 : task.work.tries + 1
    let node = record.node ?? seen?.node ?? ""
    let how =
      SlurmLauncher.losses[seen?.state ?? ""]
      ?? (record.isStopped ? "was told to stop" : record.node == nil ? "never began" : "ended before it was through")
    let what = "task \(task.number) of \(submissions[task.submission].title) \(how)\(node.isEmpty ? "" : " on \(node)")"
    guard tries <= options.resubmissions else {
      for cell in lost {
        let others = "like \(options.resubmissions) tries before it that led no further"
        settle(cell, saying: WorkerEnding("\(what), \(others)"), ledger)
      }
      return
    }
    for cell in lost { removePartials(of: cell) }
    waiting.append(Submission.Task(cells: lost.map(\.id), tries: tries, epochs: epochs))
    let count = "\(lost.count) run\(lost.count == 1 ? "" : "s")"
    let number = tries == 0 ? "" : ", try \(tries) of \(options.resubmissions) without having got further"
    ledger.progress.note("\(what): \(count) submitted again\(number)")
  }
}
