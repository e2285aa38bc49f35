import BraidTraining
import Foundation

/// What epochs have taken, start and evaluation included, and so what is left to wait.
struct CellCosts {
  /// By row, and over all under the empty name.
  private var known: [String: (seconds: Double, epochs: Int)] = [:]

  mutating func add(_ seconds: Double, _ epochs: Int, to row: String) {
    for key in [row, ""] {
      let old = known[key] ?? (0, 0)
      known[key] = (old.seconds + seconds, old.epochs + max(epochs, 1))
    }
  }

  private func perEpoch(_ row: String) -> Double? { (known[row] ?? known[""]).map { $0.seconds / Double($0.epochs) } }

  /// Seconds until a running cell ends, if it does not stop early; nil before anything is known.
  func left(of worker: any RunningCell) -> Double? {
    let done = worker.latest?.epoch ?? 0
    let own = done == 0 ? nil : (ContinuousClock.now - worker.started).inSeconds / Double(done)
    return (own ?? perEpoch(worker.cell.row)).map { $0 * Double(worker.cell.configuration.train.epochs - done) }
  }

  /// Seconds until the last cell ends; nil before anything is known.
  func left(_ running: [any RunningCell], _ waiting: ArraySlice<Plan.Cell>, workers: Int) -> Double? {
    var total = 0.0, longest = 0.0
    for worker in running {
      guard let left = left(of: worker) else { return nil }
      total += left
      longest = max(longest, left)
    }
    let slowest = running.compactMap { worker in
      worker.latest.map { (ContinuousClock.now - worker.started).inSeconds / Double($0.epoch) }
    }.max()
    for cell in waiting {
      guard let seconds = perEpoch(cell.row) ?? slowest else { return nil }
      total += seconds * Double(cell.configuration.train.epochs)
    }
    return max(total / Double(workers), longest)
  }
}
