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

  /// Reads and checks the file.
  func specification() throws -> Specification {
    try Specification(contentsOf: file, overrides: set, catalogue: BraidCommand.catalogue)
  }

  /// The plan of the file's rows as they are written, and the search of what is not, if the file has one.
  /// - Parameters:
  ///   - specification: what `specification()` gave.
  ///   - measuring: whether to tell what a run takes, from a measured step of each row.
  func planAndSearch(
    _ specification: Specification, measuring: Bool = false
  ) throws -> (plan: Plan, search: SearchRunner?) {
    let catalogue = BraidCommand.catalogue
    let start = ContinuousClock.now
    let data = try specification.loadData(catalogue)
    let reading = (ContinuousClock.now - start) / .seconds(1)
    let plan = try Plan(specification, catalogue: catalogue, on: data, measuring: measuring, reading: reading)
    return (plan, SearchRunner(specification, plan, on: data, catalogue: catalogue))
  }

  /// Where the runs of a plan lie.
  func folder(of plan: Plan) -> String { folder(of: plan.name) }
  /// Where the runs of an experiment of this name lie.
  func folder(of name: String) -> String { folder ?? "runs/\(name)" }
}
