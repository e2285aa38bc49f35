import CBraidKernels

extension Tensor {
  /// Sum over an axis, which is removed unless kept with extent 1. Zeros over an empty axis. dx = g, repeated along the axis.
  public func sum(_ axis: Int, keepingAxis: Bool = false) -> Tensor {
    scaledSum("sum", shape.resolve(axis), keepingAxis, scale: 1)
  }

  /// Mean over an axis, which is removed unless kept with extent 1. Stops over an empty axis. dx = g / n, repeated.
  public func mean(_ axis: Int, keepingAxis: Bool = false) -> Tensor {
    let axis = shape.resolve(axis)
    guard shape[axis] > 0 else {
      stop("mean", "axis \(axis) of shape \(shape) is empty; a mean needs at least one element")
    }
    return scaledSum("mean", axis, keepingAxis, scale: 1 / Float(shape[axis]))
  }

  private func scaledSum(_ name: StaticString, _ axis: Int, _ keepingAxis: Bool, scale: Float) -> Tensor {
    let x = self, n = shape[axis]
    let outer = shape.count(0..<axis), inner = shape.count((axis + 1)..<shape.rank)
    let y = Tensor(uninitialized: shape.reduced(axis, keepingAxis))
    braid_sum_axis(x.pointer, outer, n, inner, scale, y.pointer)
    return y.recorded(name, from: x, saving: (x, outer, n, inner, scale), flops: Double(x.count)) { saved, g, sink in
      let (x, outer, n, inner, scale) = saved
      sink.accumulate(into: x) { gx, beta in braid_spread_axis(g.pointer, outer, n, inner, scale, beta, gx) }
    }
  }

  /// Largest element along an axis, which is removed unless kept with extent 1; NaN where there is one. Stops over an
  /// empty axis.
  ///
  /// Derivative: g at the first element that attains the maximum.
  public func maximum(_ axis: Int, keepingAxis: Bool = false) -> Tensor {
    extreme("maximum", shape.resolve(axis), keepingAxis, braid_maximum_axis)
  }

  /// Smallest element along an axis, which is removed unless kept with extent 1; NaN where there is one. Stops over an
  /// empty axis.
  ///
  /// Derivative: g at the first element that attains the minimum.
  public func minimum(_ axis: Int, keepingAxis: Bool = false) -> Tensor {
    extreme("minimum", shape.resolve(axis), keepingAxis, braid_minimum_axis)
  }

  @inline(__always)
  private func extreme(
    _ name: StaticString, _ axis: Int, _ keepingAxis: Bool,
    _ kernel: (UnsafePointer<Float>, Int, Int, Int, UnsafeMutablePointer<Float>) -> Void
  ) -> Tensor {
    let x = self, n = shape[axis]
    guard n > 0 else {
      stop("\(name)", "axis \(axis) of shape \(shape) is empty; a \(name) needs at least one element")
    }
    let outer = shape.count(0..<axis), inner = shape.count((axis + 1)..<shape.rank)
    let y = Tensor(uninitialized: shape.reduced(axis, keepingAxis))
    kernel(x.pointer, outer, n, inner, y.pointer)
    return y.recorded(name, from: x, saving: (x, y, outer, n, inner), flops: Double(x.count)) { saved, g, sink in
      let (x, y, outer, n, inner) = saved
      sink.accumulate(into: x) { gx, beta in
        braid_extreme_axis_gradient(x.pointer, y.pointer, g.pointer, outer, n, inner, beta, gx)
      }
    }
  }

  /// Product over an axis, which is removed unless kept with extent 1. Ones over an empty axis.
  ///
  /// Derivative: `dx_k = g Π_(j ≠ k) x_j`, without dividing: right where elements are 0 too.
  public func product(_ axis: Int, keepingAxis: Bool = false) -> Tensor {
    let x = self, axis = shape.resolve(axis), n = shape[axis]
    let outer = shape.count(0..<axis), inner = shape.count((axis + 1)..<shape.rank)
    let y = Tensor(uninitialized: shape.reduced(axis, keepingAxis))
    braid_product_axis(x.pointer, outer, n, inner, y.pointer)
    return y.recorded("product", from: x, saving: (x, outer, n, inner), flops: Double(x.count)) { saved, g, sink in
      let (x, outer, n, inner) = saved
      sink.accumulate(into: x) { gx, beta in
        let memory = DoubleMemory(count: (n + 1) * inner)
        braid_product_axis_gradient(x.pointer, g.pointer, outer, n, inner, beta, memory.pointer, gx)
      }
    }
  }

  /// Sum of all elements, of shape `[]`. dx = g everywhere.
  public func sum() -> Tensor { scaledSum("sum", scale: 1) }

  /// Mean of all elements, of shape `[]`. Stops when there are none. dx = g / count everywhere.
  public func mean() -> Tensor {
    guard count > 0 else { stop("mean", "a tensor of shape \(shape) has no elements; a mean needs at least one") }
    return scaledSum("mean", scale: 1 / Float(count))
  }

  private func scaledSum(_ name: StaticString, scale: Float) -> Tensor {
    let x = self
    let y = Tensor(uninitialized: [])
    y.pointer[0] = scale * braid_sum(x.pointer, count)
    return y.recorded(name, from: x, saving: (x, scale), flops: Double(count)) { saved, g, sink in
      let (x, scale) = saved
      let value = scale * g.pointer[0]
      sink.accumulate(into: x) { gx, beta in
        withUnsafePointer(to: value) { braid_spread_axis($0, 1, x.count, 1, 1, beta, gx) }
      }
    }
  }
}

extension Shape {
  func reduced(_ axis: Int, _ keepingAxis: Bool) -> Shape {
    if !keepingAxis { return removing(axis) }
    var result = self
    result[axis] = 1
    return result
  }
}
