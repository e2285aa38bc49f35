import BraidTensor

/// Independent Bernoulli distributions, one an element, by their logits l: p = σ(l) is the probability of 1.
///
/// Everything is of the logits' shape and differentiable in them, without ever taking the logarithm of a rounded
/// probability. A logit of ±∞ is certainty: no entropy, and a logarithm of 0 or −∞.
public struct BernoulliDistribution {
  /// l = log p / (1 − p).
  public let logits: Tensor
  /// σ(l).
  public let probability: Tensor
  /// The logits with ±10³⁰ in place of ±∞: p is 1 or 0 there, too, and nothing becomes ∞ − ∞. Their gradient is l's.
  private let finite: Tensor
  private let hasInfinities: Bool

  /// - Parameter logits: any shape.
  public init(logits: Tensor) {
    (self.logits, probability) = (logits, logits.sigmoid())
    hasInfinities = !logits.isFinite
    finite = hasInfinities ? straightThrough(logits.detached.clamped(from: -1e30, to: 1e30), logits) : logits
  }

  /// 0 or 1 each, 1 with probability p; NaN where p is.
  /// - Parameter isStraightThrough: whether the gradient of p flows through in place of the draw's own, which is 0
  ///   almost everywhere (Bengio et al. 2013, "Estimating or propagating gradients through stochastic neurons").
  public func sample(_ stream: inout RandomStream, isStraightThrough: Bool = false) -> Tensor {
    let drawn = stream.uniform(logits.shape)
    for index in 0..<drawn.count {
      let p = probability.pointer[index]
      drawn.pointer[index] = p.isNaN ? p : drawn.pointer[index] < p ? 1 : 0
    }
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
    return straightThrough(Tensor(soft.elements.map { $0.isNaN ? $0 : $0 < 0.5 ? 0 : 1 }, soft.shape), soft)
  }

  /// log p(x) = −x log(1 + e⁻ˡ) − (1 − x) log(1 + eˡ): each term keeps its digits near 0, however certain the
  /// draw.
  /// - Parameter x: 0 or 1 each, of the logits' shape or one that broadcasts with it.
  public func logProbability(of x: Tensor) -> Tensor {
    let y = -(x * (-finite).softplus() + (1 - x) * finite.softplus())
    guard hasInfinities else { return y }
    return limited(y, logits, x) { l, x in l.isInfinite ? x == (l > 0 ? 1 : 0) ? 0 : -.infinity : nil }
  }

  /// −p log p − (1 − p) log(1 − p) = log(1 + e^−|l|) + |l| σ(−|l|): the same for l and −l, with all digits
  /// where it is near 0.
  public func entropy() -> Tensor {
    let size = finite.absolute()
    return (-size).softplus() + size * (-size).sigmoid()
  }

  /// D(self ‖ other) = p₁ log(p₁ / p₂) + (1 − p₁) log((1 − p₁) / (1 − p₂)), each logarithm of logits alone; infinite where
  /// the other is certain of what this one is not.
  public func kullbackLeibler(to other: BernoulliDistribution) -> Tensor {
    let (a, b) = (finite, other.finite)
    let ones = (-b).softplus() - (-a).softplus(), zeros = b.softplus() - a.softplus()
    let y = probability * ones + (-a).sigmoid() * zeros
    guard other.hasInfinities else { return y }
    return limited(y, logits, other.logits) { $1.isInfinite && !$0.isNaN && $0 != $1 ? .infinity : nil }
  }

  /// y with the limits that `limit` has for elements of a and b, and y's gradient.
  private func limited(_ y: Tensor, _ a: Tensor, _ b: Tensor, _ limit: (Float, Float) -> Float?) -> Tensor {
    let limits = y.copy(), a = a.detached.broadcast(to: y.shape), b = b.detached.broadcast(to: y.shape)
    for index in 0..<y.count {
      if let found = limit(a.pointer[index], b.pointer[index]) { limits.pointer[index] = found }
    }
    return straightThrough(limits, y)
  }
}
