import BraidTensor

/// What one modality of a data set is, before any encoder.
public struct InputSpecification: Sendable, Hashable {
  /// What a modality's input holds.
  public enum Kind: Sendable, Hashable {
    /// `values [B, width]`.
    case vector(width: Int)
    /// `values [B, T, width]`, `steps [B, T]`.
    case sequence(width: Int)
    /// `tokens [B, T]` in 0 ..< vocabulary, `steps [B, T]`. Id 0 is padding, 1 unknown.
    case tokens(vocabulary: Int)
    /// `values [B, channels, height, width]`.
    case image(channels: Int, height: Int, width: Int)
  }
  /// The modality's.
  public let name: String
  /// What it holds.
  public let kind: Kind
  /// A modality's input by its name and what it holds.
  public init(_ name: String, _ kind: Kind) { (self.name, self.kind) = (name, kind) }

  /// `image 3×32×32` and the like.
  public var summary: String {
    switch kind {
    case .vector(let width): "vector of \(width)"
    case .sequence(let width): "sequence of \(width)"
    case .tokens(let vocabulary): "tokens of \(vocabulary) words"
    case .image(let channels, let height, let width): "image \(channels)×\(height)×\(width)"
    }
  }
}

/// Word numbers of a batch, padded with 0: `[batch, time]`, row-major.
public struct Tokens: Sendable, Hashable {
  /// Samples, and steps of each with padding.
  public let batch: Int, time: Int
  /// Row-major, `batch · time` of them.
  public let ids: [Int32]
  /// Stops unless there are `batch · time` ids.
  public init(_ ids: [Int32], batch: Int, time: Int) {
    guard ids.count == batch * time else { stop("tokens", "\(ids.count) ids for [\(batch), \(time)]") }
    (self.ids, self.batch, self.time) = (ids, batch, time)
  }
}

/// One modality of a batch, before any encoder.
public struct Input {
  /// `[B, d]`, `[B, T, d]` or `[B, C, H, W]`; nil for tokens.
  public var values: Tensor?
  /// For text.
  public var tokens: Tokens?
  /// `[B, T]`, 1 for real steps, 0 for padding; nil when every step is real or there are none.
  public var steps: Tensor?
  /// `[B]`, 1 for samples that have this modality, 0 where it is missing; nil when all have it.
  public var presence: Tensor?
  /// Rows and columns when the steps are regions of an image grid that was encoded before.
  public var grid: (rows: Int, columns: Int)?

  /// An input, with the steps that are real (all by default) and the samples that have it (all by default).
  public init(values: Tensor, steps: Tensor? = nil, presence: Tensor? = nil) {
    (self.values, self.steps, self.presence) = (values, steps, presence)
  }
  /// An input, with the steps that are real (all by default) and the samples that have it (all by default).
  public init(tokens: Tokens, steps: Tensor? = nil, presence: Tensor? = nil) {
    (self.tokens, self.steps, self.presence) = (tokens, steps, presence)
  }
  /// Number of samples.
  public var batch: Int { tokens?.batch ?? values?.shape[0] ?? 0 }
}

/// What is to be predicted.
public enum TargetSpecification: Sendable, Hashable {
  /// One of these classes.
  case classes([String])
  /// Any number of these labels.
  case labels([String])
  /// A number for each of these names.
  case values([String])

  /// Names of the classes, labels or values.
  public var names: [String] {
    switch self {
    case .classes(let names), .labels(let names), .values(let names): names
    }
  }
  /// In words: `one of 9 classes`.
  public var summary: String {
    switch self {
    case .classes(let names): "one of \(names.count) classes"
    case .labels(let names): "any of \(names.count) labels"
    case .values(let names): names.count == 1 ? "one number" : "\(names.count) numbers"
    }
  }
}

/// The right answers of a batch.
public enum Target {
  /// Class numbers, one a sample.
  case classes([Int32])
  /// `[B, labels]` of 0 and 1.
  case labels(Tensor)
  /// `[B, values]`.
  case values(Tensor)
}

/// Some samples, ready for a model.
public struct Batch {
  /// By modality name.
  public let inputs: [String: Input]
  /// The right answers.
  public let target: Target
  /// The samples' numbers within their split.
  public let samples: [Int]
  /// Inputs and answers of these samples.
  public init(inputs: [String: Input], target: Target, samples: [Int]) {
    (self.inputs, self.target, self.samples) = (inputs, target, samples)
  }
  /// Number of samples.
  public var count: Int { samples.count }
}
