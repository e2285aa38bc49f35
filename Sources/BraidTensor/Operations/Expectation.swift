import CBraidKernels

/// Σₖ pₖ vₖ over the last axis: the mean of `values` under `probabilities`. A term with pₖ = 0 counts as 0 whatever vₖ
/// is, −∞ (the logarithm of that 0) included, as the limit p log p → 0 has it.
///
/// Derivative: dp = g v, except 0 where p is 0 and v is not finite; dv = g p.
/// - Parameters:
///   - probabilities: `[…, K]`.
///   - values: `[…, K]`.
/// - Returns: `[…]`; zeros over an empty axis.
public func expectation(_ probabilities: Tensor, of values: Tensor) -> Tensor {
  let p = probabilities
  let v = values
  guard p.shape.rank >= 1, p.shape == v.shape else {
    stop("expectation", "probabilities of shape \(p.shape) and values \(v.shape); expected the same shape [..., K]")
  }
  let columns = p.shape[-1]
  let rows = p.shape.count(0..<(p.shape.rank - 1))
  let y = Tensor(uninitialized: p.shape.removing(p.shape.rank - 1))
  braid_expectation(p.pointer, v.pointer, rows, columns, y.pointer)
  return y.recorded("expectation", from: p, v, flops: 2 * Double(p.count)) { g, sink in
    sink.accumulate(into: p) { gp, beta in
      braid_expectation_gradient(g.pointer, p.pointer, v.pointer, rows, columns, beta, gp)
    }
    sink.accumulate(into: v) { gv, beta in braid_scale_rows(p.pointer, g.pointer, rows, columns, beta, gv) }
  }
}
