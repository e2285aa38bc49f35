import ArgumentParser
import BraidCore
import BraidExperiments
import Foundation

/// `braid check FILE`.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validate an experiment file and print its plan; nothing trains.",
    discussion: "Every row's model is built and takes one step on two samples.")

  @OptionGroup var experiment: ExperimentArguments
  @Flag(help: "Print the plan as JSON.") var json = false

  func run() async throws {
    let plan = try experiment.plan()
    guard json else { return print(plan.text) }
    let data = try JSONEncoder().encode(plan)
    try printJSON(JSONDecoder().decode(Setting.self, from: data))
  }
}
