import CBraidKernels

extension Tensor {
  /// The tensor with two axes exchanged (a copy): `[…, m, …, n, …] → […, n, …, m, …]`. The last two by default.
  ///
  /// Derivative: the gradient with the same axes exchanged.
  public func transposed(_ first: Int = -2, _ second: Int = -1) -> Tensor {
    guard shape.rank >= 2 else {
      stop("transposed", "a tensor of shape \(shape) has no two axes to exchange; reshape it first")
    }
    let x = self, i = Swift.min(shape.resolve(first), shape.resolve(second)),
      j = Swift.max(shape.resolve(first), shape.resolve(second))
    if i == j { return x }
    let m = shape[i], n = shape[j]
    var result = shape
    result[i] = n
    result[j] = m
    // [outer, m, between, n, inner]
    let outer = shape.count(0..<i), between = shape.count((i + 1)..<j), inner = shape.count((j + 1)..<shape.rank)
    let y = Tensor(uninitialized: result)
    braid_swap_axes(x.pointer, outer, m, between, n, inner, 0, y.pointer)
    return y.recorded("transposed", from: x, saving: (x, outer, m, between, n, inner)) { saved, g, sink in
      let (x, outer, m, between, n, inner) = saved
      sink.accumulate(into: x) { gx, beta in braid_swap_axes(g.pointer, outer, n, between, m, inner, beta, gx) }
    }
  }
}
