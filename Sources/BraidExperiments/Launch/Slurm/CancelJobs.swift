import BraidCore
import Foundation

extension ExperimentFolder {
  /// Ends what a Slurm cluster does for this folder. Finished runs stay, and so do the checkpoints of the others, from which
  /// the next run goes on. A runner that follows the jobs sees it and ends.
  /// - Returns: the jobs that were ended, as people know them; empty when there are none.
  /// - Throws: `SetupError` when Slurm does not answer or refuses.
  public func cancelJobs(_ options: SlurmOptions) throws -> [String] {
    let client = SlurmClient(folder: options.commands)
    let submissions = Submission.open(in: path)
    let queue = try client.tasks(named: submissions.map(\.name))
    for submission in submissions {
      try submission.cancel()  // first, so that a task that begins now does nothing
      if let job = submission.job ?? queue[submission.name]?.values.first?.job { try client.cancel(job) }
    }
    // a runner that follows them closes them; without one, that is done here, when nobody writes any more
    guard let lock = try? lock() else { return submissions.map(\.title) }
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end,
      try client.tasks(named: submissions.map(\.name)).values.contains(where: { $0.values.contains { !$0.isOver } })
    {
      usleep(200_000)
    }
    for submission in submissions { try submission.close() }
    withExtendedLifetime(lock) {}
    return submissions.map(\.title)
  }
}
