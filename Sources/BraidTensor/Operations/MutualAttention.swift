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
///   - wantsWeights: whether the probabilities are returned.
/// - Returns: `fromB [B, Ta, d]` and `fromA [B, Tb, d]`, and when wanted, as constants, `ofB [B, Ta, Tb]`, what every
///   step of a gives the steps of b, and `ofA [B, Tb, Ta]`.
public func mutualAttention(
  _ a: Tensor, _ b: Tensor, scale: Float? = nil, aMask: Tensor? = nil, bMask: Tensor? = nil,
  wantsWeights: Bool = false
) -> (fromB: Tensor, fromA: Tensor, ofB: Tensor?, ofA: Tensor?) {
  guard a.shape.rank == 3, b.shape.rank == 3, a.shape[0] == b.shape[0], a.shape[2] == b.shape[2] else {
    stop("mutualAttention", "sequences \(a.shape) and \(b.shape); expected [B, Ta, d] and [B, Tb, d]")
  }
  let batch = a.shape[0], rows = a.shape[1], columns = b.shape[1], width = a.shape[2]
  func check(_ mask: Tensor?, of x: Tensor) {
    guard let mask, mask.shape != Shape(batch, x.shape[1]) else { return }
    stop("mutualAttention", "mask of shape \(mask.shape) for \(x.shape); expected [\(batch), \(x.shape[1])]")
  }
  check(aMask, of: a)
  check(bMask, of: b)
  let scale = scale ?? 1 / Float(max(width, 1)).squareRoot()
  if a.isRecorded || b.isRecorded {
    let one = attention(a, b, b, heads: 1, scale: scale, keyMask: bMask, wantsWeights: wantsWeights)
    let other = attention(b, a, a, heads: 1, scale: scale, keyMask: aMask, wantsWeights: wantsWeights)
    return (
      one.output, other.output, one.weights?.reshaped(Shape(batch, rows, columns)),
      other.weights?.reshaped(Shape(batch, columns, rows))
    )
  }
  let fromB = Tensor(uninitialized: a.shape), fromA = Tensor(uninitialized: b.shape)
  let ofB = wantsWeights ? Tensor(uninitialized: Shape(batch, rows, columns)) : nil
  let ofA = wantsWeights ? Tensor(uninitialized: Shape(batch, columns, rows)) : nil
  let values = (a, b, aMask, bMask, scale, fromB, fromA, ofB, ofA)
  Parallel.split(batch, work: batch * rows * columns * width / 5, with: values) { values, samples in
    let (a, b, aMask, bMask, scale, fromB, fromA, ofB, ofA) = values
    let rows = a.shape[1], columns = b.shape[1], width = a.shape[2]
    let memory = Tensor(uninitialized: Shape(braid_attention_pair_workspace(rows, columns, width)))
    for sample in samples {
      let firstOfA = sample * rows * width, firstOfB = sample * columns * width
      var pair = braid_attention_pair(
        rows: rows, columns: columns, width: width, a: a.pointer + firstOfA, b: b.pointer + firstOfB, scale: scale,
        a_mask: aMask.map { UnsafePointer($0.pointer + sample * rows) },
        b_mask: bMask.map { UnsafePointer($0.pointer + sample * columns) })
      let map = sample * rows * columns
      braid_attention_pair_forward(
        &pair, ofB.map { $0.pointer + map }, ofA.map { $0.pointer + map }, fromB.pointer + firstOfA,
        fromA.pointer + firstOfB, memory.pointer)
    }
  }
  return (fromB, fromA, ofB, ofA)
}
