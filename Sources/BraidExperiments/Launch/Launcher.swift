import BraidCore
import BraidTraining
import Foundation

/// Where the cells of a plan are trained. It changes no result and no cell's id.
public enum Launcher: Sendable {
  /// By processes of this machine.
  case local
  /// As tasks of array jobs on a Slurm cluster.
  case slurm(SlurmOptions)

  /// The launchers there are, as an experiment file and the command line call them.
  public static let names = ["local", "slurm"]

  /// What is asked for on the command line, else in the experiment file, else `local`. Settings of a cluster are the
  /// user's own, with those of the file laid over them.
  /// - Parameters:
  ///   - name: from the command line; nil: what the file says.
  ///   - specification: of the experiment.
  ///   - profile: the user's file of settings for Slurm; nil, or a file that does not exist: none.
  /// - Throws: `SetupError` for an unknown launcher, or naming file, line and key of a setting that does not fit.
  public init(_ name: String? = nil, for specification: Specification, profile: String? = SlurmOptions.profile) throws {
    let written = specification.launcher
    let chosen = name ?? written?.name ?? "local"
    try require(
      Launcher.names.contains(chosen),
      "--launcher: found \"\(chosen)\"; expected \(Launcher.names.joined(separator: " or "))."
        + suggestion(for: chosen, among: Launcher.names))
    guard chosen == "slurm" else {
      self = .local
      return
    }
    let own = written?.name == chosen ? written?.settings ?? [:] : [:]
    self = .slurm(try SlurmOptions(own, over: profile))
  }

  /// Whether it shares out cells by what they take, so that a plan for it should be measured.
  public var needsTimes: Bool {
    guard case .slurm(let options) = self else { return false }
    return options.cellsPerTask == 0
  }

  /// Reads what a file says under `launcher`: a name, or `slurm` with its settings.
  /// - Throws: `SetupError` that begins with the key path.
  static func choice(_ written: Setting) throws -> PartChoice? {
    guard written != .null else { return nil }
    let choice = try PartChoice(written: written, at: "launcher")
    switch choice.name {
    case "slurm": try SlurmOptions(choice.settings, at: "launcher.slurm").validate(at: "launcher.slurm")
    case "local":
      if let key = choice.settings.keys.min() {
        throw SetupError("launcher.local: no setting \"\(key)\". It has no settings.")
      }
    default:
      throw SetupError(
        "launcher: no launcher is called \"\(choice.name)\". Launchers: \(names.joined(separator: ", "))."
          + suggestion(for: choice.name, among: names))
    }
    return choice
  }
}

/// A cell that is being trained, as progress shows it.
protocol RunningCell {
  var cell: Plan.Cell { get }
  /// When its training began, what an earlier attempt had trained included.
  var started: ContinuousClock.Instant { get }
  /// The epoch it reported last.
  var latest: EpochRecord? { get }
}

/// How the cells that are missing are started, followed and stopped. What a folder holds and what is said of it is the
/// same however they are.
protocol CellLauncher {
  /// Called once the folder is locked and before it is looked through. What nobody will finish is removed.
  /// - Returns: the cells whose runs may be under way, or have ended since somebody looked.
  /// - Throws: `SetupError` when nothing could be started here.
  mutating func attach() throws -> Set<String>

  /// How many work at a time, if that is known, and what is said of it: `with 2 workers`.
  func means(for count: Int) -> (workers: Int?, text: String)

  /// Returns when every cell is done or has failed, is left because somebody cancelled it, or a signal came.
  mutating func work(through cells: [Plan.Cell], _ ledger: RunLedger) throws

  /// What is said of cells that remain after that; nil: that they are done by the next run.
  func farewell(remaining: Int, of total: Int) -> String?
}
