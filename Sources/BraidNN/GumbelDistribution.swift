import BraidTensor

/// Independent Gumbel distributions, one an element, with location μ and scale β: the law of the largest of many draws
/// (Gumbel 1954).
///
/// Everything is of the parameters' shape and differentiable in them.
public struct GumbelDistribution {
  /// μ.
  public let location: Tensor
  /// β.
  public let scale: Tensor
  /// Euler's constant γ.
  private static let gamma: Float = 0.577_215_664_901_532_9

  /// - Parameter scale: above 0, of the location's shape. Stops when the shapes differ.
  public init(location: Tensor, scale: Tensor) {
    guard location.shape == scale.shape else {
      stop(
        "GumbelDistribution",
        "location of shape \(location.shape) and scale of shape \(scale.shape); expected the same shape")
    }
    (self.location, self.scale) = (location, scale)
  }

  /// μ − β log(−log u): gradients flow to μ and β.
  public func sample(_ stream: inout RandomStream) -> Tensor { location + scale * stream.gumbel(location.shape) }

  /// log p(x) = −z − e⁻ᶻ − log β with z = (x − μ) / β.
  public func logProbability(of x: Tensor) -> Tensor {
    let z = bounded((x - location) / scale, from: -1e30, to: .infinity)
    return -z - (-z).exp() - scale.log()
  }

  /// μ + γ β.
  public var mean: Tensor { location + scale * GumbelDistribution.gamma }

  /// log β + γ + 1.
  public func entropy() -> Tensor { scale.log() + (GumbelDistribution.gamma + 1) }

  /// D(self ‖ other) = log β₂/β₁ + γ (r − 1) − d + e^d Γ(1 + r) − 1 with r = β₁/β₂ and d = (μ₂ − μ₁)/β₂.
  ///
  /// It follows from E[z] = γ and E[e^(−r z)] = Γ(1 + r) of the standard law; the product is taken as one exponential,
  /// whose slope grows no more beyond e⁸⁰: times a d of 0, an infinite one would be NaN.
  public func kullbackLeibler(to other: GumbelDistribution) -> Tensor {
    let ratio = scale / other.scale
    let shift = bounded((other.location - location) / other.scale, from: -.infinity, to: 1e30)
    let exponent = shift + (ratio + 1).logGamma()
    let product = straightThrough(exponent.detached.exp(), bounded(exponent, from: -.infinity, to: 80).exp())
    return product - shift - ratio.log() + (ratio - 1) * GumbelDistribution.gamma - 1
  }

  /// x, brought into a range; its gradient is that of x. In place of an infinite number one whose exponential is infinite
  /// long before: e^∞ − ∞ would be NaN.
  private func bounded(_ x: Tensor, from low: Float, to high: Float) -> Tensor {
    straightThrough(x.detached.clamped(from: low, to: high), x)
  }
}
