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
    let plan = try experiment.plan()
    let path = experiment.folder(of: plan)
    // a runner at work would lose what it is writing
    let lock = try delete ? ExperimentFolder(path).lock() : nil
    let inventory = Inventory(of: path, for: plan)
    print(inventory.leftoverText(in: path))
    guard delete, !inventory.leftovers.isEmpty else { return }
    try Inventory.remove(inventory.leftovers, from: path)
    print("removed")
    withExtendedLifetime(lock) {}
  }
}
