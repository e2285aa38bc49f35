import CBraidKernels

/// Attention between so few steps that plain loops over all samples and heads do it sooner than tiles.
struct HeadProducts {
  let batch: Int, heads: Int, queries: Int, keys: Int, width: Int

  /// With more multiplications a matrix, tiles are faster.
  var isSmall: Bool { queries * keys * width <= 8192 }
  /// Floating-point operations of the forward products.
  var flops: Double { 4 * Double(batch * heads * queries * keys) * Double(width) }
  private var stride: Int { heads * width }

  /// What `attention` returns, of operands it has checked.
  func attention(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ scale: Float, _ masks: AttentionMasks, wantsWeights: Bool)
    -> (
      output: Tensor, weights: Tensor?
    )
  {
    let probabilityMask = masks.probabilities
    let p = Tensor(uninitialized: Shape(batch, heads, queries, keys))  // [B, h, Tq, Tk]: scores, then probabilities
    let output = Tensor(uninitialized: q.shape)  // [B, Tq, h·d]
    // sample by sample, so that its scores are still in the cache when they are used
    eachSample { one, queryPlace, keyPlace, matrix, sample in
      let p = p.pointer + matrix
      one.scores(q.pointer + queryPlace, k.pointer + keyPlace, scale, p)
      let mask = masks.keys.map { UnsafePointer($0.pointer + sample * keys) }
      braid_attention_softmax(
        p, mask, masks.pairs(of: sample), masks.isCausal ? 1 : 0, heads, heads, queries, keys)
      if probabilityMask == nil { one.combine(p, v.pointer + keyPlace, output.pointer + queryPlace, beta: 0) }
    }
    let kept = probabilityMask.map { p * $0 } ?? p
    if probabilityMask != nil {
      eachSample { one, queryPlace, keyPlace, matrix, _ in
        one.combine(kept.pointer + matrix, v.pointer + keyPlace, output.pointer + queryPlace, beta: 0)
      }
    }

    let recorded = output.recorded(
      "attention", from: q, k, v, saving: (self, q, k, v, p, kept, scale, probabilityMask), flops: flops
    ) { saved, g, sink in
      let (sizes, q, k, v, p, kept, scale, probabilityMask) = saved
      let (rows, keys) = (sizes.heads * sizes.queries, sizes.keys)  // of a sample's score matrices
      sink.accumulate(into: v) { gv, beta in
        sizes.eachSample { one, queryPlace, keyPlace, matrix, _ in
          one.combineTransposed(kept.pointer + matrix, g.pointer + queryPlace, gv + keyPlace, beta: beta)
        }
      }
      guard sink.wants(q) || sink.wants(k) else { return }
      var ds = Tensor(uninitialized: p.shape)
      sizes.eachSample { one, queryPlace, keyPlace, matrix, _ in
        let (p, ds) = (p.pointer + matrix, ds.pointer + matrix)
        one.scores(g.pointer + queryPlace, v.pointer + keyPlace, 1, ds)
        if probabilityMask == nil { braid_attention_softmax_gradient(p, ds, scale, ds, rows, keys) }
      }
      if let probabilityMask {
        ds = ds * probabilityMask
        braid_attention_softmax_gradient(p.pointer, ds.pointer, scale, ds.pointer, sizes.batch * rows, keys)
      }
      sink.accumulate(into: q) { gq, beta in
        sizes.eachSample { one, queryPlace, keyPlace, matrix, _ in
          one.combine(ds.pointer + matrix, k.pointer + keyPlace, gq + queryPlace, beta: beta)
        }
      }
      sink.accumulate(into: k) { gk, beta in
        sizes.eachSample { one, queryPlace, keyPlace, matrix, _ in
          one.combineTransposed(ds.pointer + matrix, q.pointer + queryPlace, gk + keyPlace, beta: beta)
        }
      }
    }
    return (recorded, wantsWeights ? p : nil)
  }

  /// s[i, j] = alpha · a_i · b_j.
  func scores(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ alpha: Float, _ s: UnsafeMutablePointer<Float>) {
    braid_attention_scores(a, b, alpha, s, batch, heads, queries, keys, width)
  }

  /// out_i = Σ_j s[i, j] v_j + beta out_i.
  func combine(
    _ s: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, beta: Float
  ) {
    braid_attention_combine(s, v, beta, out, batch, heads, queries, keys, width)
  }

  /// out_j = Σ_i s[i, j] g_i + beta out_j.
  func combineTransposed(
    _ s: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, beta: Float
  ) {
    braid_attention_combine_transposed(s, g, beta, out, batch, heads, queries, keys, width)
  }

  /// Goes through the samples, several at the same time where that pays, with the products of one and the offsets of
  /// its queries, its keys and its score matrices.
  @inline(__always)
  func eachSample(
    _ body: (_ one: HeadProducts, _ queryPlace: Int, _ keyPlace: Int, _ matrix: Int, _ sample: Int) -> Void
  ) {
    let one = HeadProducts(batch: 1, heads: heads, queries: queries, keys: keys, width: width)
    Parallel.split(batch, work: batch * heads * queries * keys * width / 8) { samples in
      for sample in samples {
        body(one, sample * queries * stride, sample * keys * stride, sample * heads * queries * keys, sample)
      }
    }
  }
}
