import CBraidKernels

/// Two sequences look at each other over one matrix of scores, `S = scale · a bᵀ` for every sample:
/// `fromB = softmax_rows(S) b`, what every step of a finds in b, and `fromA = softmax_columns(S)ᵀ a`, what every step of
/// b finds in a (parallel co-attention with a dot score: Lu et al. 2016, arXiv 1606.00061, section 3.3).
///
/// The two results are those of `attention(a, b, b)` and `attention(b, a, a)` of one head, and so are the derivatives;
/// without a tape the scores are made once.
/// - Parameters:
///   - a: `[B, Ta, d]`.
///   - b: `[B, Tb, d]`.
///   - scale: 1/√d by default.
///   - aMask: `[B, Ta]`, a constant: 0 for a step of a that nobody sees. A sample with none left gives zeros.
///   - bMask: `[B, Tb]`, the same for b.
/// - Returns: `fromB [B, Ta, d]` and `fromA [B, Tb, d]`.
public func mutualAttention(
  _ a: Tensor, _ b: Tensor, scale: Float? = nil, aMask: Tensor? = nil, bMask: Tensor? = nil
) -> (fromB: Tensor, fromA: Tensor) {
  guard a.shape.rank == 3, b.shape.rank == 3, a.shape[0] == b.shape[0], a.shape[2] == b.shape[2] else {
    stop("mutualAttention", "sequences \(a.shape) and \(b.shape); expected [B, Ta, d] and [B, Tb, d]")
  }
  let batch = a.shape[0], rows = a.shape[1], columns = b.shape[1], width = a.shape[2]
  for (mask, x) in [(aMask, a), (bMask, b)] {
    if let mask, mask.shape != Shape(batch, x.shape[1]) {
      stop("mutualAttention", "mask of shape \(mask.shape) for \(x.shape); expected [\(batch), \(x.shape[1])]")
    }
  }
  let scale = scale ?? 1 / Float(max(width, 1)).squareRoot()
  if a.isRecorded || b.isRecorded {
    return (
      attention(a, b, b, heads: 1, scale: scale, keyMask: bMask).output,
      attention(b, a, a, heads: 1, scale: scale, keyMask: aMask).output
    )
  }
  let fromB = Tensor(uninitialized: a.shape), fromA = Tensor(uninitialized: b.shape)
  let needed = braid_attention_pair_workspace(rows, columns, width)
  Parallel.split(batch, work: batch * rows * columns * width / 5) { samples in
    let memory = Tensor(uninitialized: Shape(needed))
    for sample in samples {
      let ofA = sample * rows * width, ofB = sample * columns * width
      var pair = braid_attention_pair(
        rows: rows, columns: columns, width: width, a: a.pointer + ofA, b: b.pointer + ofB, scale: scale,
        a_mask: aMask.map { UnsafePointer($0.pointer + sample * rows) },
        b_mask: bMask.map { UnsafePointer($0.pointer + sample * columns) })
      braid_attention_pair_forward(&pair, fromB.pointer + ofA, fromA.pointer + ofB, memory.pointer)
    }
  }
  return (fromB, fromA)
}
