import ArgumentParser
import BraidCore
import BraidExperiments

/// `braid cancel FILE`.
struct Cancel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End what a Slurm cluster does for an experiment.",
    discussion: """
      Finished runs stay; the others go on from their last epoch when the experiment is run again. Runs on this machine end \
      with Ctrl-C.
      """)

  @OptionGroup var experiment: ExperimentArguments

  func run() async throws {
    let specification = try experiment.specification()
    guard case .slurm(let options) = try Launcher("slurm", for: specification) else { return }
    let folder = experiment.folder(of: specification.name)
    // those of a search's trials among them
    let jobs = try [SearchRunner.folder(of: folder), folder].flatMap { try ExperimentFolder($0).cancelJobs(options) }
    print(jobs.isEmpty ? "\(folder): no job of Slurm is at work" : "cancelled \(jobs.joined(separator: ", "))")
  }
}
