import CBraidKernels

/// The sum of products of low-rank tensor fusion, `y[b, o] = Σ_r w_r ∏_m p_m[b, r, o]` (Liu et al. 2018, arXiv
/// 1806.00064, equation 6, with learned weights of the rank's terms), in one pass.
///
/// Derivative: dp_m[b, r, o] = g[b, o] w_r ∏_{k ≠ m} p_k[b, r, o], dw_r = Σ_{b, o} g[b, o] ∏_m p_m[b, r, o]. The products
/// without one factor are made anew, not by division: a factor may be 0.
/// - Parameters:
///   - factors: p_m `[B, rank · outputs]`, at least one; each row is the terms one after the other.
///   - weights: w `[rank]`.
/// - Returns: `[B, outputs]`.
public func lowRankProduct(_ factors: [Tensor], _ weights: Tensor) -> Tensor {
  guard let first = factors.first else { stop("lowRankProduct", "no factors; expected at least one") }
  guard weights.shape.rank == 1, weights.count > 0, first.shape.rank == 2, first.shape[1] % weights.count == 0,
    factors.allSatisfy({ $0.shape == first.shape })
  else {
    stop(
      "lowRankProduct",
      "factors \(factors.map(\.shape)) and weights \(weights.shape); expected [B, rank · outputs] each, and [rank]")
  }
  let batch = first.shape[0], rank = weights.count, outputs = first.shape[1] / rank
  let y = Tensor(uninitialized: Shape(batch, outputs))  // [B, outputs]

  /// Calls `body` with ranges of samples and the factors' numbers from the first of them on.
  func eachRange(_ body: (_ samples: Range<Int>, _ factors: UnsafePointer<UnsafePointer<Float>?>) -> Void) {
    Parallel.split(batch, work: factors.count * first.count) { samples in
      let at = samples.lowerBound * rank * outputs
      body(samples, factors.map { Optional(UnsafePointer($0.pointer + at)) })
    }
  }

  let count = Int32(factors.count)
  eachRange { samples, factors in
    braid_low_rank_product(
      factors, count, weights.pointer, y.pointer + samples.lowerBound * outputs, samples.count, rank, outputs)
  }
  let flops = Double((factors.count + 1) * first.count)
  return y.recorded("lowRankProduct", from: factors + [weights], flops: flops) { g, sink in
    for (number, factor) in factors.enumerated() {
      sink.accumulate(into: factor) { gp, beta in
        eachRange { samples, factors in
          braid_low_rank_product_gradient(
            factors, count, Int32(number), weights.pointer, g.pointer + samples.lowerBound * outputs, beta,
            gp + samples.lowerBound * rank * outputs, samples.count, rank, outputs)
        }
      }
    }
    sink.accumulate(into: weights) { gw, beta in
      braid_low_rank_product_weights_gradient(
        factors.map { Optional(UnsafePointer($0.pointer)) }, count, g.pointer, beta, gw, batch, rank, outputs)
    }
  }
}
