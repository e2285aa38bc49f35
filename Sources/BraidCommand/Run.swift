import ArgumentParser
import BraidCore
import BraidExperiments
import BraidReports
import Foundation

/// `braid run FILE`.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train every cell of an experiment that has not been trained yet, then report.",
    discussion: """
      Stop it at any moment; the next run does only what is missing. A cell that fails does not stop the others; the report \
      says which failed and why. Exit status 2 when a cell failed or something is left undone, 130 after Ctrl-C.
      """)

  @OptionGroup var experiment: ExperimentArguments
  @Option(help: "Cells trained at a time; as many as there are cores when left out.") var workers: Int?
  @Option(help: "Where cells are trained, local or slurm; what the file says when left out.") var launcher: String?
  @Flag(help: "Only train: write no report.") var noReport = false
  @Flag(help: "Print what happens as JSON, one object a line, instead of the plan, progress and the result.") var json =
    false
  @Flag(help: "Write event files for TensorBoard into the folder's tensorboard/ as epochs end.") var tensorboard = false

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers must be 1 or more; got \(workers).") }
  }

  func run() async throws {
    let specification = try experiment.specification()
    let launcher = try Launcher(launcher, for: specification)
    var (plan, search) = try experiment.planAndSearch(specification, measuring: launcher.needsTimes)
    let folder = experiment.folder(of: plan)
    if !json { print(plan.text + "\n") }
    fflush(nil)
    func train(_ plan: Plan, _ folder: String) throws -> Runner.Summary {
      try Runner(
        plan, in: folder, workers: workers, launcher: launcher, output: json ? .json : .standardError,
        tensorBoard: tensorboard, isStoppable: true
      ).run()
    }
    if let search {
      let found = try search.run(in: folder, output: json ? .json : .standardError, training: train)
      if let signal = found.signal { throw ExitCode(128 + signal) }
      guard let rows = found.plan else { throw ExitCode(2) }  // it said why
      plan = rows
      if !json { print(found.found.text + "\n") }
      fflush(nil)
    }
    let summary = try train(plan, folder)
    if summary.signal != nil { throw ExitCode(summary.exitStatus) }
    do {
      if !noReport { try writeReport(of: folder, to: nil, isSilent: json) }
    } catch  where summary.exitStatus != 0 {
      // failed cells decide the exit status, also when they leave nothing to report
      FileHandle.standardError.write(Data("Error: the report: \(error)\n".utf8))
    }
    if summary.exitStatus != 0 { throw ExitCode(summary.exitStatus) }
  }
}

/// Reads the runs of a folder, writes the report and, unless silent, prints the main table and where the report is.
func writeReport(of folder: String, to destination: String?, isSilent: Bool = false) throws {
  let report = Report(try Comparison(reading: folder))
  let files = try report.write(to: URL(fileURLWithPath: destination ?? "\(folder)/report"))
  if isSilent { return }
  print("\n\(report.comparison.name)\n\(report.comparison.question)\n\n\(report.mainTable)\n\n\(report.finding)")
  let failures = report.comparison.failures
  if !failures.isEmpty { print("\n\(failures.count) failed; the report says which and why.") }
  print("\nreport: \(files[0].path)")
}
