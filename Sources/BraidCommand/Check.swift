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
    let (plan, search) = try experiment.planAndSearch(experiment.specification(), measuring: !json)
    guard json else {
      print(plan.text)
      let folder = experiment.folder(of: plan)
      guard FileManager.default.fileExists(atPath: folder) else { return }
      guard let search else { return print("\n" + Inventory(of: folder, for: plan).text(of: plan, folder: folder)) }
      let standing = try search.standing(in: folder)
      return print("\n" + standing.text(folder: folder))
    }
    let data = try JSONEncoder().encode(plan)
    try printJSON(JSONDecoder().decode(Setting.self, from: data))
  }
}
