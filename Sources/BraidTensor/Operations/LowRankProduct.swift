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
  lowRankProduct(Few(factors), weights)
}

/// The same for a few factors, without asking for memory for a list of them.
public func lowRankProduct(_ factors: Few<Tensor>, _ weights: Tensor) -> Tensor {
  guard let first = factors.first else { stop("lowRankProduct", "no factors; expected at least one") }
  guard weights.shape.rank == 1, weights.count > 0, first.shape.rank == 2, first.shape[1] % weights.count == 0,
    factors.allSatisfy({ $0.shape == first.shape })
  else {
    stop(
      "lowRankProduct",
      "factors \(factors.map(\.shape)) and weights \(weights.shape); expected [B, rank · outputs] each, and [rank]")
  }
  let sizes = LowRankSizes(batch: first.shape[0], rank: weights.count, outputs: first.shape[1] / weights.count)
  let y = Tensor(uninitialized: Shape(sizes.batch, sizes.outputs))  // [B, outputs]
  let (weightsAt, result) = (weights.pointer, y.pointer)
  sizes.eachRange(factors, with: (weightsAt, result)) { places, sizes, factors, count, samples in
    let (weights, y) = places
    braid_low_rank_product(
      factors, count, weights, y + samples.lowerBound * sizes.outputs, samples.count, sizes.rank, sizes.outputs)
  }
  let flops = Double((factors.count + 1) * first.count)
  return y.recorded("lowRankProduct", from: factors, weights, saving: (factors, weights, sizes), flops: flops) {
    saved, g, sink in
    let (factors, weights, sizes) = saved
    for (number, factor) in factors.enumerated() {
      sink.accumulate(into: factor) { gp, beta in
        let places = (Int32(number), weights.pointer, g.pointer, beta, gp)
        sizes.eachRange(factors, with: places) { places, sizes, factors, count, samples in
          let (number, weights, g, beta, gp) = places
          braid_low_rank_product_gradient(
            factors, count, number, weights, g + samples.lowerBound * sizes.outputs, beta,
            gp + samples.lowerBound * sizes.rank * sizes.outputs, samples.count, sizes.rank, sizes.outputs)
        }
      }
    }
    sink.accumulate(into: weights) { gw, beta in
      withPointers(to: factors, from: 0) {
        braid_low_rank_product_weights_gradient(
          $0, Int32(factors.count), g.pointer, beta, gw, sizes.batch, sizes.rank, sizes.outputs)
      }
    }
  }
}

/// The sizes of one product of low rank.
private struct LowRankSizes {
  let batch: Int, rank: Int, outputs: Int

  /// Calls `body` with ranges of samples, and the factors, as many as it is told, from the first of those samples on.
  @inline(__always)
  func eachRange<Values>(
    _ factors: Few<Tensor>, with values: Values,
    _ body:
      @escaping (
        _ values: Values, LowRankSizes, _ factors: UnsafePointer<UnsafePointer<Float>?>, _ count: Int32,
        _ samples: Range<Int>
      ) -> Void
  ) {
    let work = factors.count * batch * rank * outputs
    Parallel.split(batch, work: work, with: LowRankShare(sizes: self, factors: factors, values: values, body: body)) {
      share, samples in
      withPointers(to: share.factors, from: samples.lowerBound * share.sizes.rank * share.sizes.outputs) {
        share.body(share.values, share.sizes, $0, Int32(share.factors.count), samples)
      }
    }
  }
}

/// What a thread needs for its range.
private struct LowRankShare<Values> {
  let sizes: LowRankSizes
  let factors: Few<Tensor>
  let values: Values
  let body: (Values, LowRankSizes, UnsafePointer<UnsafePointer<Float>?>, Int32, Range<Int>) -> Void
}

/// Calls `body` with where each tensor's elements from one on lie, side by side.
private func withPointers(
  to tensors: Few<Tensor>, from place: Int, _ body: (UnsafePointer<UnsafePointer<Float>?>) -> Void
) {
  withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: tensors.count) { pointers in
    for (number, tensor) in tensors.enumerated() {
      pointers.initializeElement(at: number, to: UnsafePointer(tensor.pointer + place))
    }
    if let first = pointers.baseAddress { body(first) }
  }
}
