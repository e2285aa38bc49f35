import CBraidKernels

extension Tensor {
  /// Euclidean length along an axis: y = √Σ x_k². The axis is removed unless kept with extent 1. Squares are summed in
  /// double, so neither large nor small elements are lost.
  ///
  /// Derivative: dx = g x / y, and 0 where y is 0.
  public func norm(_ axis: Int, keepingAxis: Bool = false) -> Tensor {
    let axis = shape.resolve(axis)
    return norm(
      shape.reduced(axis, keepingAxis), shape.count(0..<axis), shape[axis], shape.count((axis + 1)..<shape.rank))
  }

  /// Euclidean length of all elements together, of shape `[]`; dx as along an axis.
  public func norm() -> Tensor { norm([], 1, count, 1) }

  private func norm(_ result: Shape, _ outer: Int, _ n: Int, _ inner: Int) -> Tensor {
    let x = self
    let y = Tensor(uninitialized: result)
    braid_norm_axis(x.pointer, outer, n, inner, y.pointer)
    return y.recorded("norm", from: x, flops: 2 * Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        braid_norm_axis_gradient(x.pointer, y.pointer, g.pointer, outer, n, inner, beta, gx)
      }
    }
  }
}
