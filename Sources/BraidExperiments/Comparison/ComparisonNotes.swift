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
    if comparison.provenance.count > 1 {
      notes.append(
        "The runs were made on \(comparison.provenance.count) different machines or builds; see the provenance.")
    }
    return notes
  }
}
