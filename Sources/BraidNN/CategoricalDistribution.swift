import BraidTensor

/// Categorical distributions over the last axis, one a row, by their logits: p = softmax(l), l up to a constant.
///
/// Shapes: logits `[…, K]`; log-probabilities of classes, entropies and divergences `[…]`, differentiable in the
/// logits. Classes of probability 0, masked ones among them, take no part and no gradient.
public struct CategoricalDistribution {
  /// log p `[…, K]`; −∞ for excluded classes.
  public let logProbabilities: Tensor
  /// p `[…, K]`.
  public let probabilities: Tensor

  /// - Parameters:
  ///   - logits: `[…, K]` with at least one class. −∞ excludes a class.
  ///   - mask: as of `softmax`, 0 excludes.
  public init(logits: Tensor, mask: Tensor? = nil) {
    guard logits.shape.rank >= 1, logits.shape[-1] > 0 else {
      stop(
        "CategoricalDistribution", "logits of shape \(logits.shape); expected [..., classes] with at least one class")
    }
    (logProbabilities, probabilities) = (logits.logSoftmax(mask: mask), logits.softmax(mask: mask))
  }

  /// One class a row, row-major: the largest of log p + G with Gumbel noise (Gumbel 1954; "the Gumbel-max trick").
  /// Stops when a row has no class to draw.
  public func sample(_ stream: inout RandomStream) -> [Int32] {
    let noise = stream.gumbel(logProbabilities.shape)
    let classes = logProbabilities.shape[-1]
    return (0..<noise.count / classes).map { row in
      var best: Int32 = -1
      var largest = -Float.infinity
      for k in 0..<classes {
        let value = logProbabilities.pointer[row * classes + k] + noise.pointer[row * classes + k]
        if value > largest { (best, largest) = (Int32(k), value) }
      }
      guard best >= 0 else {
        stop(
          "CategoricalDistribution",
          "row \(row) of \(logProbabilities.shape) has no class to draw: all are excluded; keep at least one")
      }
      return best
    }
  }

  /// log p of one class a row: `[…]`.
  /// - Parameter classes: one a row, row-major, 0 ..< K. Stops otherwise.
  public func logProbability(of classes: [Int32]) -> Tensor {
    let shape = logProbabilities.shape
    let count = shape[-1]
    let rows = shape.count(0..<(shape.rank - 1))
    guard classes.count == rows else {
      stop(
        "CategoricalDistribution",
        "\(classes.count) classes for log-probabilities of shape \(shape); expected \(rows), one a row")
    }
    if let row = classes.firstIndex(where: { $0 < 0 || $0 >= count }) {
      stop("CategoricalDistribution", "class \(classes[row]) in row \(row); expected 0 ..< \(count)")
    }
    let places = classes.enumerated().map { Int32($0.offset * count) + $0.element }
    return logProbabilities.reshaped(Shape(rows * count)).gathered(places).reshaped(Shape(shape.dimensions.dropLast()))
  }

  /// −Σₖ pₖ log pₖ: `[…]`.
  public func entropy() -> Tensor { -expectation(probabilities, of: logProbabilities) }

  /// D(self ‖ other) = Σₖ pₖ (log pₖ − log qₖ): `[…]`, infinite where the other excludes a class that this one has.
  public func kullbackLeibler(to other: CategoricalDistribution) -> Tensor {
    expectation(probabilities, of: logProbabilities - other.logProbabilities)
  }
}
