import CBraidKernels

extension Tensor {
  /// Sums along an axis up to and with each place: y_k = Σ_{j ≤ k} x_j.
  ///
  /// Derivative: the gradient's own cumulative sum from the other end.
  /// - Parameters:
  ///   - exclusive: without the place itself, Σ_{j < k}, so that it begins with 0.
  ///   - reversed: from the last place backwards, Σ_{j ≥ k}.
  public func cumulativeSum(_ axis: Int, exclusive: Bool = false, reversed: Bool = false) -> Tensor {
    let x = self
    let axis = shape.resolve(axis)
    let n = shape[axis]
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    let y = Tensor(uninitialized: shape)
    braid_cumulative_sum(x.pointer, outer, n, inner, exclusive ? 1 : 0, reversed ? 1 : 0, 0, y.pointer)
    return y.recorded("cumulativeSum", from: x, flops: Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        braid_cumulative_sum(g.pointer, outer, n, inner, exclusive ? 1 : 0, reversed ? 0 : 1, beta, gx)
      }
    }
  }

  /// Products along an axis up to and with each place: y_k = Π_{j ≤ k} x_j.
  ///
  /// Derivative: dx_k = y_{k−1} R_k with R_k = g_k + x_{k+1} R_{k+1}; nothing is divided, so zeros among the elements
  /// are exact.
  public func cumulativeProduct(_ axis: Int) -> Tensor {
    let x = self
    let axis = shape.resolve(axis)
    let n = shape[axis]
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    let y = Tensor(uninitialized: shape)
    braid_cumulative_product(x.pointer, outer, n, inner, y.pointer)
    return y.recorded("cumulativeProduct", from: x, flops: Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        braid_cumulative_product_gradient(x.pointer, y.pointer, g.pointer, outer, n, inner, beta, gx)
      }
    }
  }

  /// The largest element along an axis up to and with each place, and where it stands: the last place at ties. From a
  /// NaN on it is NaN.
  ///
  /// Derivative (of the values): each gradient is added at the place its element came from.
  public func cumulativeMaximum(_ axis: Int) -> (values: Tensor, indices: Indices) {
    let axis = shape.resolve(axis)
    let n = shape[axis]
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    let indices = Indices(shape) { braid_cumulative_maximum(pointer, outer, n, inner, $0) }
    return (gathered(along: axis, indices), indices)
  }
}
