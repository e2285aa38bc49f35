import BraidCore
import BraidTraining
import Foundation

/// Searches the settings of an experiment's rows: proposes trials, has them trained, looks at their validation values, and
/// proposes again, until every row has had its budget. What comes out is the plan of the rows with what was found.
///
/// Trials lie in `trials/` of the experiment's folder, which is an experiment folder of its own. Nothing else is kept: what
/// is proposed follows from the file and the finished trials, so a search that was stopped goes on by proposing again what
/// is there already. A trial that failed by its own fault counts as the worst, and is tried again by another build only. One
/// that ended for any other reason, or was cancelled, tells nothing of its settings: the search stops, and goes on from
/// there when it is run again.
public struct SearchRunner {
  private let specification: Specification
  private let search: Search
  private let described: Comparison.Search
  private let catalogue: Catalogue
  /// Of the rows as they are written.
  private let plan: Plan
  private let data: any Dataset

  /// Nil for an experiment without a search.
  /// - Parameters:
  ///   - plan: of the specification.
  ///   - data: the plan's data set.
  public init?(_ specification: Specification, _ plan: Plan, on data: any Dataset, catalogue: Catalogue) {
    guard let search = specification.search, let described = plan.search else { return nil }
    (self.specification, self.search, self.described, self.catalogue) = (specification, search, described, catalogue)
    (self.plan, self.data) = (plan, data)
  }

  /// Where the trials of an experiment lie.
  public static func folder(of experiment: String) -> String { "\(experiment)/trials" }

  /// How far a search has come.
  public struct Standing: Sendable {
    /// A plan of all trials proposed so far.
    public var trials: Plan
    /// The round that comes next, or is at work, from 1.
    public var round: Int
    /// How many runs of that round are neither done nor failed by their own fault.
    public var missing: Int
    /// Why, as far as that is known, each reason once.
    public var reasons: [String]
    /// What was searched and found so far.
    public var found: Comparison.Search
    /// The plan of the rows with the settings that were found; nil while the search is not over.
    public var plan: Plan?
    /// The signal that stopped the search; nil when none did.
    public var signal: Int32?
  }

  /// What of the search is done. Nothing is trained or written.
  public func standing(in experiment: String) throws -> Standing { try proceed(in: experiment) { _, _ in nil } }

  /// Searches to the end, or until a round stays unfinished: a signal came, its job was cancelled, or something around a
  /// trial went wrong. What is missing then is said, and done by the next run.
  /// - Parameters:
  ///   - output: where progress goes.
  ///   - train: trains the cells of a plan in a folder, as `Runner` does.
  /// - Throws: `SetupError` when another search is at work in the folder.
  public func run(
    in experiment: String, output: ProgressOutput = .standardError,
    training train: (_ plan: Plan, _ folder: String) throws -> Runner.Summary
  ) throws -> Standing {
    // the runner's own lock is free between two rounds
    let lock = try ExperimentFolder(SearchRunner.folder(of: experiment)).lock(".search.lock")
    defer { withExtendedLifetime(lock) {} }
    let standing = try proceed(in: experiment, isTraining: true, train)
    if standing.plan != nil {
      Progress(plan, output).note(standing.found.sentence)
    } else if standing.signal == nil {
      Progress(plan, output).note(standing.obstacle)
    }
    return standing
  }

  private func proceed(
    in experiment: String, isTraining: Bool = false,
    _ runner: (_ plan: Plan, _ folder: String) throws -> Runner.Summary?
  ) throws -> Standing {
    let folder = SearchRunner.folder(of: experiment)
    var found = described
    var rows = try specification.rows.map { row in
      SearchProgress(
        space: try search.space(of: row), seed: search.seed, budget: try search.budget(of: row),
        higherIsBetter: found.higherIsBetter)
    }
    var maker = TrialCells(specification, search, catalogue, plan, data)
    var trials = plan
    (trials.rows, trials.cells, trials.samples, trials.views, trials.search) = ([], [], [], [], nil)
    var last = 1
    func standing(_ round: Int, _ missing: [Plan.Cell] = [], _ summary: Runner.Summary? = nil) -> Standing {
      Standing(
        trials: trials, round: round, missing: missing.count, reasons: reasons(missing, in: folder, summary),
        found: found, plan: nil, signal: summary?.signal)
    }
    func train(_ cells: [Plan.Cell], _ more: String = "") throws -> Runner.Summary? {
      var plan = trials
      (plan.name, plan.cells) = ("\(trials.name), search\(more)", cells)
      return try runner(plan, folder)
    }
    for round in 1... {
      var proposed: [(row: Int, trial: SearchTrial, cells: [Plan.Cell])] = []
      var new: [Plan.Cell] = []
      for (index, progress) in rows.enumerated() where !progress.budget.isEmpty {
        for trial in try search.method.proposals(for: progress) {
          let (cells, added) = try maker.cells(of: trial, progress.space.row)
          new += added
          proposed.append((index, trial, cells))
        }
      }
      if proposed.isEmpty {
        // a job that came to its end with nobody following
        if isTraining, !Submission.open(in: folder).isEmpty { _ = try train([]) }
        last = round
        break
      }
      trials.cells += new
      trials.seconds = maker.seconds
      let waiting = new.filter { !isSettled($0, in: folder, byThisBuild: isTraining) }
      if !waiting.isEmpty {
        let summary = try train(waiting, ", round \(round)")
        let missing = waiting.filter { !isSettled($0, in: folder) }
        if !missing.isEmpty || summary?.signal != nil { return standing(round, missing, summary) }
      }
      for (row, trial, cells) in proposed {
        let result = TrialResult(cells, in: folder, monitor: search.monitor)
        var trial = trial
        trial.value = result.value
        rows[row].trials.append(trial)
        let isRepeated = found.rows[row].trials.contains { $0.folders == cells.map(\.folder) }
        found.rows[row].trials.append(.init(trial, cells, result, isRepeated: isRepeated))
      }
    }
    for (index, progress) in rows.enumerated() { found.rows[index].chosen = progress.best?.number }
    var settled = specification
    settled.settle(
      try zip(specification.rows, rows).map { row, progress in
        try progress.best.map { try specification.row(row, with: $0.values) } ?? row
      })
    var plan = try Plan(settled, catalogue: catalogue, on: data, measuring: isTraining && !self.plan.seconds.isEmpty)
    plan.search = found
    var result = standing(last)
    result.plan = plan
    return result
  }

  /// Whether a trial's run tells what its settings are worth: it is done, or failed by its own fault.
  /// - Parameter byThisBuild: whether a failure counts only if it is this executable's: in another one the part that
  ///   failed may have been mended.
  private func isSettled(_ cell: Plan.Cell, in folder: String, byThisBuild: Bool = false) -> Bool {
    switch RunFolder.state(of: cell, in: folder) {
    case .done: return true
    case .failed(let result) where result.fault == .own:
      guard byThisBuild else { return true }
      let made: Provenance? = try? RunFolder.read(RunFolder.provenanceFile, in: "\(folder)/\(cell.folder)")
      return made?.executable == ExecutableFile.own
    case .failed, .missing, .damaged: return false
    }
  }

  /// Why runs are not there: what they say, else what the runner knows of them.
  private func reasons(_ missing: [Plan.Cell], in folder: String, _ summary: Runner.Summary?) -> [String] {
    var reasons: [String] = []
    for cell in missing {
      var reason = summary?.failures.first { $0.folder == cell.folder }?.reason
      if case .failed(let result) = RunFolder.state(of: cell, in: folder) { reason = result.error }
      if reason == nil, let summary, summary.left > 0 { reason = "cancelled" }
      if let reason, !reasons.contains(reason) { reasons.append(reason) }
    }
    return reasons
  }
}

/// Makes the cells of trials. Trials with the same configuration, in one row or in several, share theirs.
private struct TrialCells {
  let specification: Specification
  let search: Search
  let catalogue: Catalogue
  let plan: Plan
  private var loaded: [PartChoice: any Dataset]
  private var known: [String: Plan.Cell] = [:]
  /// What a cell of each trial takes, told from its row as it is written and the trial's epochs; empty unless the plan was
  /// measured.
  private(set) var seconds: [String: Double] = [:]
  private var frozen: [String: FrozenParameters] = [:]

  init(
    _ specification: Specification, _ search: Search, _ catalogue: Catalogue, _ plan: Plan, _ data: any Dataset
  ) {
    (self.specification, self.search, self.catalogue, self.plan) = (specification, search, catalogue, plan)
    loaded = [specification.data: data]
  }

  /// - Returns: the trial's cells, one a seed, and those of them that are new.
  mutating func cells(of trial: SearchTrial, _ row: Specification.Row) throws -> (all: [Plan.Cell], new: [Plan.Cell]) {
    let tried = try specification.row(row, with: trial.values, epochs: trial.epochs)
    let clean = try loaded[tried.data] ?? Plan.load(tried, beside: loaded[specification.data]!, catalogue)
    loaded[tried.data] = clean
    var configuration = try specification.configuration(of: tried, on: clean)
    let data = try configuration.noisy(clean, at: tried.noisePlace)
    configuration.versions = configuration.versions(in: catalogue)
    try configuration.freeze(tried, &frozen)
    (configuration.splits, configuration.samples) = ([.validation], 0)
    let name = "\(row.name), trial \(trial.number)"
    seconds[name] = plan.seconds[row.name].map { $0 * Double(trial.epochs) / Double(row.train.epochs) }
    var all: [Plan.Cell] = [], new: [Plan.Cell] = []
    for seed in search.seeds {
      configuration.seed = seed
      let id = try configuration.identifier(dataDigest: data.digest)
      let cell =
        known[id]
        ?? Plan.Cell(
          id: id, row: name, seed: seed, folder: "cells/\(slug(row.name))-trial-\(trial.number)-s\(seed)-\(id)",
          configuration: configuration, dataDigest: data.digest)
      if known.updateValue(cell, forKey: id) == nil { new.append(cell) }
      all.append(cell)
    }
    return (all, new)
  }
}

/// What the runs of a trial came to.
struct TrialResult {
  /// Mean over the seeds; nil when one of them failed by its own fault.
  var value: Double?
  var failure: String?
  /// Epochs trained, all seeds together. A run that failed counts with all it had.
  var epochs = 0

  init(_ cells: [Plan.Cell], in folder: String, monitor: String) {
    var values: [Double] = []
    for cell in cells {
      switch RunFolder.state(of: cell, in: folder, verifying: false) {
      case .done(let run):
        epochs += run.result.epochs ?? 0
        let value = run.result.metrics["validation"]?[monitor] ?? .nan
        if value.isFinite { values.append(value) } else { failure = failure ?? "validation \(monitor) is \(value)" }
      case .failed(let result):
        epochs += cell.configuration.train.epochs
        failure = failure ?? firstLine(result.error ?? "no reason was written")
      case .missing, .damaged: break  // a search does not get here with such a run
      }
    }
    if failure == nil { value = values.reduce(0, +) / Double(values.count) }
  }
}
