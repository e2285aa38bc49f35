import BraidTraining

/// Something that happened while a plan was run: what `braid run --json` prints, one object a line. What does not belong to
/// an event is absent.
public struct RunEvent: Codable, Sendable {
  /// What happened.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The runner starts: how many cells there are, how many are done, how many wait.
    case begin
    /// A worker finished an epoch of its cell.
    case epoch
    /// A cell is done, or could not be finished.
    case done, failed
    /// Something a person should know.
    case note
    /// Nothing is left to do, or the runner was told to stop.
    case end
  }
  /// What happened.
  public var event: Kind
  /// When, as `2026-01-31T12:00:00Z`.
  public var time: String
  /// The cell's identifier.
  public var cell: String?
  /// The cell's row.
  public var row: String?
  /// The cell's seed.
  public var seed: UInt64?
  /// The epoch done, from 1, and how many there are at most.
  public var epoch: Int?
  /// How many it may have.
  public var epochs: Int?
  /// Of the epoch, on the training split.
  public var trainLoss: Double?
  /// Of the epoch, on the validation split.
  public var validationLoss: Double?
  /// On the validation split.
  public var metrics: [String: Double]?
  /// Of the cell.
  public var seconds: Double?
  /// Until the cell, or the whole plan, is done, if nothing stops early.
  public var secondsLeft: Double?
  /// Where the run lies.
  public var folder: String?
  /// What went wrong, or what a person should know.
  public var message: String?
  /// Of the whole plan.
  public var cells: Int?
  /// Cells that are done.
  public var finished: Int?
  /// Cells that failed.
  public var failures: Int?
  /// Cells that have not been started.
  public var waiting: Int?
  /// Processes at work.
  public var workers: Int?

  init(_ event: Kind, time: String) { (self.event, self.time) = (event, time) }
}
