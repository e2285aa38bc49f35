import CBraidKernels

/// Rows of a table by number: `table [vocabulary, d]`, one id per place of `leading`, → `[leading…, d]`.
///
/// Derivative: each place's gradient is added to its row. The row of `paddingId` is looked up like any other but gets no gradient,
/// so it stays what it was made as.
/// - Parameters:
///   - ids: row-major, as many as `leading` has places, each in 0 ..< vocabulary. Stops otherwise, naming the place.
///   - leading: such as `[batch, time]`.
public func embedding(_ table: Tensor, _ ids: [Int32], _ leading: Shape, paddingId: Int32? = nil) -> Tensor {
  guard table.shape.rank == 2 else { stop("embedding", "table of shape \(table.shape); expected [vocabulary, width]") }
  guard ids.count == leading.count else {
    stop(
      "embedding", "\(ids.count) ids for places of shape \(leading), which holds \(leading.count); give it one a place")
  }
  let vocabulary = table.shape[0], width = table.shape[1]
  let y = Tensor(uninitialized: leading.inserting(width, at: leading.rank))  // […, d]
  let bad = braid_gather(table.pointer, vocabulary, ids, ids.count, width, y.pointer)
  guard bad < 0 else {
    stop(
      "embedding",
      "id \(ids[bad]) at place \(bad) of \(leading); expected 0 ..< \(vocabulary), the rows of the table \(table.shape)"
    )
  }
  return y.recorded("embedding", from: table) { g, sink in
    sink.accumulate(into: table) { gradient, beta in
      braid_scatter_add(g.pointer, ids, ids.count, width, paddingId ?? -1, beta, gradient, vocabulary)
    }
  }
}
