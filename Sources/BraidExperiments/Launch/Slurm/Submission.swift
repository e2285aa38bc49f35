import BraidCore
import Foundation

/// An array job as files in the experiment's folder: what it is to do, how it was submitted, what its tasks said.
///
/// | file | what |
/// |---|---|
/// | `tasks.txt` | a line a task: tries without getting further, epochs there were, ids of its cells |
/// | `task.sh` | what a task does |
/// | `job` | the id Slurm gave |
/// | `tasks/N.txt` | what task N wrote: that it began, each cell and its exit status, that it finished |
/// | `tasks/CELL.said` | what a worker that failed wrote to standard error |
/// | `logs/N.txt` | all output of task N |
/// | `cancelled` | somebody asked for it to end |
/// | `closed` | nothing of it counts any more |
///
/// The folder's name is the job's. It is there before the job is submitted, so a runner that was killed in between finds
/// the job by its name; and a task that starts when its submission is closed does nothing. So no moment to die in loses
/// work or does it twice.
struct Submission {
  /// Some cells for one task.
  struct Task: Equatable {
    var cells: [String]
    /// How often it was tried without getting any further.
    var tries = 0
    /// Epochs that its cells had done together when it was submitted.
    var epochs = 0
  }

  let path: String
  let tasks: [Task]
  /// The id Slurm gave; nil while it is not known.
  private(set) var job: String?

  var name: String { URL(fileURLWithPath: path).lastPathComponent }
  /// The script that Slurm is given.
  var script: String { "\(path)/task.sh" }
  /// How people know it.
  var title: String { job.map { "job \($0)" } ?? "job \(name)" }

  static func folder(in experiment: String) -> String { "\(experiment)/slurm" }

  /// Those whose tasks may be at work, or have ended since somebody looked, in the order they were made.
  static func open(in experiment: String) -> [Submission] {
    let folder = folder(in: experiment)
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }
    return names.compactMap { Submission(at: "\(folder)/\($0)") }.filter { !$0.has("closed") }
      .sorted { ($0.number, $0.name) < ($1.number, $1.name) }
  }

  /// Removes what runners that were killed had not written whole.
  static func removeDrafts(in experiment: String) {
    let folder = folder(in: experiment)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(".") {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Reads one. Nil where there is none.
  init?(at path: String) {
    guard let text = try? String(contentsOfFile: "\(path)/tasks.txt", encoding: .utf8) else { return nil }
    self.path = path
    tasks = text.split(separator: "\n").map { line in
      let words = line.split(separator: " ").map(String.init)
      return Task(
        cells: Array(words.dropFirst(2)), tries: words.first.flatMap(Int.init) ?? 0,
        epochs: words.dropFirst().first.flatMap(Int.init) ?? 0)
    }
    job = (try? String(contentsOfFile: "\(path)/job", encoding: .utf8))?.trimmingCharacters(in: .newlines)
  }

  /// Writes down what is to be submitted.
  /// - Parameter script: the text of the script, for the submission's folder.
  init(_ tasks: [Task], of plan: String, in experiment: String, script: (_ path: String) -> String) throws {
    let folder = Submission.folder(in: experiment)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let number = (names.compactMap { Submission.number(of: $0) }.max() ?? 0) + 1
    // chance tells jobs of folders with one name apart; it never reaches a run
    let chance = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    // of a search's round the plan has a name of words, and a list of jobs would be cut at its commas
    let words = plan.split { !$0.isLetter && !$0.isNumber && !"._-".contains($0) }
    let name = "\(words.joined(separator: "-"))-\(number)-\(chance)"
    path = "\(folder)/\(name)"
    self.tasks = tasks
    let lines = tasks.map { "\($0.tries) \($0.epochs) \($0.cells.joined(separator: " "))\n" }
    let (draft, place) = ("\(folder)/.\(name)", path)
    try filing(place) {
      for part in ["tasks", "logs"] {
        try FileManager.default.createDirectory(atPath: "\(draft)/\(part)", withIntermediateDirectories: true)
      }
      try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: "\(draft)/tasks.txt"))
      try Data(script(place).utf8).write(to: URL(fileURLWithPath: "\(draft)/task.sh"))
      try FileManager.default.moveItem(atPath: draft, toPath: place)
    }
  }

  private static func number(of name: String) -> Int? {
    let words = name.split(separator: "-")
    return words.count < 3 ? nil : Int(words[words.count - 2])
  }
  private var number: Int { Submission.number(of: name) ?? 0 }

  /// Notes the id Slurm gave.
  mutating func submitted(as job: String) throws {
    try mark("job", job)
    self.job = job
  }

  /// Whether somebody asked for it to end.
  var isCancelled: Bool { has("cancelled") }
  func cancel() throws { try mark("cancelled") }

  /// Ends its part in the experiment: its tasks do nothing any more, and what they wrote to be followed goes.
  func close() throws {
    try mark("closed")
    try? FileManager.default.removeItem(atPath: "\(path)/tasks")
    rmdir("\(path)/logs")  // when nobody wrote anything worth keeping
  }

  /// Whether one of its tasks has begun.
  var hasBegun: Bool { !((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/tasks")) ?? []).isEmpty }

  func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(file)") }

  private func mark(_ file: String, _ text: String = "") throws {
    let place = "\(path)/\(file)"
    try filing(place) { try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: place), options: .atomic) }
  }

  /// What a task wrote.
  func record(of task: Int) -> TaskRecord {
    TaskRecord((try? String(contentsOfFile: "\(path)/tasks/\(task).txt", encoding: .utf8)) ?? "")
  }

  /// The end of what the worker of a cell said before it failed.
  func said(_ cell: String) -> String {
    WorkerEnding.said(in: FileManager.default.contents(atPath: "\(path)/tasks/\(cell).said") ?? Data())
  }
}

extension ExperimentFolder {
  /// - Throws: `SetupError` while a job of a cluster may be writing in the folder.
  public func requireNoJob() throws {
    guard let submission = Submission.open(in: path).first else { return }
    throw SetupError(
      "\(path): \(submission.title) of Slurm may be at work here. Follow it to its end with --launcher slurm, or end it "
        + "with braid cancel. Where it is known to be gone, remove \(submission.path).")
  }
}
