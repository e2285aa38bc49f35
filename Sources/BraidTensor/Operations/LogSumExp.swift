import CBraidKernels

extension Tensor {
  /// y = log Σ e^x_k along an axis, without overflow. The axis is removed unless kept with extent 1. −∞ where every
  /// element is, and over an empty axis.
  ///
  /// Derivative: dx = g e^x / Σ e^x; 0 where y is −∞, and shared by the elements at ∞ where there are any.
  public func logSumExp(_ axis: Int, keepingAxis: Bool = false) -> Tensor {
    let x = self
    let axis = shape.resolve(axis)
    let n = shape[axis]
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    let y = Tensor(uninitialized: shape.reduced(axis, keepingAxis))
    braid_log_sum_exp_axis(x.pointer, outer, n, inner, y.pointer)
    return y.recorded("logSumExp", from: x, flops: 4 * Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        braid_log_sum_exp_axis_gradient(x.pointer, g.pointer, outer, n, inner, beta, gx)
      }
    }
  }
}
