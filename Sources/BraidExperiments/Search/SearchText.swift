import BraidCore
import BraidTraining

extension Comparison.Search {
  /// `tpe (batch 4, candidates 24, quantile 0.15, startup 10)`.
  public var methodText: String {
    let listed = settings.sorted { $0.key < $1.key }.map { "\($0.key) \(Coordinate(path: "", value: $0.value).text)" }
    return method + (listed.isEmpty ? "" : " (\(listed.joined(separator: ", ")))")
  }

  /// Each budget and the rows that have it: `20 trials of 15 epochs`, `9 trials of 1 epoch, 3 of 3, 1 of 9`.
  public var budgets: [(text: String, rows: [String])] {
    var result: [(text: String, rows: [String])] = []
    for row in rows where !row.budget.isEmpty {
      let text = row.budget.enumerated().map { index, rung in
        index > 0
          ? "\(rung.trials) of \(rung.epochs)"
          : "\(rung.trials) trial\(rung.trials == 1 ? "" : "s") of \(rung.epochs) epoch\(rung.epochs == 1 ? "" : "s")"
      }.joined(separator: ", ")
      if let index = result.firstIndex(where: { $0.text == text }) {
        result[index].rows.append(row.name)
      } else {
        result.append((text, [row.name]))
      }
    }
    return result
  }

  /// Rows none of whose settings are searched.
  public var rowsAsWritten: [String] { rows.filter(\.budget.isEmpty).map(\.name) }

  /// Epochs of all trials and seeds, unless training stops early.
  public var mostEpochs: Int {
    rows.flatMap(\.budget).map { $0.trials * $0.epochs }.reduce(0, +) * seeds.count
  }

  /// What was found, one line a row.
  public var text: String {
    let table = rows.map { row -> [String] in
      guard !row.budget.isEmpty else { return [row.name, "as written: no axis is of it", ""] }
      guard let best = row.best else { return [row.name, "as written: every trial failed", ""] }
      let values = best.values.map { "\($0.path) \($0.text)" }.joined(separator: ", ")
      let value = Progress.short(best.value ?? .nan)
      return [row.name, values, "trial \(best.number) of \(row.trials.count), validation \(monitor) \(value)"]
    }
    return (["settings found"] + aligned(table).map { "  " + $0 }).joined(separator: "\n")
  }
}

extension Plan {
  /// What `braid check` says of the search: axes, budget and time.
  var searchLines: [String] {
    guard let search else { return [] }
    let many = search.rows.map(\.budget).joined().map(\.trials).reduce(0, +)
    var lines = ["", "search   \(search.methodText), by validation \(search.monitor), drawn with seed \(search.seed)"]
    lines += aligned(
      search.axes.map { axis in
        let rows = search.rows.filter { $0.axes.contains(axis.path) }.map(\.name)
        let all = rows.count == search.rows.count
        return ["         \(axis.path)", axis.values, all ? "every row" : rows.joined(separator: "; ")]
      })
    for (text, rows) in search.budgets {
      let all = rows.count == search.rows.count ? "every row" : rows.joined(separator: "; ")
      lines.append("budget   \(text) for \(all)")
    }
    let seeds = search.seeds.map(String.init).joined(separator: ", ")
    lines.append(
      "         in all \(many) trials with seed\(search.seeds.count == 1 ? "" : "s") \(seeds), at most "
        + "\(search.mostEpochs) epochs; they do not see the test split")
    if !search.rowsAsWritten.isEmpty {
      lines.append(
        "         trained as written, since no axis is of them: \(search.rowsAsWritten.joined(separator: "; "))")
    }
    if !seconds.isEmpty {
      let whole = search.rows.map { row in
        let epochs = row.budget.map { $0.trials * $0.epochs }.reduce(0, +) * search.seeds.count
        guard let cell = cells.first(where: { $0.row == row.name }) else { return 0 }
        return (seconds[row.name] ?? 0) * Double(epochs) / Double(cell.configuration.train.epochs)
      }.reduce(0, +)
      lines.append("About \(Progress.spoken(seconds: whole)) of one processor for the search.")
    }
    return lines
  }
}

extension SearchRunner.Standing {
  /// Why a search is not over although nobody stopped it.
  var obstacle: String {
    let runs = "\(missing) run\(missing == 1 ? "" : "s")"
    let others = reasons.count - 1
    let more = others > 0 ? "; and \(others) other reason\(others == 1 ? "" : "s")" : ""
    return "the search stopped in round \(round): \(runs) of it not done, which tells nothing of their settings "
      + "(\(reasons.first.map(firstLine) ?? "no reason is known")\(more)). Run again to go on."
  }

  /// What `braid check` says of the trials and runs there are.
  public func text(folder: String) -> String {
    let place = SearchRunner.folder(of: folder)
    let all = Inventory(of: place, for: trials)
    // of those that are not done, the others failed by their own fault
    let settled = max(trials.cells.count - all.done.count - missing, 0)
    var lines = [all.text(of: trials, folder: place, settled: settled)]
    if let plan {
      lines.append(found.text)
      lines.append(Inventory(of: folder, for: plan).text(of: plan, folder: folder))
    } else {
      let planned = found.rows.flatMap(\.budget).map(\.trials).reduce(0, +)
      lines.append(
        "the search is not over: \(found.rows.map(\.trials.count).reduce(0, +)) of at most \(planned) trials have finished"
      )
      if !reasons.isEmpty { lines.append(obstacle) }
    }
    return lines.joined(separator: "\n")
  }
}
