import BraidCore
import Foundation

/// What Slurm is asked for: `launcher: {slurm: {…}}` in an experiment file, or the user's own profile. What is empty or 0
/// is left to the cluster.
public struct SlurmOptions: PartOptions, Equatable {
  /// Of the cluster; its default when empty.
  public var partition = ""
  /// Who is charged; the user's default when empty.
  public var account = ""
  /// Time limit of a task, as Slurm writes it: `30` (minutes), `2:00:00`, `1-12`.
  public var time = ""
  /// Of a task: `4G`; without a unit, megabytes.
  public var memory = ""
  /// Of a task; 0: as many as the experiment's threads.
  public var cpus = 0
  /// Of a task.
  public var gpus = 0
  /// More arguments for `sbatch`.
  public var arguments: [String] = []
  /// Environment modules that a task loads first.
  public var modules: [String] = []
  /// Lines of shell that a task begins with, after the modules.
  public var setup: [String] = []
  /// Cells that a task trains, one after the other; 0: as many as take about a minute, as far as the plan's times are
  /// known, so that what a task costs the cluster is little beside them.
  public var cellsPerTask = 0
  /// Tasks of an array job that may run at once; 0: as many as the cluster lets.
  public var tasksAtOnce = 0
  /// How often a task that was pre-empted, ran out of time or lost its node is submitted again without having got any
  /// further.
  public var resubmissions = 3
  /// Seconds between two looks at the queue and the folder.
  public var pollSeconds = 5.0
  /// Seconds that what an ended task wrote may take to be seen here: network file systems remember what they saw.
  public var settleSeconds = 60.0
  /// Folder of `sbatch`, `squeue`, `scontrol` and `scancel`; empty: they are on the path.
  public var commands = ""

  public init() {}

  /// The user's own settings for all experiments: `$XDG_CONFIG_HOME/braid/slurm.yaml`, by default in `~/.config`.
  public static var profile: String {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return "\(folder ?? "\(NSHomeDirectory())/.config")/braid/slurm.yaml"
  }

  /// Settings laid over those of a profile.
  /// - Parameter profile: a YAML file of these settings; nil, or a file that does not exist: none.
  /// - Throws: `SetupError` naming the profile's line and key of what does not fit.
  public init(_ settings: [String: Setting], over profile: String?) throws {
    var base: [String: Setting] = [:]
    if let profile, FileManager.default.fileExists(atPath: profile) {
      let document = try SettingsDocument(contentsOf: profile)
      do { try SlurmOptions(document.root, at: "experiment").validate(at: "experiment") } catch let error as SetupError
      {
        let text = document.located(error).description.replacing("experiment: no setting", with: "no setting")
        throw SetupError(text)
      }
      base = document.root
    }
    try self.init(merged(settings, over: base), at: "launcher.slurm")
    try validate(at: "launcher.slurm")
  }

  /// Options of `sbatch` that say what is submitted, and are not for others to say.
  private static let reserved = [
    "--array", "-a", "--job-name", "-J", "--output", "-o", "--chdir", "-D", "--parsable", "--wrap", "--wait", "-W",
  ]

  /// - Throws: `SetupError` that begins with the key path of what does not fit.
  func validate(at place: String) throws {
    for (key, value) in [("partition", partition), ("account", account), ("time", time), ("memory", memory)] {
      try require(
        !value.contains(where: \.isWhitespace), "\(place).\(key): found \"\(value)\"; expected one word.")
    }
    try require(
      time.isEmpty || time.wholeMatch(of: #/(\d+-\d+(:\d+){0,2})|(\d+(:\d+){0,2})/#) != nil,
      "\(place).time: found \"\(time)\"; expected a time limit such as \"30\" (minutes), \"2:00:00\" or \"1-12\" (days, hours)."
    )
    try require(
      memory.isEmpty || memory.wholeMatch(of: #/\d+[KMGT]?/#) != nil,
      "\(place).memory: found \"\(memory)\"; expected a size such as \"4G\" or \"500M\".")
    for (key, value, least) in [
      ("cpus", cpus, 0), ("gpus", gpus, 0), ("cellsPerTask", cellsPerTask, 0), ("tasksAtOnce", tasksAtOnce, 0),
      ("resubmissions", resubmissions, 0),
    ] {
      try require(value >= least, "\(place).\(key): found \(value); expected \(least) or more.")
    }
    try require(
      pollSeconds > 0, "\(place).pollSeconds: found \(pollSeconds); expected more than 0.")
    try require(
      settleSeconds >= 0, "\(place).settleSeconds: found \(settleSeconds); expected 0 or more.")
    for (index, argument) in arguments.enumerated() {
      let name = String(argument.prefix { $0 != "=" })
      try require(
        !SlurmOptions.reserved.contains(name),
        "\(place).arguments[\(index)]: \(name) is Braid's to say. Leave it out.")
    }
  }
}
