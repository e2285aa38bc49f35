import BraidCore
import BraidTraining
import Foundation

/// Tasks of array jobs on a Slurm cluster. They go on without the runner; the next one finds them by what the folder holds.
///
/// A round looks at the queue and at the folder once each, takes in what has ended, and submits again what Slurm ended
/// before it was through. What a cell did by itself, finishing or failing, is final.
struct SlurmLauncher: CellLauncher {
  let plan: Plan
  let folder: ExperimentFolder
  let options: SlurmOptions
  let script: SlurmScript
  let client: SlurmClient
  let isStoppable: Bool
  var submissions: [Submission] = []
  /// Tasks whose cells are not all settled.
  var tasks: [FollowedTask] = []
  /// What is still to be handed in, and what the cluster said when it would not take it.
  var waiting: [Submission.Task] = []
  private var refusal: SetupError?
  var unsettled: [String: Plan.Cell] = [:]
  var cells: FollowedCells
  /// The folder as this round found it.
  var standing = FollowedCells.Standing()
  let planned: Set<String>
  private var limits = SlurmClient.Limits(array: 1, jobs: 1)

  /// A task of a submission, and what has been seen of it.
  struct FollowedTask {
    var submission: Int
    var number: Int
    var work: Submission.Task
    /// When it was first seen to be over.
    var over: ContinuousClock.Instant?
    var hasRun = false
  }

  init(
    _ plan: Plan, in folder: ExperimentFolder, _ options: SlurmOptions, _ command: WorkerCommand,
    variables: [String: String], isStoppable: Bool
  ) {
    let path = URL(fileURLWithPath: folder.path).path  // a task may begin elsewhere
    (self.plan, self.folder, self.options, self.isStoppable) = (plan, ExperimentFolder(path), options, isStoppable)
    client = SlurmClient(folder: options.commands)
    script = SlurmScript(plan: plan, experiment: path, options: options, command: command, variables: variables)
    cells = FollowedCells([], in: path)
    planned = Set(plan.cells.map(\.id))
  }

  mutating func attach() throws -> Set<String> {
    limits = try client.limits()
    Submission.removeDrafts(in: folder.path)
    submissions = try SlurmLauncher.found(in: folder.path, client)
    if submissions.isEmpty { RunWriter.removePartials(in: folder.path) }
    return Set(submissions.flatMap { $0.tasks.flatMap(\.cells) })
  }

  /// The open submissions of a folder, those whose runner was killed before it could note their job among them. One that
  /// never reached Slurm is closed.
  static func found(in experiment: String, _ client: SlurmClient) throws -> [Submission] {
    var submissions = Submission.open(in: experiment)
    let queue = try client.tasks(named: submissions.filter { $0.job == nil }.map(\.name))
    for index in submissions.indices where submissions[index].job == nil {
      if let job = queue[submissions[index].name]?.values.first?.job {
        try submissions[index].submitted(as: job)
      } else if !submissions[index].hasBegun {
        try submissions[index].close()
      }
    }
    return submissions.filter { !$0.has("closed") }
  }

  func means(for count: Int) -> (workers: Int?, text: String) { (nil, "with Slurm") }

  func farewell(remaining: Int, of total: Int) -> String? {
    let jobs = submissions.filter { !$0.has("closed") && !$0.isCancelled }.map(\.title).joined(separator: ", ")
    guard !jobs.isEmpty else { return nil }
    return "not followed any more: \(remaining) of \(total) runs remain, and \(jobs) of Slurm goes on with them. "
      + "Run again to follow; braid cancel ends it."
  }

  // MARK: - Rounds

  mutating func work(through missing: [Plan.Cell], _ ledger: RunLedger) throws {
    unsettled = Dictionary(missing.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    cells = FollowedCells(missing, in: folder.path)
    // a cell that was submitted again is the newest submission's
    for index in submissions.indices.reversed() { try follow(index) }
    if !tasks.isEmpty { ledger.progress.note("following \(titles) of Slurm") }
    let taken = Set(tasks.flatMap(\.work.cells))
    let free = missing.filter { !taken.contains($0.id) }
    waiting = CellPacking(options, plan.seconds).packs(of: free).map { Submission.Task(cells: $0.map(\.id)) }
    try submit(ledger)
    while true {
      let queue: [String: [Int: SlurmClient.Task]]?
      do { queue = try client.tasks(named: Set(tasks.map(\.submission)).sorted().map { submissions[$0].name }) } catch {
        queue = nil  // Ctrl-C ends it, too
        if !isStoppable || StopSignals.received == nil { ledger.progress.noteOnce("\(error) It is asked again.") }
      }
      standing = cells.look()
      let running = takeEpochs(ledger)
      for cell in standing.ended where unsettled[cell.id] != nil { settle(cell, saying: nil, ledger) }
      if let queue { judge(queue, ledger) }
      let before = tasks.count
      tasks.removeAll { task in !task.work.cells.contains { unsettled[$0] != nil } }
      if tasks.count < before { refusal = nil }
      try submit(ledger)
      if unsettled.isEmpty {
        try submissions.forEach { try $0.close() }
        return RunWriter.removePartials(in: folder.path)  // those of tasks that died
      }
      show(running, queue, ledger.progress)
      if let number = pause() {
        ledger.summary.signal = number
        return
      }
    }
  }

  /// Waits until the next round. Returns the signal that came meanwhile.
  private func pause() -> Int32? {
    let end = ContinuousClock.now + .seconds(options.pollSeconds)
    repeat {
      if isStoppable, let number = StopSignals.received { return number }
      usleep(UInt32(min(max((end - .now).inSeconds, 0), 0.1) * 1e6))
    } while ContinuousClock.now < end
    return nil
  }

  /// Takes up the tasks of a submission that have cells left to do. Those whose cells nobody wants any more are ended.
  private mutating func follow(_ index: Int) throws {
    var unwanted: [Int] = []
    let taken = Set(tasks.flatMap(\.work.cells))
    for (number, whole) in submissions[index].tasks.enumerated() {
      var work = whole
      work.cells.removeAll { unsettled[$0] == nil || taken.contains($0) }
      if !work.cells.isEmpty {
        tasks.append(FollowedTask(submission: index, number: number, work: work))
      } else if !whole.cells.contains(where: planned.contains) {
        unwanted.append(number)
      }
    }
    if !unwanted.isEmpty, let job = submissions[index].job { try client.cancel(job, tasks: unwanted) }
  }

  /// Hands in what waits, in as few array jobs as the cluster takes. What it refuses is tried again when something has
  /// ended; with nothing under way the refusal is the runner's.
  private mutating func submit(_ ledger: RunLedger) throws {
    let most = max(limits.jobs * 8 / 10, 1)  // the others' jobs count, too
    for index in waiting.indices { waiting[index].cells.removeAll { unsettled[$0] == nil } }
    waiting.removeAll { $0.cells.isEmpty }
    while !waiting.isEmpty, tasks.isEmpty || (refusal == nil && tasks.count < most) {
      let count = min(waiting.count, limits.array, most - min(tasks.count, most - 1))
      var submission = try Submission(Array(waiting[..<count]), of: plan.name, in: folder.path) { script.text(in: $0) }
      do { try submission.submitted(as: client.submit(script.arguments(for: submission))) } catch let error
        as SetupError
      {
        // it may have been taken although no answer came
        guard let job = try client.tasks(named: [submission.name])[submission.name]?.values.first?.job else {
          try submission.close()
          try? FileManager.default.removeItem(atPath: submission.path)
          if tasks.isEmpty { throw error }
          refusal = error
          ledger.progress.noteOnce("\(error) \(waiting.count) tasks are submitted when others have ended.")
          return
        }
        try submission.submitted(as: job)
      }
      waiting.removeFirst(count)
      submissions.append(submission)
      try follow(submissions.count - 1)
      ledger.progress.note(
        "submitted \(submission.title) to Slurm: \(count) task\(count == 1 ? "" : "s"), "
          + "\(submission.tasks.reduce(0) { $0 + $1.cells.count }) runs")
    }
  }

  /// Reads on in the folders that are being written. Returns their cells.
  private mutating func takeEpochs(_ ledger: RunLedger) -> [FollowedCell] {
    standing.partials.sorted { $0.key < $1.key }.compactMap { id, partials in
      guard let cell = unsettled[id], let partial = FollowedCells.newest(partials) else { return nil }
      let followed = cells[cell]
      for record in followed.read(partial) { ledger.epoch(record, of: followed) }
      return followed
    }
  }

  private func show(
    _ running: [FollowedCell], _ queue: [String: [Int: SlurmClient.Task]]?, _ progress: Progress
  ) {
    var states: [String: Int] = [:]
    var idle: Set<String> = []  // of tasks that Slurm has put in the queue again
    for task in tasks {
      guard let seen = queue?[submissions[task.submission].name]?[task.number], !seen.isOver else { continue }
      states[seen.state.lowercased(), default: 0] += 1
      guard seen.state == "PENDING" else { continue }
      idle.formUnion(task.work.cells)
      if !SlurmLauncher.usual.contains(seen.reason) { progress.noteOnce("job \(seen.job) waits: \(seen.reason)") }
    }
    let running = running.filter { unsettled[$0.cell.id] != nil && !idle.contains($0.cell.id) }
    let ids = Set(running.map(\.cell.id))
    let rest = plan.cells.filter { unsettled[$0.id] != nil && !ids.contains($0.id) }
    let text = states.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    progress.tick(running, waiting: rest[...], workers: running.count, text.isEmpty ? "" : "tasks: \(text)")
  }

  /// Reasons to wait that pass by themselves.
  private static let usual: Set<String> = [
    "", "None", "(null)", "Resources", "Priority", "BeginTime", "JobArrayTaskLimit", "Licenses", "Cleaning",
  ]

  private var titles: String {
    Set(tasks.map(\.submission)).sorted().map { submissions[$0].title }.joined(separator: ", ")
  }
}
