import ArgumentParser
import BraidCore
import BraidExperiments
import Foundation

/// What `check`, `run` and `report` share: the file, its overrides, and where its runs lie.
struct ExperimentArguments: ParsableArguments {
  @Argument(help: "The experiment file (YAML or JSON).") var file: String
  @Option(
    help: ArgumentHelp(
      "Override a setting, such as train.epochs=5; may be given several times.", valueName: "key=value"))
  var set: [String] = []
  @Option(help: "Folder of the runs; runs/NAME when left out.") var folder: String?

  /// Reads the file and makes its plan: every row is built and takes a trial step.
  /// - Parameter measuring: whether to tell what a run takes, from a measured step of each row.
  func plan(measuring: Bool = false) throws -> Plan {
    try Plan(
      Specification(contentsOf: file, overrides: set, catalogue: BraidCommand.catalogue),
      catalogue: BraidCommand.catalogue, measuring: measuring)
  }

  /// Where the runs of a plan lie.
  func folder(of plan: Plan) -> String { folder ?? "runs/\(plan.name)" }
}
