extension Inventory {
  /// What `braid check` says of the runs there are: how many of the plan's are done, which are damaged, and why others are
  /// stale.
  /// - Parameter settled: how many have failed and are not run again.
  public func text(of plan: Plan, folder: String, settled: Int = 0) -> String {
    var parts = ["\(done.count) of \(plan.cells.count) done"]
    if settled > 0 { parts.append("\(settled) failed by their own fault") }
    if failed.count > settled { parts.append("\(failed.count - settled) failed and run again") }
    if !damaged.isEmpty { parts.append("\(damaged.count) damaged and run again") }
    parts.append("\(plan.cells.count - done.count - settled) to do")
    var lines = ["\(folder): " + parts.joined(separator: ", ")]
    for leftover in leftovers where leftover.kind == .damaged && !leftover.path.hasSuffix(".damaged") {
      lines.append("damaged: \(leftover.path): \(leftover.reason)")
    }
    for (reason, stale) in staleByReason { lines.append("stale: \(Inventory.runs(stale)): \(reason)") }
    return lines.joined(separator: "\n")
  }

  /// What `braid gc` lists: every leftover, and their sizes together.
  public func leftoverText(in folder: String) -> String {
    guard !leftovers.isEmpty else { return "\(folder): nothing is left over" }
    var table = leftovers.map { [$0.kind.rawValue, $0.path, Inventory.spoken($0.bytes), $0.reason] }
    table.insert(["", "in \(folder)", "", ""], at: 0)
    let total = leftovers.map(\.bytes).reduce(0, +)
    let counts = Leftover.Kind.allCases.compactMap { kind in
      let count = leftovers.filter { $0.kind == kind }.count
      return count == 0 ? nil : "\(count) \(kind.rawValue)"
    }
    return (aligned(table, right: [2]) + ["", "\(counts.joined(separator: ", ")): \(Inventory.spoken(total))"])
      .joined(separator: "\n")
  }

  /// Stale runs with one reason together, those with most first.
  private var staleByReason: [(String, [Leftover])] {
    Dictionary(grouping: leftovers.filter { $0.kind == .stale }, by: \.reason)
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
  }

  /// `10 runs of concat; gated`.
  private static func runs(_ stale: [Leftover]) -> String {
    let rows = Set(stale.compactMap(\.row)).sorted()
    let named = rows.prefix(4).joined(separator: "; ") + (rows.count > 4 ? " and \(rows.count - 4) more" : "")
    return "\(stale.count) run\(stale.count == 1 ? "" : "s")" + (rows.isEmpty ? "" : " of \(named)")
  }

  /// `812 bytes`, `3.4 MB`.
  private static func spoken(_ bytes: Int) -> String {
    if bytes < 1000 { return "\(bytes) bytes" }
    let (value, unit) = bytes < 1_000_000 ? (Double(bytes) / 1e3, "kB") : (Double(bytes) / 1e6, "MB")
    return "\((value * 10).rounded() / 10) \(unit)"
  }
}
