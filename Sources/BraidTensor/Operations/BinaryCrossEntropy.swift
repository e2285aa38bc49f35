import CBraidKernels

/// Mean over all elements of −t log σ(x) − (1 − t) log(1 − σ(x)), computed from logits without overflow. At ±∞
/// a label that agrees costs 0 and any other ∞.
///
/// Derivative: dx = (σ(x) − t) / count. 0 when there are no elements.
/// - Parameters:
///   - logits: x, any shape.
///   - labels: t in 0 … 1, of the same shape; constants (stops when they are recorded).
/// - Returns: shape `[]`.
public func binaryCrossEntropy(_ logits: Tensor, _ labels: Tensor) -> Tensor {
  guard logits.shape == labels.shape else {
    stop(
      "binaryCrossEntropy",
      "labels of shape \(labels.shape) for logits of shape \(logits.shape); expected \(logits.shape)")
  }
  if labels.isRecorded {
    stop(
      "binaryCrossEntropy", "the labels of shape \(labels.shape) are recorded and would get no gradient; use .detached")
  }
  let y = Tensor(uninitialized: []), count = logits.count
  y.pointer[0] = braid_binary_cross_entropy(logits.pointer, labels.pointer, count)
  return y.recorded("binaryCrossEntropy", from: logits, flops: 6 * Double(count)) { g, sink in
    sink.accumulate(into: logits) { gx, beta in
      braid_binary_cross_entropy_gradient(logits.pointer, labels.pointer, g.pointer[0] / Float(count), beta, gx, count)
    }
  }
}
