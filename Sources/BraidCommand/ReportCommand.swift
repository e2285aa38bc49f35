import ArgumentParser
import BraidCore
import BraidExperiments
import Foundation

/// `braid report FILE|FOLDER`.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Turn run folders into a report: Markdown, HTML, LaTeX, CSV and JSON.",
    discussion: "Reads the folder's files only; unfinished and failed cells are named in the report.")

  @Argument(help: "The experiment file, or the folder of its runs.") var source: String
  @Option(help: "Folder of the experiment file's runs; runs/NAME when left out.") var folder: String?
  @Option(help: "Where to write; the folder's own report/ when left out.") var to: String?

  func run() async throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
      throw SetupError("\(source): no such file or folder; expected an experiment file or the folder of its runs.")
    }
    if isFolder.boolValue, folder != nil {
      throw SetupError("--folder: \(source) is itself a folder of runs; give one of the two.")
    }
    if isFolder.boolValue { return try writeReport(of: source, to: to) }
    if let folder { return try writeReport(of: folder, to: to) }
    let specification = try Specification(contentsOf: source, catalogue: BraidCommand.catalogue)
    try writeReport(of: "runs/\(specification.name)", to: to)
  }
}
