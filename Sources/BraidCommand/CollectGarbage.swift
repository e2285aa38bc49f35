import ArgumentParser
import BraidCore
import BraidExperiments
import Foundation

/// `braid gc FILE`.
struct CollectGarbage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "List what lies in an experiment's folder and belongs to none of its planned runs.",
    discussion: """
      Runs whose configuration, parts or data have changed since, folders that were damaged, what stopped workers left, \
      Slurm jobs that are over, TensorBoard files of runs that are not planned, and trials when nothing is searched any more. \
      With --delete they are removed; nothing else is.
      """)

  @OptionGroup var experiment: ExperimentArguments
  @Flag(help: "Remove what is listed.") var delete = false

  func run() async throws {
    let (plan, search) = try experiment.planAndSearch(experiment.specification())
    let path = experiment.folder(of: plan)
    let trials = SearchRunner.folder(of: path)
    let hasTrials = FileManager.default.fileExists(atPath: trials)
    // a runner at work would lose what it is writing, and a search what it goes by
    var locks: [FolderLock] = []
    if delete { locks = [try hold(path)] + (hasTrials ? [try hold(trials, ".search.lock"), try hold(trials)] : []) }
    if let search {
      let standing = try search.standing(in: path)
      try collect(Inventory(of: trials, for: standing.trials), in: trials)
      // what the rows will be is not known before the search is over
      guard let found = standing.plan else { return }
      try collect(Inventory(of: path, for: found), in: path)
    } else {
      try collect(Inventory(of: path, for: plan), in: path)
    }
    withExtendedLifetime(locks) {}
  }

  /// Keeps a folder from everyone else.
  private func hold(_ path: String, _ name: String = ".lock") throws -> FolderLock {
    let lock = try ExperimentFolder(path).lock(name)
    if let notice = lock.notice { print("note: \(notice)") }
    try ExperimentFolder(path).requireNoJob()
    return lock
  }

  private func collect(_ inventory: Inventory, in path: String) throws {
    print(inventory.leftoverText(in: path))
    guard delete, !inventory.leftovers.isEmpty else { return }
    try Inventory.remove(inventory.leftovers, from: path)
    print("removed")
  }
}
