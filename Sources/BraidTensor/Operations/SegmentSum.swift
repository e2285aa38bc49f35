import CBraidKernels

extension Tensor {
  /// Rows added up by the segment they belong to: `y[…, s, …] = Σ w_k x[…, k, …]` over the places k of an axis with
  /// `segments[k]` = s, and zeros where there is none: `[…, m, …] → […, count, …]`. The counterpart of `gathered`.
  ///
  /// Messages along the edges of a graph are added up at the nodes they lead to so, `messages.segmentSum(targets, into: nodes)`;
  /// a count sketch (Charikar et al. 2002) is a sum along the last axis with weights ±1. Added in the order of the places, at
  /// any number of threads.
  ///
  /// Derivative: `dx[…, k, …] = w_k g[…, segments[k], …]`, a gathering of rows. Weights are constants.
  /// - Parameters:
  ///   - segments: one a place of the axis, 0 ..< count. Stops otherwise.
  ///   - count: the number of segments.
  ///   - axis: the first by default.
  ///   - weights: w, one a place; ones by default.
  public func segmentSum(_ segments: [Int32], into count: Int, axis: Int = 0, weights: [Float]? = nil) -> Tensor {
    let x = self
    let axis = shape.resolve(axis)
    let m = shape[axis]
    guard segments.count == m, weights?.count ?? m == m else {
      stop(
        "segmentSum",
        "\(segments.count) segments and \(weights?.count ?? m) weights for axis \(axis) of shape \(shape); expected \(m)"
      )
    }
    let bad = braid_first_outside(segments, m, count)
    guard bad < 0 else {
      stop("segmentSum", "segment \(segments[bad]) at place \(bad); expected 0 ..< \(count)")
    }
    var result = shape
    result[axis] = count
    let y = Tensor(uninitialized: result)
    let sizes = SegmentSizes(
      outer: shape.count(0..<axis), places: m, segments: count, inner: shape.count((axis + 1)..<shape.rank))
    sizes.sum(x, segments, weights, into: y)
    return y.recorded("segmentSum", from: x, saving: (x, sizes, segments, weights), flops: Double(x.count)) {
      saved, g, sink in
      let (x, sizes, segments, weights) = saved
      sink.accumulate(into: x) { gx, beta in sizes.spread(g, segments, weights, beta, gx) }
    }
  }
}

/// `[outer, places, inner]` and `[outer, segments, inner]`.
private struct SegmentSizes {
  let outer: Int, places: Int, segments: Int, inner: Int

  /// By blocks, or by columns of the only one: nobody adds to what another thread adds to.
  func sum(_ x: Tensor, _ indices: [Int32], _ weights: [Float]?, into y: Tensor) {
    let isOne = outer == 1
    Parallel.split(
      isOne ? inner : outer, unit: isOne ? 16 : 1, work: 2 * x.count, with: (self, x, indices, weights, y)
    ) { values, range in
      let (sizes, x, indices, weights, y) = values, first = range.lowerBound
      let (n, m, inner) = (sizes.segments, sizes.places, sizes.inner)
      if sizes.outer == 1 {
        braid_segment_sum(x.pointer, 1, m, inner, indices, weights, n, first, range.count, y.pointer)
      } else {
        braid_segment_sum(
          x.pointer + first * m * inner, range.count, m, inner, indices, weights, n, 0, inner,
          y.pointer + first * n * inner)
      }
    }
  }

  func spread(
    _ g: Tensor, _ indices: [Int32], _ weights: [Float]?, _ beta: Float, _ gx: UnsafeMutablePointer<Float>
  ) {
    let rows = outer * places
    Parallel.split(rows, unit: 16, work: 2 * rows * inner, with: (self, g, indices, weights, beta, gx)) {
      values, range in
      let (sizes, g, indices, weights, beta, gx) = values
      braid_segment_spread(
        g.pointer, sizes.segments, sizes.inner, indices, weights, sizes.places, range.lowerBound, range.upperBound,
        beta, gx)
    }
  }
}
