import CBraidKernels

/// a where the mask is not 0, b elsewhere, all three broadcast to one shape.
///
/// Derivative: g goes to the one that was taken, exactly 0 to the other, whatever it holds. An overflow on the side that
/// is not taken stays there: element-wise functions pass on 0 where their upstream gradient is 0, even if they are
/// infinitely steep, as `log` at 0 (PyTorch's pass on 0 · ∞). The mask is a constant: stops when it is recorded.
public func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  guard let both = a.shape.broadcast(with: b.shape), let shape = both.broadcast(with: mask.shape) else {
    stop(
      "select",
      "mask \(mask.shape) for \(a.shape) and \(b.shape) do not fit; aligned at their last axes, extents must be equal or 1"
    )
  }
  if mask.isRecorded {
    stop("select", "the mask of shape \(mask.shape) is recorded and would get no gradient; use .detached")
  }
  let mask = mask.broadcast(to: shape)
  let a = a.broadcast(to: shape)
  let b = b.broadcast(to: shape)
  let y = Tensor(uninitialized: shape)
  braid_select(mask.pointer, a.pointer, b.pointer, y.pointer, y.count)
  return y.recorded("select", from: a, b) { g, sink in
    sink.accumulate(into: a) { ga, beta in braid_select_gradient(mask.pointer, 1, g.pointer, beta, ga, g.count) }
    sink.accumulate(into: b) { gb, beta in braid_select_gradient(mask.pointer, 0, g.pointer, beta, gb, g.count) }
  }
}

extension Tensor {
  /// Every element brought into `low … high`; NaN stays. Stops unless low ≤ high.
  ///
  /// Derivative: g where the element was within, its ends included, 0 elsewhere.
  public func clamped(from low: Float = -.infinity, to high: Float = .infinity) -> Tensor {
    guard low <= high else { stop("clamped", "from \(low) to \(high); expected the lower end first") }
    let x = self
    let y = Tensor(uninitialized: shape)
    braid_clamp(x.pointer, low, high, y.pointer, count)
    return y.recorded("clamped", from: x, flops: Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in braid_clamp_gradient(x.pointer, low, high, g.pointer, beta, gx, x.count) }
    }
  }
}
