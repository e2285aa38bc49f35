import BraidTensor

/// Independent Bernoulli distributions, one an element, by their logits l: p = σ(l) is the probability of 1.
///
/// Everything is of the logits' shape and differentiable in them, without ever taking the logarithm of a rounded
/// probability.
public struct BernoulliDistribution {
  /// l = log p / (1 − p), finite.
  public let logits: Tensor
  /// σ(l).
  public let probability: Tensor

  public init(logits: Tensor) { (self.logits, probability) = (logits, logits.sigmoid()) }

  /// 0 or 1 each, 1 with probability p.
  /// - Parameter isStraightThrough: whether the gradient of p flows through in place of the draw's own, which is 0
  ///   almost everywhere (Bengio et al. 2013, "Estimating or propagating gradients through stochastic neurons").
  public func sample(_ stream: inout RandomStream, isStraightThrough: Bool = false) -> Tensor {
    let drawn = stream.uniform(logits.shape)
    for index in 0..<drawn.count { drawn.pointer[index] = drawn.pointer[index] < probability.pointer[index] ? 1 : 0 }
    return isStraightThrough ? straightThrough(drawn, probability) : drawn
  }

  /// σ((l + G₁ − G₂) / τ) with Gumbel noise, between 0 and 1 and differentiable: the binary concrete distribution
  /// (Maddison et al. 2017, "The concrete distribution", appendix B). The lower τ, the nearer to 0 and 1.
  /// - Parameter isHard: whether the result is rounded to 0 or 1 and keeps the gradient of the relaxed draw.
  public func relaxedSample(temperature: Float, isHard: Bool = false, _ stream: inout RandomStream) -> Tensor {
    guard temperature > 0 else { stop("BernoulliDistribution", "temperature \(temperature); expected one above 0") }
    let noise = stream.gumbel(logits.shape) - stream.gumbel(logits.shape)
    let soft = ((logits + noise) * (1 / temperature)).sigmoid()
    guard isHard else { return soft }
    return straightThrough(Tensor(soft.elements.map { $0 < 0.5 ? 0 : 1 }, soft.shape), soft)
  }

  /// log p(x) = x l − log(1 + eˡ).
  /// - Parameter x: 0 or 1 each, of the logits' shape or one that broadcasts with it.
  public func logProbability(of x: Tensor) -> Tensor { x * logits - logits.softplus() }

  /// −p log p − (1 − p) log(1 − p) = log(1 + eˡ) − p l.
  public func entropy() -> Tensor { logits.softplus() - probability * logits }

  /// D(self ‖ other) = p₁ (l₁ − l₂) − log(1 + e^l₁) + log(1 + e^l₂).
  public func kullbackLeibler(to other: BernoulliDistribution) -> Tensor {
    probability * (logits - other.logits) - logits.softplus() + other.logits.softplus()
  }
}
