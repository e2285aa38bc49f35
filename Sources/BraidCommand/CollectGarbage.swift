import ArgumentParser
import BraidCore
import BraidExperiments

/// `braid gc FILE`.
struct CollectGarbage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "List what lies in an experiment's folder and belongs to none of its planned runs.",
    discussion: """
      Runs whose configuration, parts or data have changed since, folders that were damaged, and what stopped workers left. \
      With --delete they are removed; nothing else is.
      """)

  @OptionGroup var experiment: ExperimentArguments
  @Flag(help: "Remove what is listed.") var delete = false

  func run() async throws {
    let (plan, search) = try experiment.planAndSearch(experiment.specification())
    let path = experiment.folder(of: plan)
    // a runner at work would lose what it is writing
    let lock = try delete ? ExperimentFolder(path).lock() : nil
    if let notice = lock?.notice { print("note: \(notice)") }
    if delete { try ExperimentFolder(path).requireNoJob() }
    if let search {
      let standing = try search.standing(in: path)
      let trials = SearchRunner.folder(of: path)
      if delete { try ExperimentFolder(trials).requireNoJob() }
      let trialsLock = try delete ? ExperimentFolder(trials).lock() : nil
      try collect(Inventory(of: trials, for: standing.trials), in: trials)
      withExtendedLifetime(trialsLock) {}
      // what the rows will be is not known before the search is over
      guard let found = standing.plan else { return }
      try collect(Inventory(of: path, for: found), in: path)
    } else {
      try collect(Inventory(of: path, for: plan), in: path)
    }
    withExtendedLifetime(lock) {}
  }

  private func collect(_ inventory: Inventory, in path: String) throws {
    print(inventory.leftoverText(in: path))
    guard delete, !inventory.leftovers.isEmpty else { return }
    try Inventory.remove(inventory.leftovers, from: path)
    print("removed")
  }
}
