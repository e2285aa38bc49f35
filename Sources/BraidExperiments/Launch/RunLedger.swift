import BraidCore
import BraidTraining
import Foundation

/// What a runner keeps of the cells it has seen to: counts, what is shown, what is written for TensorBoard. The same for
/// every launcher.
final class RunLedger {
  let folder: ExperimentFolder
  let progress: Progress
  /// Where epochs go for TensorBoard; nil: nowhere.
  private let events: TensorBoardEvents?
  var summary = Runner.Summary()

  init(_ folder: ExperimentFolder, _ progress: Progress, _ events: TensorBoardEvents?) {
    (self.folder, self.progress, self.events) = (folder, progress, events)
  }

  /// A cell that was done before this runner came.
  func before(_ run: RunFolder, _ cell: Plan.Cell) {
    report { try $0.add(run, of: cell, time: $1) }
    summary.before += 1
  }

  /// An epoch is over.
  func epoch(_ record: EpochRecord, of running: some RunningCell) {
    progress.epoch(record, of: running)
    report { try $0.add(record, of: running.cell, time: $1) }
  }

  /// Nobody is at work on a cell any more: takes in what there is, and writes down why there is nothing.
  /// - Parameters:
  ///   - state: what lies at the run's place.
  ///   - ending: what is known of how its worker ended; nil: well.
  ///   - seconds: wall-clock time it took.
  func ended(_ cell: Plan.Cell, _ state: RunFolder.State, saying ending: WorkerEnding?, seconds: Double) {
    let reason: String
    switch state {
    case .done(let run):
      summary.now += 1
      return progress.done(run, cell, seconds: seconds)
    case .failed(let result): reason = result.error ?? ending?.text ?? "no reason was given"
    case .missing: reason = ending?.text ?? "the worker ended without a result"
    case .damaged(let why): reason = [ending?.text, why].compactMap { $0 }.joined(separator: "; ")
    }
    if case .failed = state {
    } else {
      // A worker that was killed or trapped could not say so itself. Where not even this can be written, the line below
      // remains.
      if let writer = try? RunWriter(cell, in: folder.path),
        (try? Worker.recordFailure(reason, ending?.fault ?? .surroundings, of: cell, writer)) == nil
      {
        writer.abandon()
      }
    }
    summary.failures.append(.init(row: cell.row, seed: cell.seed, folder: cell.folder, reason: reason))
    progress.failed(cell, reason)
  }

  /// Writes for TensorBoard. Where that fails (a full disk), it is said, and training goes on: results do not depend on it.
  private func report(_ write: (_ events: TensorBoardEvents, _ time: Double) throws -> Void) {
    guard let events else { return }
    do { try write(events, Date().timeIntervalSince1970) } catch { progress.noteOnce("\(error)") }
  }
}
