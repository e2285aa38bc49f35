import BraidTensor

/// One modality as a fusion meets it: known before any data is read.
public struct Modality: Sendable, Hashable {
  /// One vector a sample, or one a step.
  public enum Kind: String, Sendable, Hashable { case vector, sequence }
  /// As the data set calls it.
  public let name: String
  /// One vector a sample, or one a step.
  public let kind: Kind
  /// Size of the last axis.
  public let width: Int
  /// A modality's features as an encoder gives them.
  public init(_ name: String, _ kind: Kind, width: Int) { (self.name, self.kind, self.width) = (name, kind, width) }
}

/// One modality's encoded batch.
public struct Features {
  /// `[B, d]` for a vector, `[B, T, d]` for a sequence.
  public var values: Tensor
  /// `[B, T]`: 1 for real steps, 0 for padding. Nil: every step is real.
  public var steps: Tensor?
  /// `[B]`: 1 for samples that have this modality, 0 where it is missing. Nil: all have it.
  public var presence: Tensor?
  /// Rows and columns when the steps are regions of an image grid, for pictures of attention.
  public var grid: (rows: Int, columns: Int)?

  /// Features `[B, width]` or `[B, T, width]`, with real steps, samples that have them, and the rows and columns of pictures.
  public init(_ values: Tensor, steps: Tensor? = nil, presence: Tensor? = nil, grid: (rows: Int, columns: Int)? = nil) {
    (self.values, self.steps, self.presence, self.grid) = (values, steps, presence, grid)
  }
  /// Number of samples.
  public var batch: Int { values.shape[0] }
  /// Whether there is a vector for every step.
  public var isSequence: Bool { values.shape.rank == 3 }
}

/// What a fusion returns.
public struct Fused {
  /// `[B, width]`, or `[B, T, width]` for fusions that keep time.
  public var values: Tensor
  /// `[B, T]` when `values` is a sequence with padding.
  public var steps: Tensor?
  /// What a report shows, by name: `gate.<modality>`, `attention.<query>.<key>.<step>`. A fusion makes them when
  /// `context.wantsExtras`: they cost time that training and evaluation have no use for.
  public var extras: [String: Tensor]
  /// `[B]`: log p of the discrete choices the fusion made for each sample, 0 where it made none; nil for fusions that never
  /// choose. Drawn in training, the most probable ones in evaluation. `values` are constant in what was chosen, so no gradient
  /// reaches the probabilities through them: training adds the score-function term for that.
  public var logProbability: Tensor?
  /// Joined features, and what a report shows of them.
  public init(
    _ values: Tensor, steps: Tensor? = nil, extras: [String: Tensor] = [:], logProbability: Tensor? = nil
  ) {
    (self.values, self.steps, self.extras, self.logProbability) = (values, steps, extras, logProbability)
  }
}
