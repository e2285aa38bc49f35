import BraidTensor

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Independent normal distributions, one an element: N(μ, σ²), a diagonal Gaussian over the last axis when its terms
/// are summed.
///
/// Everything is of the parameters' shape and differentiable in them; `.sum(-1)` makes joint log-probabilities,
/// entropies and divergences of vectors.
public struct NormalDistribution {
  /// μ.
  public let mean: Tensor
  /// σ.
  public let deviation: Tensor
  /// log σ.
  private let logDeviation: Tensor
  /// Whether σ was given as a logarithm.
  private let isLogarithmGiven: Bool
  /// σ where something is divided by it: never 0 or ∞, so that a distance of 0 stays one. Its gradient is σ's.
  private var divisor: Tensor {
    guard isLogarithmGiven else { return deviation }
    return straightThrough(logDeviation.detached.clamped(from: -87, to: 88), logDeviation).exp()
  }

  /// - Parameters:
  ///   - mean: any shape.
  ///   - deviation: above 0, of the same shape. Stops otherwise on the shape; a deviation of 0 or below gives NaN or
  ///     infinity.
  public init(mean: Tensor, deviation: Tensor) {
    NormalDistribution.check(mean, deviation, "deviation")
    (self.mean, self.deviation, logDeviation, isLogarithmGiven) = (mean, deviation, deviation.log(), false)
  }

  /// As encoders of variational models give it: any number is a logarithm of a variance. Within ±170 no result
  /// overflows; beyond, what lies at the mean still has its logarithm.
  /// - Parameter logVariance: log σ², of the mean's shape.
  public init(mean: Tensor, logVariance: Tensor) {
    NormalDistribution.check(mean, logVariance, "log-variance")
    (self.mean, isLogarithmGiven) = (mean, true)
    logDeviation = logVariance * 0.5
    deviation = logDeviation.exp()
  }

  private static func check(_ mean: Tensor, _ other: Tensor, _ name: String) {
    guard mean.shape == other.shape else {
      stop(
        "NormalDistribution", "mean of shape \(mean.shape) and \(name) of shape \(other.shape); expected the same shape"
      )
    }
  }

  /// μ + σ ∘ ε with ε drawn from the stream: gradients flow to μ and σ (Kingma & Welling 2014, "Auto-encoding
  /// variational Bayes", section 2.4).
  public func sample(_ stream: inout RandomStream) -> Tensor { mean + deviation * stream.normal(mean.shape) }

  /// log p(x) = −½ ((x − μ) / σ)² − log σ − ½ log 2π.
  /// - Parameter x: of the parameters' shape, or one that broadcasts with it.
  public func logProbability(of x: Tensor) -> Tensor {
    ((x - mean) / divisor).squared() * -0.5 - logDeviation - Float(0.5 * log(2 * Double.pi))
  }

  /// ½ + ½ log 2π + log σ.
  public func entropy() -> Tensor { logDeviation + Float(0.5 + 0.5 * log(2 * Double.pi)) }

  /// D(self ‖ other) = log σ₂/σ₁ + ½ (σ₁² + (μ₁ − μ₂)²) / σ₂² − ½.
  public func kullbackLeibler(to other: NormalDistribution) -> Tensor {
    let ratio = logDeviation - other.logDeviation
    return ((ratio * 2).exp() + ((mean - other.mean) / other.divisor).squared() - 1) * 0.5 - ratio
  }

  /// D(self ‖ N(0, 1)) = ½ (σ² + μ² − 1) − log σ (Kingma & Welling 2014, appendix B).
  public func kullbackLeiblerToStandard() -> Tensor {
    (deviation.squared() + mean.squared() - 1) * 0.5 - logDeviation
  }
}
