import BraidNN
import BraidTensor

/// What stands between an encoder and a fusion that takes the other kind of features.
public enum Adapter {
  /// Raised whenever an adapter computes something else: runs of older versions are then stale.
  public static let version = 1

  /// How a sequence becomes a vector. Only real steps count; a sequence without any becomes zeros.
  public enum Pooling: String, Choice { case mean, max, last, attention }

  /// Nothing: the kinds agree.
  case none
  /// Sequence to vector: `[B, T, d] → [B, d]`.
  case pool(Pooling, score: Linear?)
  /// Vector to a sequence of one step: `[B, d] → [B, 1, d]`.
  case oneStep

  /// The adapter a fusion needs for one modality. Attention pooling makes its parameters in `scope`.
  public static func needed(for modality: Modality, by accepts: Accepts, pooling: Pooling, in scope: Scope) -> Adapter {
    switch (modality.kind, accepts) {
    case (.sequence, .vectors):
      .pool(pooling, score: pooling == .attention ? Linear(modality.width, 1, in: scope["score"]) : nil)
    case (.vector, .sequences): .oneStep
    default: .none
    }
  }

  /// The modality as it leaves the adapter.
  public func output(of modality: Modality) -> Modality {
    switch self {
    case .none: modality
    case .pool: Modality(modality.name, .vector, width: modality.width)
    case .oneStep: Modality(modality.name, .sequence, width: modality.width)
    }
  }

  /// `mean over time` and the like, for plans.
  public var summary: String {
    switch self {
    case .none: "as it is"
    case .pool(let pooling, _): "\(pooling.rawValue) over steps"
    case .oneStep: "a sequence of one step"
    }
  }

  /// The features as the fusion takes them: pooled over their steps, as a sequence of one step, or as they are.
  public func callAsFunction(_ features: Features, _ context: inout Context) -> Features {
    switch self {
    case .none: return features
    case .oneStep:
      let values = features.values
      let sequence = values.reshaped(Shape(values.shape[0], 1, values.shape[1]))  // [B, 1, d]
      return Features(sequence, presence: features.presence)
    case .pool(let pooling, let score):
      let pooled: Tensor  // [B, d]
      switch pooling {
      case .mean: pooled = features.values.meanOverSteps(features.steps)
      case .max: pooled = features.values.maximumOverSteps(features.steps)
      case .last: pooled = features.values.lastStep(features.steps)
      case .attention:
        let (batch, time) = (features.values.shape[0], features.values.shape[1])
        let scores = score!(features.values, &context).reshaped(Shape(batch, time))  // [B, T]
        let weights = scores.softmax(mask: features.steps).reshaped(Shape(batch, 1, time))  // [B, 1, T]
        pooled = batchedMatmul(weights, features.values).reshaped(Shape(batch, features.values.shape[2]))
      }
      return Features(pooled, presence: features.presence)
    }
  }
}
