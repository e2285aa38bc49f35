import CBraidKernels

/// Attention between so few steps that plain loops over all samples and heads do it sooner than tiles.
struct HeadProducts {
  /// A head's width in queries and keys, and in values.
  let batch: Int, heads: Int, queries: Int, keys: Int, width: Int, valueWidth: Int

  /// With more multiplications a matrix, tiles are faster.
  var isSmall: Bool { queries * keys * max(width, valueWidth) <= 8192 }
  /// Floating-point operations of the forward products.
  var flops: Double { 2 * Double(batch * heads * queries * keys) * Double(width + valueWidth) }

  /// What `attention` returns, of operands it has checked.
  func attention(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ scale: Float, _ masks: AttentionMasks, wantsWeights: Bool)
    -> (
      output: Tensor, weights: Tensor?
    )
  {
    let probabilityMask = masks.probabilities
    let p = Tensor(uninitialized: Shape(batch, heads, queries, keys))  // [B, h, Tq, Tk]: scores, then probabilities
    let output = Tensor(uninitialized: q.shape.replacingLast(v.shape[2]))  // [B, Tq, h·e]
    // sample by sample, so that its scores are still in the cache when they are used
    share(with: (q, k, v, scale, masks, p, output)) { values, one, samples in
      let (q, k, v, scale, masks, p, output) = values
      for sample in samples {
        let place = one.place(of: sample), scores = p.pointer + place.matrix
        one.scores(q.pointer + place.query, k.pointer + place.key, scale, scores, one.width)
        let mask = masks.keys.map { UnsafePointer($0.pointer + sample * one.keys) }
        braid_attention_softmax(
          scores, mask, masks.pairs(of: sample), masks.isCausal ? 1 : 0, one.heads, one.heads, one.queries, one.keys)
        if masks.probabilities == nil {
          one.combine(scores, v.pointer + place.value, output.pointer + place.output, beta: 0, one.valueWidth)
        }
      }
    }
    let kept = probabilityMask.map { p * $0 } ?? p
    if probabilityMask != nil {
      share(with: (kept, v, output)) { values, one, samples in
        let (kept, v, output) = values
        for sample in samples {
          let place = one.place(of: sample)
          one.combine(
            kept.pointer + place.matrix, v.pointer + place.value, output.pointer + place.output, beta: 0, one.valueWidth
          )
        }
      }
    }

    let recorded = output.recorded(
      "attention", from: q, k, v, saving: (self, q, k, v, p, kept, scale, probabilityMask), flops: flops
    ) { saved, g, sink in
      let (sizes, q, k, v, p, kept, scale, probabilityMask) = saved
      let (rows, keys) = (sizes.heads * sizes.queries, sizes.keys)  // of a sample's score matrices
      sink.accumulate(into: v) { gv, beta in
        sizes.share(with: (kept, g, gv, beta)) { values, one, samples in
          let (kept, g, gv, beta) = values
          for sample in samples {
            let place = one.place(of: sample)
            one.combineTransposed(
              kept.pointer + place.matrix, g.pointer + place.output, gv + place.value, beta: beta, one.valueWidth)
          }
        }
      }
      guard sink.wants(q) || sink.wants(k) else { return }
      var ds = Tensor(uninitialized: p.shape)
      sizes.share(with: (v, g, p, ds, scale, probabilityMask == nil)) { values, one, samples in
        let (v, g, p, all, scale, finishes) = values
        for sample in samples {
          let place = one.place(of: sample)
          let ds = all.pointer + place.matrix
          one.scores(g.pointer + place.output, v.pointer + place.value, 1, ds, one.valueWidth)
          if finishes {
            braid_attention_softmax_gradient(p.pointer + place.matrix, ds, scale, ds, one.heads * one.queries, one.keys)
          }
        }
      }
      if let probabilityMask {
        ds = ds * probabilityMask
        braid_attention_softmax_gradient(p.pointer, ds.pointer, scale, ds.pointer, sizes.batch * rows, keys)
      }
      sink.accumulate(into: q) { gq, beta in
        sizes.share(with: (ds, k, gq, beta)) { values, one, samples in
          let (ds, k, gq, beta) = values
          for sample in samples {
            let place = one.place(of: sample)
            one.combine(ds.pointer + place.matrix, k.pointer + place.key, gq + place.query, beta: beta, one.width)
          }
        }
      }
      sink.accumulate(into: k) { gk, beta in
        sizes.share(with: (ds, q, gk, beta)) { values, one, samples in
          let (ds, q, gk, beta) = values
          for sample in samples {
            let place = one.place(of: sample)
            one.combineTransposed(
              ds.pointer + place.matrix, q.pointer + place.query, gk + place.key, beta: beta, one.width)
          }
        }
      }
    }
    return (recorded, wantsWeights ? p : nil)
  }

  /// s[i, j] = alpha · a_i · b_j.
  private func scores(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ alpha: Float, _ s: UnsafeMutablePointer<Float>, _ width: Int
  ) {
    braid_attention_scores(a, b, alpha, s, batch, heads, queries, keys, width)
  }

  /// out_i = Σ_j s[i, j] v_j + beta out_i.
  private func combine(
    _ s: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, beta: Float, _ width: Int
  ) {
    braid_attention_combine(s, v, beta, out, batch, heads, queries, keys, width)
  }

  /// out_j = Σ_i s[i, j] g_i + beta out_j.
  private func combineTransposed(
    _ s: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, beta: Float, _ width: Int
  ) {
    braid_attention_combine_transposed(s, g, beta, out, batch, heads, queries, keys, width)
  }

  /// Goes through ranges of samples, several at the same time where that pays, with the products of one sample. The body
  /// captures nothing.
  @inline(__always)
  func share<Values>(
    with values: Values, _ body: @escaping (_ values: Values, _ one: HeadProducts, _ samples: Range<Int>) -> Void
  ) {
    let one = HeadProducts(
      batch: 1, heads: heads, queries: queries, keys: keys, width: width, valueWidth: valueWidth)
    Parallel.split(batch, work: Int(flops) / 32, with: SampleShare(one: one, values: values, body: body)) {
      share, samples in
      share.body(share.values, share.one, samples)
    }
  }

  /// Where the parts of a sample begin, or of one of its heads.
  @inline(__always)
  func place(of sample: Int, head: Int = 0) -> SamplePlace {
    let (full, fullValue) = (heads * width, heads * valueWidth)
    return SamplePlace(
      sample: sample, query: sample * queries * full + head * width, key: sample * keys * full + head * width,
      value: sample * keys * fullValue + head * valueWidth, output: sample * queries * fullValue + head * valueWidth,
      matrix: (sample * heads + head) * queries * keys)
  }
}

/// Where queries, keys, values, the output and score matrices begin.
struct SamplePlace {
  let sample: Int, query: Int, key: Int, value: Int, output: Int, matrix: Int
}

/// What a thread needs for its samples.
private struct SampleShare<Values> {
  let one: HeadProducts
  let values: Values
  let body: (Values, HeadProducts, Range<Int>) -> Void
}
