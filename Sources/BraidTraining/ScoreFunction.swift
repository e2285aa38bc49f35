import BraidCore
import BraidTensor

/// What is differentiated in a training step: the loss, and for a fusion that made discrete choices the score-function term.
///
/// A drawn choice a_b has no derivative, but its expected loss has (Williams 1992, "Simple statistical gradient-following
/// algorithms", REINFORCE):
/// `∇ E[L] = E[∇L + Σ_b w_b/W (ℓ_b − β_b) ∇ log p(a_b)]`, with `L = Σ_b w_b ℓ_b / W`, `W = Σ_b w_b`.
/// The baseline β_b is the mean loss of the batch's other samples, 0 for a batch of one: it does not depend on a_b, so the
/// estimate stays unbiased, and it keeps no state (Xu et al. 2015, arXiv 1502.03044, equation 12, take a moving average over
/// the steps instead, and add the entropy of p, which is not done here). For a loss that does not come apart by sample every
/// choice answers for all of it: `Σ_b L ∇ log p(a_b)`.
/// - Parameter value: the loss of the pass, `[]`.
/// - Returns: `[]`; only its gradient means anything when there were choices.
func objective(_ value: Tensor, _ pass: Pass, _ loss: any Loss) -> Tensor {
  guard let logProbability = pass.fused.logProbability else { return value }  // [B]
  let advantages = loss.samples(pass).map(advantages) ?? pass.batch.samples.map { _ in value.scalar }
  return value + (Tensor(advantages) * logProbability).sum()
}

/// w_b/W (ℓ_b − β_b) of every sample.
private func advantages(_ samples: SampleLosses) -> [Float] {
  let total = samples.values.reduce(0, +)
  let weight = samples.weights.reduce(0, +)
  guard weight > 0 else { return samples.values.map { _ in 0 } }
  return zip(samples.values, samples.weights).map { value, own in
    let others = weight - own
    let baseline = others > 0 ? (total - value) / others : 0
    return Float((value - own * baseline) / weight)
  }
}
