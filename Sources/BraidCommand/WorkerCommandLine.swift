import ArgumentParser
import BraidExperiments

/// `braid worker FOLDER CELL`: what the runner starts for one cell.
struct WorkerCommandLine: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Train one planned cell (used by `braid run`).", shouldDisplay: false)

  @Argument(help: "The folder with cells.jsonl.") var folder: String
  @Argument(help: "The cell's id.") var cell: String

  func run() async throws {
    let status = Worker.run(experiment: folder, cell: cell, catalogue: BraidCommand.catalogue, isStoppable: true)
    if status != 0 { throw ExitCode(status) }
  }
}
