import CBraidKernels

/// Cross-entropy of the softmax of `logits` against one class per row, as PyTorch defines its weighted mean:
/// `L = Σ_r [(1 − ε) w_c ℓ_rc + ε/K Σ_k w_k ℓ_rk] / Σ_r w_c`, with ℓ = −log softmax(x) and c the row's class.
///
/// Infinite logits give the limit: 0 for a class at +∞, ∞ for one that has no probability left and a weight above 0.
///
/// Derivative: (p − t) / Σ w, from the probabilities p the forward pass made. Without rows that count, or with all their weights 0,
/// the loss and the gradient are 0 (PyTorch's are NaN).
/// - Parameters:
///   - logits: `[…, K]`; leading axes are rows.
///   - classes: one per row, 0 ..< K. Stops otherwise, naming the row.
///   - smoothing: ε in 0 … 1 (Szegedy et al. 2016), 0 by default.
///   - weights: w `[K]`, a constant; ones by default.
///   - ignored: the class of rows that do not count, in the loss or in its mean, whether or not it is one of 0 ..< K: what was not
///     masked in masked language modelling, the padding of captions. PyTorch's `ignore_index`; none by default.
/// - Returns: shape `[]`.
public func crossEntropy(
  _ logits: Tensor, _ classes: [Int32], smoothing: Float = 0, weights: Tensor? = nil, ignored: Int32? = nil
) -> Tensor {
  guard logits.shape.rank >= 1, logits.shape[-1] > 0 else {
    stop("crossEntropy", "logits of shape \(logits.shape); expected [rows, classes] with at least one class")
  }
  let columns = logits.shape[-1], rows = logits.shape.count(0..<(logits.shape.rank - 1))
  guard classes.count == rows else {
    stop("crossEntropy", "\(classes.count) classes for logits of shape \(logits.shape); expected \(rows), one a row")
  }
  if let weights, weights.shape != Shape(columns) {
    stop("crossEntropy", "weights of shape \(weights.shape) for logits of shape \(logits.shape); expected [\(columns)]")
  }
  guard smoothing >= 0, smoothing <= 1 else { stop("crossEntropy", "smoothing \(smoothing); expected 0 … 1") }
  let p = Tensor(uninitialized: logits.shape), y = Tensor(uninitialized: [])
  var norm: Float = 0, bad = 0
  let skipped = ignored.map(Int.init) ?? Int.min
  y.pointer[0] = braid_cross_entropy(
    logits.pointer, classes, weights?.pointer, smoothing, skipped, rows, columns, p.pointer, &norm, &bad)
  guard bad < 0 else {
    stop(
      "crossEntropy",
      "class \(classes[bad]) in row \(bad) for logits of shape \(logits.shape); expected 0 ..< \(columns)")
  }
  let total = norm
  return y.recorded(
    "crossEntropy", from: logits, saving: (logits, classes, p, weights, smoothing, skipped, rows, columns, total),
    flops: 5 * Double(logits.count)
  ) { saved, g, sink in
    let (logits, classes, p, weights, smoothing, skipped, rows, columns, total) = saved
    sink.accumulate(into: logits) { gx, beta in
      braid_cross_entropy_gradient(
        p.pointer, classes, weights?.pointer, smoothing, skipped, rows, columns, total, g.pointer[0], beta, gx)
    }
  }
}
