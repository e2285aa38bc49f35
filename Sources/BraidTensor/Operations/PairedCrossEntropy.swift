import CBraidKernels

/// Cross-entropy of finding every sample's partner, both ways (symmetric InfoNCE: van den Oord et al. 2018, arXiv
/// 1807.03748, equation 4; both ways as in Radford et al. 2021, arXiv 2103.00020, figure 3):
/// `L = −1/2n Σ_i (log softmax_j(s x_ij)_i + log softmax_j(s x_ji)_i)`. Row i and column i belong together.
///
/// Infinite scores give the limit: 0 for partners at +∞, ∞ for partners at −∞.
///
/// The columns are gone through beside the rows, without a transposed copy. Derivative, with P the softmax of the rows
/// and Q that of the columns: dx = s (P + Q − 2 I) / 2n. For n = 0 the loss is 0.
/// - Parameters:
///   - scores: `[n, n]`, how alike sample i of one kind and sample j of the other are.
///   - scale: s, 1 / the temperature; above 0.
/// - Returns: shape `[]`.
public func pairedCrossEntropy(_ scores: Tensor, scale: Float = 1) -> Tensor {
  guard scores.shape.rank == 2, scores.shape[0] == scores.shape[1] else {
    stop("pairedCrossEntropy", "scores of shape \(scores.shape); expected [n, n]")
  }
  guard scale > 0 else { stop("pairedCrossEntropy", "scale \(scale); expected a number above 0") }
  let n = scores.shape[0]
  let statistics = Tensor(uninitialized: Shape(4, n)), y = Tensor(uninitialized: [])
  y.pointer[0] = braid_paired_cross_entropy(scores.pointer, scale, n, statistics.pointer)
  return y.recorded(
    "pairedCrossEntropy", from: scores, saving: (scores, scale, n, statistics), flops: 10 * Double(scores.count)
  ) { saved, g, sink in
    let (scores, scale, n, statistics) = saved
    sink.accumulate(into: scores) { gx, beta in
      braid_paired_cross_entropy_gradient(scores.pointer, scale, n, statistics.pointer, g.pointer[0], beta, gx)
    }
  }
}
