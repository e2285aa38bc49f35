import BraidCore
import BraidExperiments
import Foundation

/// What a report says of the search that found the rows' settings.
struct SearchReport {
  let search: Comparison.Search

  init?(_ comparison: Comparison) {
    guard let search = comparison.search else { return nil }
    self.search = search
  }

  /// Name and value lines: what was searched, and how much.
  var lines: [(String, String)] {
    let trials = search.rows.flatMap(\.trials)
    var lines = [
      ("method", search.methodText),
      (
        "decided by",
        "\(search.monitor) on the validation split, \(search.higherIsBetter ? "higher" : "lower") is better"
      ),
    ]
    lines += search.axes.map { ("searched \($0.path)", $0.values) }
    lines += search.budgets.map { text, rows in
      ("budget", text + (search.budgets.count == 1 ? " for each row" : " for \(rows.joined(separator: "; "))"))
    }
    lines.append(("seeds of a trial", search.seeds.map(String.init).joined(separator: ", ")))
    let epochs = search.rows.map(\.epochsTrained).reduce(0, +), seconds = trials.compactMap(\.seconds).reduce(0, +)
    lines.append(
      (
        "in all",
        "\(trials.count) trials, \(epochs) epochs, \(NumberText.fixed(seconds, 1)) seconds of single workers; "
          + "\(trials.filter { $0.value == nil }.count) failed, \(trials.filter(\.isRepeated).count) repeated "
          + "a combination that was trained already"
      ))
    if !search.rowsAsWritten.isEmpty {
      lines.append(("trained as written, since no axis is of them", search.rowsAsWritten.joined(separator: "; ")))
    }
    return lines
  }

  /// One line a row: its budget, what it found, and with which settings it was trained.
  var table: ResultTable {
    let columns =
      [ResultTable.Column(title: "fusion", isNumber: false)]
      + ["trials", "failed", "epochs", "seconds", "chosen trial", "validation \(search.monitor)"].map {
        .init(title: $0, isNumber: true)
      } + [.init(title: "settings found", isNumber: false)]
    let rows = search.rows.map { row -> [String] in
      let values = row.best.map { $0.values.map { "\($0.path) \($0.text)" }.joined(separator: ", ") }
      let seconds = row.trials.compactMap(\.seconds)
      return [
        row.name, "\(row.trials.count)", "\(row.failures.count)", "\(row.epochsTrained)",
        NumberText.fixed(seconds.isEmpty ? nil : seconds.reduce(0, +), 1), row.chosen.map(String.init) ?? "–",
        NumberText.fixed(row.best?.value),
        values ?? (row.budget.isEmpty ? "as written" : "as written: all trials failed"),
      ]
    }
    return ResultTable(columns: columns, rows: rows)
  }

  /// Trials that failed, and why.
  var failures: [String] {
    search.rows.flatMap { row in
      row.failures.map { trial in
        let values = trial.values.map { "\($0.path) \($0.text)" }.joined(separator: ", ")
        return "\(row.name), trial \(trial.number) (\(values)): \(trial.failure ?? "no reason was written")"
      }
    }
  }

  /// One line a trial, as a spreadsheet or a data frame reads it. RFC 4180.
  var csv: String {
    let axes = search.axes.map(\.path)
    let first = ["row", "trial", "rung", "epochs"] + axes
    let last = ["epochs_trained", "seconds", "status", "chosen", "reason"]
    var lines = [first + ["validation_\(search.monitor)"] + last]
    for row in search.rows {
      for trial in row.trials {
        var line = [row.name, "\(trial.number)", "\(trial.rung)", "\(trial.epochs)"]
        line += axes.map { path in trial.values.first { $0.path == path }?.text ?? "" }
        line += [trial.value.map { "\($0)" } ?? "", "\(trial.epochsTrained)", trial.seconds.map { "\($0)" } ?? ""]
        line += [trial.value == nil ? "failed" : trial.isRepeated ? "repeated" : "done"]
        lines.append(line + [trial.number == row.chosen ? "yes" : "", trial.failure ?? ""])
      }
    }
    return lines.map { $0.map(CSVReport.quoted).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
  }

  /// The best value so far by the epochs trained, one line a row.
  var curves: String? {
    var script = "", plots: [String] = []
    for (index, row) in search.rows.enumerated() {
      let points = row.bestSoFar(higherIsBetter: search.higherIsBetter)
      guard !points.isEmpty else { continue }
      script += "$row\(index) << EOD\n" + points.map { "\($0.epochs) \($0.value)" }.joined(separator: "\n") + "\nEOD\n"
      plots.append(
        "$row\(index) using 1:2 with steps linewidth 2 linecolor '\(Charts.palette[index % Charts.palette.count])' "
          + "title \(Gnuplot.quoted(row.name))")
    }
    guard !plots.isEmpty else { return nil }
    script += "set xrange [0:*]\nset xlabel 'epochs trained in trials'\n"
    script += "set ylabel \(Gnuplot.quoted("best validation \(search.monitor) so far"))\nset key outside right\n"
    return script + "plot " + plots.joined(separator: ", ") + "\n"
  }
}
