import CBraidKernels

extension Tensor {
  /// Variance along an axis of n: y = Σ (x_k − mean)² / (n − correction). The axis is removed unless kept with extent
  /// 1. Two passes in double: a large mean costs no digits.
  ///
  /// Derivative: dx = 2 g (x − mean) / (n − correction).
  /// - Parameter correction: 1 is the unbiased estimate, 0 the mean square as normalisation layers use it. Stops unless
  ///   it is below n.
  public func variance(_ axis: Int, correction: Int = 1, keepingAxis: Bool = false) -> Tensor {
    spread("variance", axis, correction, keepingAxis, isRoot: false)
  }

  /// The square root of `variance`.
  ///
  /// Derivative: dx = g (x − mean) / ((n − correction) y), and 0 where y is 0.
  public func standardDeviation(_ axis: Int, correction: Int = 1, keepingAxis: Bool = false) -> Tensor {
    spread("standardDeviation", axis, correction, keepingAxis, isRoot: true)
  }

  private func spread(
    _ name: StaticString, _ axis: Int, _ correction: Int, _ keepingAxis: Bool, isRoot: Bool
  ) -> Tensor {
    let x = self
    let axis = shape.resolve(axis)
    let n = shape[axis]
    guard correction >= 0, n > correction else {
      stop(
        "\(name)",
        "axis \(axis) of shape \(shape) with correction \(correction); expected a correction from 0 to below \(n)")
    }
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    let divisor = Double(n - correction)
    let y = Tensor(uninitialized: shape.reduced(axis, keepingAxis))
    braid_variance_axis(x.pointer, outer, n, inner, divisor, isRoot ? 1 : 0, y.pointer)
    return y.recorded(name, from: x, flops: 4 * Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        braid_variance_axis_gradient(
          x.pointer, isRoot ? y.pointer : nil, g.pointer, outer, n, inner, divisor, beta, gx)
      }
    }
  }
}
