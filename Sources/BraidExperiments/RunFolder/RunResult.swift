import BraidCore

/// How a run ended: `result.json`.
public struct RunResult: Codable, Sendable {
  /// Whether it ended with a result.
  public enum Status: String, Codable, Sendable { case done, failed }
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

  public init(_ status: Status, _ cell: Plan.Cell, error: String? = nil) {
    (self.status, self.cell, row, seed, self.error) = (status, cell.id, cell.row, cell.seed, error)
  }
}
