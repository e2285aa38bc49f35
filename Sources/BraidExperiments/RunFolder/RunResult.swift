import BraidCore

/// How a run ended: `result.json`.
public struct RunResult: Codable, Sendable {
  /// Whether it ended with a result.
  public enum Status: String, Codable, Sendable { case done, failed }
  /// Whose fault it is that a run failed.
  public enum Fault: String, Codable, Sendable {
    /// Its own: the loss was not finite, its parts could not be built, or one of them trapped. The same build fails again.
    case own
    /// That of what is around it: a full disk, lack of memory, a signal from outside, data that changed, a cluster. It says
    /// nothing about the run's settings.
    case surroundings
  }
  /// Of this format.
  public var version = 1
  /// Whether it ended with a result.
  public var status: Status
  /// The cell's id in the plan.
  public var cell: String
  /// The row it belongs to.
  public var row: String
  /// Its seed.
  public var seed: UInt64
  /// Why it failed, in the words of what failed.
  public var error: String?
  /// Nil for a run that is done, and for one written before this was noted.
  public var fault: Fault?
  /// By split and metric, `loss` among them, with the parameters of the best epoch.
  public var metrics: [String: [String: Double]] = [:]
  /// What the constant answer of the plan reaches, by split and metric.
  public var baseline: [String: [String: Double]] = [:]
  /// The epoch whose parameters were kept, from 1.
  public var bestEpoch: Int?
  /// Epochs trained.
  public var epochs: Int?
  /// Trainable numbers.
  public var parameters: Int?
  /// Floating-point operations of one sample's forward pass; a multiply-add is two.
  public var flopsPerSample: Double?
  /// Wall-clock seconds: of training an epoch, of the whole run.
  public var secondsPerEpoch: Double?
  /// Wall-clock, the whole run.
  public var seconds: Double?

  public init(_ status: Status, _ cell: Plan.Cell, error: String? = nil, fault: Fault? = nil) {
    (self.status, self.cell, row, seed) = (status, cell.id, cell.row, cell.seed)
    (self.error, self.fault) = (error, fault)
  }
}
