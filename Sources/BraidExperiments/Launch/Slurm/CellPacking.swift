/// Which cells a task of an array job trains one after the other.
struct CellPacking {
  /// Starting and ending a task costs a cluster about a second: little beside this, while thousands of short cells still
  /// make many tasks.
  static let secondsOfTask = 60.0

  /// How many; 0: by their time.
  let count: Int
  /// What a cell of each row takes, as far as it is known.
  let seconds: [String: Double]

  init(_ options: SlurmOptions, _ seconds: [String: Double]) {
    (count, self.seconds) = (options.cellsPerTask, seconds)
  }

  /// The cells in their order, cut into packs. By time, a pack ends before the cell with which it would take longer than
  /// `secondsOfTask`; a cell that takes longer than that, or nobody knows how long, has a task of its own.
  func packs(of cells: [Plan.Cell]) -> [ArraySlice<Plan.Cell>] {
    var packs: [ArraySlice<Plan.Cell>] = []
    var begin = 0, time = 0.0
    for (index, cell) in cells.enumerated() {
      let own = seconds[cell.row] ?? .infinity
      if index > begin, count > 0 ? index - begin == count : time + own > CellPacking.secondsOfTask {
        packs.append(cells[begin..<index])
        (begin, time) = (index, 0)
      }
      time += own
    }
    return cells.isEmpty ? [] : packs + [cells[begin...]]
  }
}
