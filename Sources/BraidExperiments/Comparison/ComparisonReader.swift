import BraidCore
import BraidTraining
import Foundation

extension Comparison {
  /// Reads an experiment's folder: its plan, and whatever runs of it are there. Nothing is written, no data set is
  /// loaded.
  /// - Throws: `SetupError` when the folder has no plan or nothing has been run.
  public init(reading path: String) throws {
    let folder = ExperimentFolder(path)
    let plan = try folder.plan()
    let states = try plan.cells.concurrentMap { RunFolder.state(of: $0, in: path) }
    try self.init(plan, states, samples: folder.samples())
    search = plan.search?.timed(in: path)
    notes = Comparison.notes(self)
  }

  init(_ plan: Plan, _ states: [RunFolder.State], samples: [SampleView]) throws {
    (name, question, data, metrics) = (plan.name, plan.question, plan.data, plan.metrics)
    (seeds, reference, self.samples) = (plan.seeds, plan.reference, samples)
    (failures, missing, notes, settings, provenance, rows) = ([], [], [], [], [], [])
    var runs: [String: RunFolder] = [:]
    for (cell, state) in zip(plan.cells, states) {
      func failure(_ reason: String) -> Failure {
        Failure(row: cell.row, seed: cell.seed, folder: cell.folder, reason: reason)
      }
      switch state {
      case .done(let run): runs[cell.id] = run
      case .failed(let result): failures.append(failure(result.error ?? "no reason was written"))
      case .missing: missing.append(failure("has not been run"))
      case .damaged(let why): missing.append(failure("is damaged: \(why)"))
      }
    }
    let states = Dictionary(zip(plan.cells.map(\.id), states), uniquingKeysWith: { first, _ in first })
    let cells = Dictionary(grouping: plan.cells, by: \.row)
    rows = try plan.rows.map { try Row($0, cells[$0.name] ?? [], plan, states) }
    (settings, rows) = try Comparison.settings(of: plan, rows)
    compareWithReference()
    best = metrics.first.flatMap { metric in
      let ranked = rows.compactMap { row in row.metric(metric.name)?.test.mean.map { (row.name, $0) } }
      return (metric.higherIsBetter ? ranked.max { $0.1 < $1.1 } : ranked.min { $0.1 < $1.1 })?.0
    }
    let bestRuns = plan.cells.filter { $0.row == best }.compactMap { runs[$0.id] }
    confusion = try Comparison.confusion(bestRuns, plan)
    baseline = runs.isEmpty ? nil : Comparison.baseline(plan, plan.cells.lazy.compactMap { runs[$0.id] }.first)
    provenance = Comparison.provenance(plan.cells.compactMap { runs[$0.id]?.provenance })
    notes = Comparison.notes(self)
  }

  /// Fills in differences, tests and Holm's correction, metric by metric over all rows.
  private mutating func compareWithReference() {
    guard let reference = rows.firstIndex(where: { $0.isReference }) else { return }
    for metric in metrics.indices {
      let base = rows[reference].metrics[metric].test.values
      let others = rows.indices.filter { $0 != reference }
      let differences = others.map { Difference(rows[$0].metrics[metric].test.values, minus: base) }
      let adjusted = Difference.holm(differences.map(\.p))
      for (place, row) in others.enumerated() {
        rows[row].metrics[metric].difference = differences[place]
        rows[row].metrics[metric].difference?.adjustedP = adjusted[place]
      }
    }
  }

  private static func confusion(_ runs: [RunFolder], _ plan: Plan) throws -> ConfusionMatrix? {
    guard !runs.isEmpty else { return nil }
    var right: [Int] = [], answered: [Int] = []
    for run in runs {
      guard let matrix = try run.predictions(.test).confusion(classes: plan.data.targetNames) else { return nil }
      for (row, counts) in matrix.counts.enumerated() {
        for (column, count) in counts.enumerated() {
          right += repeatElement(row, count: count)
          answered += repeatElement(column, count: count)
        }
      }
    }
    return ConfusionMatrix(classes: plan.data.targetNames, right: right, answered: answered)
  }

  private static func baseline(_ plan: Plan, _ run: RunFolder?) -> Baseline? {
    guard let reached = run?.result.baseline["test"] else { return nil }
    let names = plan.data.targetNames
    var title = "constant answer"
    if plan.data.target.hasPrefix("one of"), let largest = plan.constantAnswer.max() {
      title = "majority class (\(names[plan.constantAnswer.firstIndex(of: largest) ?? 0]))"
    } else if plan.data.target.hasPrefix("any of") {
      title = "label shares of the training split"
    } else {
      title = "mean of the training split"
    }
    return Baseline(name: title, metrics: reached.filter { $0.value.isFinite })
  }

  private static func provenance(_ all: [Provenance]) -> [ProvenanceGroup] {
    var groups: [ProvenanceGroup] = []
    func place(_ provenance: Provenance) -> Provenance {
      var place = provenance
      (place.seed, place.started, place.finished, place.command) = (0, "", "", [])
      return place
    }
    for item in all {
      if let index = groups.firstIndex(where: { place($0.provenance) == place(item) }) {
        groups[index].cells += 1
        groups[index].started = min(groups[index].started, item.started)
        groups[index].finished = max(groups[index].finished, item.finished)
      } else {
        groups.append(ProvenanceGroup(provenance: item, cells: 1, started: item.started, finished: item.finished))
      }
    }
    return groups
  }

  /// Splits the rows' settings into what all share and what is a row's own.
  private static func settings(of plan: Plan, _ rows: [Row]) throws -> (shared: [SettingLine], rows: [Row]) {
    let cells = Dictionary(plan.cells.map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
    let planned = Dictionary(plan.rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let lines = try rows.map(\.name).concurrentMap { name -> [String: SettingLine] in
      guard let cell = cells[name] else { return [:] }
      let given = Set(planned[name]?.given ?? [])
      return try flattened(cell.configuration.settings()).filter { $0.key != "seed" }.reduce(into: [:]) {
        result, item in
        result[item.key] = SettingLine(path: item.key, value: item.value, isGiven: given.contains(item.key))
      }
    }
    let shared = (lines.first ?? [:]).filter { path, line in lines.allSatisfy { $0[path] == line } }
    var rows = rows
    for index in rows.indices {
      rows[index].settings = lines[index].values.filter { shared[$0.path] == nil }.sorted { $0.path < $1.path }
    }
    return (shared.values.sorted { $0.path < $1.path }, rows)
  }
}

extension Comparison.Row {
  init(_ row: Plan.Row, _ planned: [Plan.Cell], _ plan: Plan, _ states: [String: RunFolder.State]) throws {
    (name, fusion, modalities, adapters) = (row.name, row.fusion, row.modalities, row.adapters)
    (coordinates, isReference) = (row.coordinates, row.name == plan.reference)
    (parameters, flopsPerSample) = (row.parameters, row.flopsPerSample)
    settings = []
    let runs = planned.map { cell -> RunFolder? in
      if case .done(let run)? = states[cell.id] { return run }
      return nil
    }
    metrics = plan.metrics.map { metric in
      func estimate(_ split: Split) -> Estimate {
        Estimate(runs.map { $0?.result.metrics[split.rawValue]?[metric.name] })
      }
      return .init(name: metric.name, test: estimate(.test), validation: estimate(.validation), difference: nil)
    }
    secondsPerEpoch = Estimate(runs.map { $0?.result.secondsPerEpoch })
    bestEpoch = Estimate(runs.map { $0?.result.bestEpoch.map(Double.init) })
    curve = Comparison.Row.curve(runs.compactMap { $0?.epochs }, plan.metrics.map(\.name))
    cells = zip(planned, runs).map { cell, run in
      let status: Comparison.Status =
        switch states[cell.id] {
        case .done?: .done
        case .failed?: .failed
        default: .missing
        }
      return .init(
        seed: cell.seed, status: status, folder: cell.folder,
        test: (run?.result.metrics["test"] ?? [:]).filter { $0.value.isFinite },
        bestEpoch: run?.result.bestEpoch, epochs: run?.result.epochs, seconds: run?.result.seconds)
    }
    samples = try runs.lazy.compactMap { $0 }.first?.samples() ?? []
  }

  private static func curve(_ runs: [[EpochRecord]], _ metrics: [String]) -> [Comparison.CurvePoint] {
    (0..<(runs.map(\.count).max() ?? 0)).map { index in
      let records = runs.filter { $0.count > index }.map { $0[index] }
      func mean(_ value: (EpochRecord) -> Double?) -> Double? { Estimate(records.map(value)).mean }
      return .init(
        epoch: index + 1, cells: records.count, trainLoss: mean(\.trainLoss), validationLoss: mean(\.validationLoss),
        metrics: metrics.reduce(into: [:]) { result, name in result[name] = mean { $0.metrics[name] } })
    }
  }
}
