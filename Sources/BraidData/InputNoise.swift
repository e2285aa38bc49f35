import BraidCore

/// What is laid over one modality to see how a fusion bears it: noise on numbers, or the loss of words and steps.
///
/// A sample's noise is its own: it depends on `seed`, the modality, the split and the sample's number, and not on the epoch,
/// the run's seed or the batch. Every row and every run sees the same noisy data. With one `seed`, a larger `gaussian`
/// makes the same noise stronger, and a larger `drop` loses what the smaller one loses and more.
public struct InputNoise: PartOptions, Hashable {
  /// Which splits are made noisy.
  public enum Over: String, Choice { case all, train, evaluation, test }

  /// Standard deviation of independent normal numbers added to every value: of vectors, sequences and pictures, in the units
  /// the encoder sees. Those are deviations of the training split where the data set standardises.
  public var gaussian = 0.0
  /// Probability that a word becomes the unknown word, or a step of a sequence zeros. It keeps its place.
  public var drop = 0.0
  /// Which splits: `all`, `train`, `evaluation` (validation and test) or `test`.
  public var over = Over.all
  /// Of what is drawn.
  public var seed: UInt64 = 0
  public init() {}

  /// Whether it changes nothing.
  public var isNone: Bool { gaussian == 0 && drop == 0 }

  func isLaid(over split: Split) -> Bool {
    switch over {
    case .all: true
    case .train: split == .train
    case .evaluation: split != .train
    case .test: split == .test
    }
  }

  /// Checks ranges, and that the modality has what is to be changed.
  /// - Throws: `SetupError` naming the key path.
  func validate(for input: InputSpecification, at path: String) throws {
    try require(
      gaussian >= 0 && gaussian.isFinite,
      "\(path).gaussian: found \(gaussian); expected a standard deviation, 0 or more."
    )
    try require((0...1).contains(drop), "\(path).drop: found \(drop); expected a probability between 0 and 1.")
    switch input.kind {
    case .tokens:
      try require(gaussian == 0, "\(path).gaussian: \"\(input.name)\" has words, not numbers; use drop.")
    case .vector, .image:
      try require(drop == 0, "\(path).drop: \"\(input.name)\" has no words or steps to lose; use gaussian.")
    case .sequence: break
    }
  }
}
