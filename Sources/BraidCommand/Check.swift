import ArgumentParser
import BraidCore
import BraidExperiments
import Foundation

/// `braid check FILE`.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validate an experiment file and print its plan; nothing trains.",
    discussion: """
      Every row's model is built and takes one step on two samples. Where there are runs already, the plan says which of its \
      cells are done, and which runs are stale and why.
      """)

  @OptionGroup var experiment: ExperimentArguments
  @Flag(help: "Print the plan as JSON.") var json = false

  func run() async throws {
    let specification = try experiment.specification()
    let (plan, search) = try experiment.planAndSearch(specification, measuring: true)
    // a cluster's are not known
    let workers = specification.launcher?.name == "slurm" ? nil : Runner.workers(for: plan)
    let folder = experiment.folder(of: plan)
    let standing = try search?.standing(in: folder)
    if json { return try printJSON(Check.record(plan, workers, standing, in: folder)) }
    print(plan.text(workers: workers))
    guard FileManager.default.fileExists(atPath: folder) else { return }
    print("\n" + (standing?.text(folder: folder) ?? Inventory(of: folder, for: plan).text(of: plan, folder: folder)))
  }

  /// The plan, what it takes, and the runs there are.
  private static func record(
    _ plan: Plan, _ workers: Int?, _ standing: SearchRunner.Standing?, in folder: String
  ) throws -> Setting {
    func setting(_ value: some Encodable) throws -> Setting {
      try JSONDecoder().decode(Setting.self, from: JSONEncoder().encode(value))
    }
    func runs(_ plan: Plan, _ folder: String) throws -> Setting {
      let found = Inventory(of: folder, for: plan)
      return try .map([
        "folder": .text(folder), "done": setting(found.done.map(\.id)), "failed": setting(found.failed.map(\.id)),
        "damaged": setting(found.damaged.map(\.id)), "missing": setting(found.missing.map(\.id)),
        "leftovers": setting(found.leftovers),
      ])
    }
    guard case .map(var record) = try setting(plan) else { return .null }
    record["seconds"] = try setting(plan.seconds)
    record["workers"] = try setting(workers)
    record["secondsInAll"] = try setting(plan.secondsInAll(workers: workers ?? 1))
    // what the rows will be is not known before their search is over
    record["runs"] = try standing.map { try $0.plan.map { try runs($0, folder) } ?? .null } ?? runs(plan, folder)
    record["trials"] = try standing.map { try runs($0.trials, SearchRunner.folder(of: folder)) } ?? .null
    return .map(record)
  }
}
