import CBraidKernels

/// Scaled dot-product attention, `softmax(q kᵀ · scale) v` for every head (Vaswani et al. 2017, eq. 1), one operation.
///
/// Heads lie side by side in the last axis and are never copied apart. Derivative, with P the probabilities and g the upstream
/// gradient: dV = Pᵀ g, dP = g Vᵀ, dS = scale · P ∘ (dP − Σ_keys P ∘ dP), dQ = dS K, dK = dSᵀ Q. With a probability
/// mask M, P ∘ M stands for P in the output and in dV, and dP = M ∘ g Vᵀ.
/// - Parameters:
///   - q: `[B, Tq, h·d]`.
///   - k: `[B, Tk, h·d]`.
///   - v: `[B, Tk, h·d]`.
///   - heads: h.
///   - scale: 1/√d by default.
///   - keyMask: `[B, Tk]`, 1 keeps a key and 0 excludes it. A sample with no key gives zeros and takes no gradient.
///     What lies under the mask may be any finite number.
///   - isCausal: whether query i sees keys 0 … i only.
///   - probabilityMask: M `[B, h, Tq, Tk]`, a constant: what each probability is multiplied by before it weighs its
///     value, as dropout does.
///   - wantsWeights: whether the probabilities are returned, as they are before the mask.
/// - Returns: `output [B, Tq, h·d]` and, when wanted, `weights [B, h, Tq, Tk]`, a constant.
public func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float? = nil, keyMask: Tensor? = nil, isCausal: Bool = false,
  probabilityMask: Tensor? = nil, wantsWeights: Bool = false
) -> (output: Tensor, weights: Tensor?) {
  guard q.shape.rank == 3, k.shape.rank == 3, k.shape[0] == q.shape[0], k.shape[2] == q.shape[2] else {
    stop("attention", "queries \(q.shape) and keys \(k.shape); expected [B, Tq, h·d] and [B, Tk, h·d]")
  }
  guard v.shape == k.shape else { stop("attention", "values \(v.shape) for keys \(k.shape); expected the same shape") }
  guard heads > 0, q.shape[2] % heads == 0 else {
    stop("attention", "\(heads) heads do not divide the width \(q.shape[2]) of the queries")
  }
  let batch = q.shape[0], queries = q.shape[1], keys = k.shape[1]
  if let keyMask, keyMask.shape != Shape(batch, keys) {
    stop("attention", "key mask of shape \(keyMask.shape) for keys \(k.shape); expected [\(batch), \(keys)]")
  }
  if let probabilityMask {
    let expected = Shape(batch, heads, queries, keys)
    guard probabilityMask.shape == expected, !probabilityMask.isRecorded else {
      stop(
        "attention",
        "probability mask of shape \(probabilityMask.shape)\(probabilityMask.isRecorded ? ", recorded" : ""); "
          + "expected a constant of shape \(expected)")
    }
  }
  let width = q.shape[2] / heads
  let scale = scale ?? 1 / Float(max(width, 1)).squareRoot()
  let products = HeadProducts(batch: batch, heads: heads, queries: queries, keys: keys, width: width)

  let p = Tensor(uninitialized: Shape(batch, heads, queries, keys))  // [B, h, Tq, Tk]: scores, then probabilities
  let output = Tensor(uninitialized: q.shape)  // [B, Tq, h·d]
  // sample by sample, so that its scores are still in the cache when they are used
  products.eachSample { one, queryPlace, keyPlace, matrix, sample in
    let p = p.pointer + matrix
    one.scores(q.pointer + queryPlace, k.pointer + keyPlace, scale, p)
    let mask = keyMask.map { UnsafePointer($0.pointer + sample * keys) }
    braid_attention_softmax(p, mask, isCausal ? 1 : 0, heads, heads, queries, keys)
    if probabilityMask == nil { one.combine(p, v.pointer + keyPlace, output.pointer + queryPlace, beta: 0) }
  }
  let kept = probabilityMask.map { p * $0 } ?? p
  if probabilityMask != nil {
    products.eachSample { one, queryPlace, keyPlace, matrix, _ in
      one.combine(kept.pointer + matrix, v.pointer + keyPlace, output.pointer + queryPlace, beta: 0)
    }
  }

  let flops = 4 * Double(batch * heads * queries * keys) * Double(width)
  let recorded = output.recorded("attention", from: q, k, v, flops: flops) { g, sink in
    sink.accumulate(into: v) { gv, beta in
      products.eachSample { one, queryPlace, keyPlace, matrix, _ in
        one.combineTransposed(kept.pointer + matrix, g.pointer + queryPlace, gv + keyPlace, beta: beta)
      }
    }
    guard sink.wants(q) || sink.wants(k) else { return }
    var ds = Tensor(uninitialized: p.shape)
    products.eachSample { one, queryPlace, keyPlace, matrix, _ in
      let (p, ds) = (p.pointer + matrix, ds.pointer + matrix)
      one.scores(g.pointer + queryPlace, v.pointer + keyPlace, 1, ds)
      if probabilityMask == nil { braid_attention_softmax_gradient(p, ds, scale, ds, heads * queries, keys) }
    }
    if let probabilityMask {
      ds = ds * probabilityMask
      braid_attention_softmax_gradient(p.pointer, ds.pointer, scale, ds.pointer, batch * heads * queries, keys)
    }
    sink.accumulate(into: q) { gq, beta in
      products.eachSample { one, queryPlace, keyPlace, matrix, _ in
        one.combine(ds.pointer + matrix, k.pointer + keyPlace, gq + queryPlace, beta: beta)
      }
    }
    sink.accumulate(into: k) { gk, beta in
      products.eachSample { one, queryPlace, keyPlace, matrix, _ in
        one.combineTransposed(ds.pointer + matrix, q.pointer + queryPlace, gk + keyPlace, beta: beta)
      }
    }
  }
  return (recorded, wantsWeights ? p : nil)
}

/// The three products attention is made of, over all samples and heads: by the general product where matrices are large
/// enough to pay for its calls, by plain loops where they are not.
struct HeadProducts {
  let batch: Int, heads: Int, queries: Int, keys: Int, width: Int

  /// From this many multiplications a matrix on, the library is faster.
  private var isSmall: Bool { queries * keys * width <= 8192 }
  private var stride: Int { heads * width }

  /// s[i, j] = alpha · a_i · b_j.
  func scores(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ alpha: Float, _ s: UnsafeMutablePointer<Float>) {
    if isSmall { return braid_attention_scores(a, b, alpha, s, batch, heads, queries, keys, width) }
    eachHead { queryPlace, keyPlace, matrix in
      gemm(
        queries, keys, width, a + queryPlace, false, rows: stride, b + keyPlace, true, rows: stride, s + matrix, rows: keys,
        alpha: alpha)
    }
  }

  /// out_i = Σ_j s[i, j] v_j + beta out_i.
  func combine(
    _ s: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, beta: Float
  ) {
    if isSmall { return braid_attention_combine(s, v, beta, out, batch, heads, queries, keys, width) }
    eachHead { queryPlace, keyPlace, matrix in
      gemm(
        queries, width, keys, s + matrix, false, rows: keys, v + keyPlace, false, rows: stride, out + queryPlace,
        rows: stride, beta: beta)
    }
  }

  /// out_j = Σ_i s[i, j] g_i + beta out_j.
  func combineTransposed(
    _ s: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, beta: Float
  ) {
    if isSmall { return braid_attention_combine_transposed(s, g, beta, out, batch, heads, queries, keys, width) }
    eachHead { queryPlace, keyPlace, matrix in
      gemm(
        keys, width, queries, s + matrix, true, rows: keys, g + queryPlace, false, rows: stride, out + keyPlace,
        rows: stride, beta: beta)
    }
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

  /// Offsets of each (sample, head) in sequences of queries, in sequences of keys, and among the score matrices.
  @inline(__always)
  private func eachHead(_ body: (_ queryPlace: Int, _ keyPlace: Int, _ matrix: Int) -> Void) {
    for sample in 0..<batch {
      for head in 0..<heads {
        body(
          sample * queries * stride + head * width, sample * keys * stride + head * width,
          (sample * heads + head) * queries * keys)
      }
    }
  }
}
