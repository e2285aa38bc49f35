import CBraidKernels

/// Scaled dot-product attention, `softmax(q kᵀ · scale) v` for every head (Vaswani et al. 2017, eq. 1), one operation.
///
/// Heads lie side by side in the last axis and are never copied apart. Derivative, with P the probabilities and g the upstream
/// gradient: dV = Pᵀ g, dP = g Vᵀ, dS = scale · P ∘ (dP − Σ_keys P ∘ dP), dQ = dS K, dK = dSᵀ Q. With a probability
/// mask M, P ∘ M stands for P in the output and in dV, and dP = M ∘ g Vᵀ. Keys with a score of +∞ share a query alike,
/// keys with −∞ are not seen; but an infinite number is multiplied: an infinite value gives 0 · ∞ = NaN where P is 0, and
/// infinite keys such a dQ.
/// - Parameters:
///   - q: `[B, Tq, h·d]`.
///   - k: `[B, Tk, h·d]`.
///   - v: `[B, Tk, h·e]`, of the keys' width or another: what is found in one modality may be wider than what it is found by.
///   - heads: h.
///   - scale: 1/√d by default.
///   - keyMask: `[B, Tk]`, 1 keeps a key and 0 excludes it. A sample with no key gives zeros and takes no gradient.
///     What lies under the mask may be any finite number.
///   - attentionMask: `[Tq, Tk]`, or `[B, Tq, Tk]` where samples differ: 1 lets a query see a key and 0 does not. A query
///     that sees none gives zeros and takes no gradient. What the masks exclude together is excluded.
///   - isCausal: whether query i sees keys 0 … i only.
///   - probabilityMask: M `[B, h, Tq, Tk]`, a constant: what each probability is multiplied by before it weighs its
///     value, as dropout does.
///   - wantsWeights: whether the probabilities are returned, as they are before the mask.
/// - Returns: `output [B, Tq, h·e]` and, when wanted, `weights [B, h, Tq, Tk]`, a constant.
public func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float? = nil, keyMask: Tensor? = nil,
  attentionMask: Tensor? = nil, isCausal: Bool = false, probabilityMask: Tensor? = nil,
  wantsWeights: Bool = false
) -> (output: Tensor, weights: Tensor?) {
  guard q.shape.rank == 3, k.shape.rank == 3, k.shape[0] == q.shape[0], k.shape[2] == q.shape[2] else {
    stop("attention", "queries \(q.shape) and keys \(k.shape); expected [B, Tq, h·d] and [B, Tk, h·d]")
  }
  guard v.shape.rank == 3, v.shape[0] == k.shape[0], v.shape[1] == k.shape[1] else {
    stop("attention", "values \(v.shape) for keys \(k.shape); expected [B, Tk, h·e]")
  }
  guard heads > 0, q.shape[2] % heads == 0, v.shape[2] % heads == 0 else {
    stop(
      "attention",
      "\(heads) heads do not divide the widths \(q.shape[2]) of the queries and \(v.shape[2]) of the values; "
        + "expected a divisor of both")
  }
  let batch = q.shape[0], queries = q.shape[1], keys = k.shape[1]
  if let keyMask, keyMask.shape != Shape(batch, keys) {
    stop("attention", "key mask of shape \(keyMask.shape) for keys \(k.shape); expected [\(batch), \(keys)]")
  }
  if let mask = attentionMask?.shape, mask != Shape(queries, keys), mask != Shape(batch, queries, keys) {
    stop(
      "attention",
      "attention mask of shape \(mask) for queries \(q.shape) and keys \(k.shape); "
        + "expected [\(queries), \(keys)] or [\(batch), \(queries), \(keys)]")
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
  let width = q.shape[2] / heads, valueWidth = v.shape[2] / heads
  let scale = scale ?? 1 / Float(max(width, 1)).squareRoot()
  let masks = AttentionMasks(keys: keyMask, pairs: attentionMask, isCausal: isCausal, probabilities: probabilityMask)
  let products = HeadProducts(
    batch: batch, heads: heads, queries: queries, keys: keys, width: width, valueWidth: valueWidth)
  if products.isSmall { return products.attention(q, k, v, scale, masks, wantsWeights: wantsWeights) }

  let isKept = wantsWeights || q.isRecorded || k.isRecorded || v.isRecorded
  let p = isKept ? Tensor(uninitialized: Shape(batch, heads, queries, keys)) : nil  // [B, h, Tq, Tk]: probabilities
  let output = Tensor(uninitialized: Shape(batch, queries, v.shape[2]))  // [B, Tq, h·e]

  let all = AttentionHeads(
    products: products, q: q, k: k, v: v, scale: scale, masks: masks,
    needed: braid_attention_workspace(queries, keys, width, valueWidth))
  all.eachHead(with: (p, output)) { values, head, memory, place in
    let (p, output) = values
    braid_attention_head_forward(
      &head, p.map { $0.pointer + place.matrix }, output.pointer + place.output, memory.pointer)
  }
  guard let p else { return (output, nil) }
  let recorded = output.recorded("attention", from: q, k, v, saving: (all, p), flops: products.flops) {
    saved, g, sink in
    let (all, p) = saved
    // in the order in which a head writes them: they may be one tensor's
    var (gv, gq, gk) = (Destination(), Destination(), Destination())
    sink.accumulate(into: all.v) { gv = Destination(memory: $0, beta: $1) }
    sink.accumulate(into: all.q) { gq = Destination(memory: $0, beta: $1) }
    sink.accumulate(into: all.k) { gk = Destination(memory: $0, beta: $1) }
    all.eachHead(with: (p, g, gv, gq, gk)) { values, head, memory, place in
      let (p, g, gv, gq, gk) = values, query = place.query, key = place.key, value = place.value
      var sinks = braid_attention_sinks(
        q: gq.memory.map { $0 + query }, k: gk.memory.map { $0 + key }, v: gv.memory.map { $0 + value },
        q_beta: gq.beta,
        k_beta: gk.beta, v_beta: gv.beta)
      braid_attention_head_backward(&head, p.pointer + place.matrix, g.pointer + place.output, &sinks, memory.pointer)
    }
  }
  return (recorded, wantsWeights ? p : nil)
}

/// Where a gradient is collected, if anybody wants it.
private struct Destination {
  var memory: UnsafeMutablePointer<Float>?
  var beta: Float = 0
}

/// What keeps queries from keys, and probabilities from values.
struct AttentionMasks {
  let keys: Tensor?
  let pairs: Tensor?
  let isCausal: Bool
  let probabilities: Tensor?

  /// The matrix `[Tq, Tk]` of one sample.
  func pairs(of sample: Int) -> UnsafePointer<Float>? {
    pairs.map { UnsafePointer($0.pointer + ($0.shape.rank == 2 ? 0 : sample * $0.shape[1] * $0.shape[2])) }
  }
}

/// The heads of all samples, and what each needs.
private struct AttentionHeads {
  let products: HeadProducts
  let q: Tensor, k: Tensor, v: Tensor
  let scale: Float
  let masks: AttentionMasks
  /// Floats of a thread's work memory.
  let needed: Int

  /// Goes through the heads with what one needs and where its parts lie. The body captures nothing.
  @inline(__always)
  func eachHead<Values>(
    with values: Values,
    _ body:
      @escaping (
        _ values: Values, _ head: inout braid_attention_head, _ memory: Tensor, _ place: SamplePlace
      ) -> Void
  ) {
    let count = products.batch * products.heads
    Parallel.split(count, work: Int(products.flops) / 32, with: HeadShare(all: self, values: values, body: body)) {
      share, range in
      let memory = Tensor(uninitialized: Shape(share.all.needed))
      for index in range {
        let products = share.all.products
        let place = products.place(of: index / products.heads, head: index % products.heads)
        var head = share.all.head(place)
        share.body(share.values, &head, memory, place)
      }
    }
  }

  func head(_ place: SamplePlace) -> braid_attention_head {
    braid_attention_head(
      queries: products.queries, keys: products.keys, width: products.width, stride: products.heads * products.width,
      value_width: products.valueWidth, value_stride: products.heads * products.valueWidth,
      q: q.pointer + place.query, k: k.pointer + place.key, v: v.pointer + place.value, scale: scale,
      key_mask: masks.keys.map { UnsafePointer($0.pointer + place.sample * products.keys) },
      mask: masks.pairs(of: place.sample),
      probability_mask: masks.probabilities.map { UnsafePointer($0.pointer + place.matrix) },
      causal: masks.isCausal ? 1 : 0)
  }
}

/// What a thread needs for its heads.
private struct HeadShare<Values> {
  let all: AttentionHeads
  let values: Values
  let body: (Values, inout braid_attention_head, Tensor, SamplePlace) -> Void
}
