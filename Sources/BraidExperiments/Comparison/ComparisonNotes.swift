extension Comparison {
  /// What the numbers do and do not say, as far as it depends on this experiment.
  static func notes(_ comparison: Comparison) -> [String] {
    var notes: [String] = []
    let seeds = comparison.seeds.count
    func runs(_ count: Int) -> String { count == 1 ? "1 run is" : "\(count) runs are" }
    if seeds == 1 {
      notes.append(
        "One seed: there is no deviation, no interval and no test. A difference here may be chance; "
          + "give more seeds to find out."
      )
    } else {
      notes.append(
        "Mean ± standard deviation over \(seeds) seeds; intervals are 95 % t-intervals of the mean. A seed "
          + "changes first weights, "
          + "data order and dropout, not the splits: the intervals describe how training varies, not other data.")
    }
    if let reference = comparison.reference, seeds > 1 {
      notes.append(
        "Differences are to \"\(reference)\", paired by seed; p is of a two-sided paired t-test, which takes "
          + "the differences for "
          + "normally distributed, and is corrected by Holm's method over all rows, for each metric by itself.")
      if seeds < 5 {
        notes.append(
          "With \(seeds) seeds the test finds large differences only: a large p does not show that rows are equal.")
      }
    }
    let undefined = comparison.metrics.map(\.name).filter { name in
      comparison.rows.contains { row in
        row.cells.contains { $0.status == .done }
          && (row.metric(name)?.test.count ?? 0) < row.cells.filter { $0.status == .done }.count
      }
    }
    if !undefined.isEmpty {
      notes.append("Not defined for some runs, which their means leave out: \(undefined.joined(separator: ", ")).")
    }
    if !comparison.failures.isEmpty {
      notes.append("\(comparison.failures.count) of the runs failed; means are over the seeds that finished.")
    }
    if !comparison.missing.isEmpty {
      notes.append("\(runs(comparison.missing.count)) missing; this report is of what has finished.")
    }
    if let search = comparison.search {
      notes += Comparison.notes(on: search, seeds: comparison.seeds)
      let alike = Dictionary(grouping: comparison.rows, by: { $0.cells.map(\.folder) }).values.filter { $0.count > 1 }
      for names in alike.map({ $0.map(\.name) }).sorted(by: { $0[0] < $1[0] }) {
        notes.append(
          "The search found the same settings for these rows, which are the same runs: \(names.joined(separator: "; "))."
        )
      }
    }
    if comparison.provenance.count > 1 {
      notes.append(
        "The runs were made on \(comparison.provenance.count) different machines or builds; see the provenance.")
    }
    return notes
  }
}

extension Comparison {
  /// What a search means for what the rows' numbers say.
  private static func notes(on search: Search, seeds: [UInt64]) -> [String] {
    var notes = [
      "The settings searched are those of each row's best trial by validation \(search.monitor); no trial has seen the test "
        + "split. Deviations and intervals are of training with what was found: they do not say what another search "
        + "would have found."
    ]
    let budgets = search.budgets
    if budgets.count > 1 {
      notes.append(
        "The rows were not searched for the same number of epochs, since they are not trained for the same: "
          + budgets.map { "\($0.text) (\($0.rows.joined(separator: "; ")))" }.joined(separator: "; ") + ".")
    }
    if !budgets.isEmpty, !search.rowsAsWritten.isEmpty {
      notes.append(
        "Trained as written, since no searched axis is of them: \(search.rowsAsWritten.joined(separator: "; ")).")
    }
    let hopeless = search.rows.filter { !$0.budget.isEmpty && $0.best == nil }.map(\.name)
    if !hopeless.isEmpty {
      notes.append("Trained as written, since every trial failed: \(hopeless.joined(separator: "; ")).")
    }
    let shared = search.seeds.filter(seeds.contains)
    if !shared.isEmpty {
      notes.append(
        "Trials and rows share the seed\(shared.count == 1 ? "" : "s") \(shared.map(String.init).joined(separator: ", ")): "
          + "settings that had luck with a seed are tested with it again.")
    }
    return notes
  }
}
