import CBraidKernels

extension Tensor {
  /// e^xᵢ / Σₖ e^xₖ over the last axis, k running over the places the mask keeps.
  ///
  /// Derivative: dx = y ∘ (g − Σ g ∘ y). Excluded places, and all of a row with nothing kept, are 0 and so are their gradients.
  /// Places holding −∞ count as excluded. Those holding +∞ share the row alike, the limit as they grow together.
  /// - Parameter mask: a constant, 0 excludes. One of: the tensor's number of axes, extents equal or 1; `[T]`; or `[B, T]` for a
  ///   tensor `[B, …, T]`, row b for sample b (with three axes or more `[P, T]` is never aligned with the middle axes: write
  ///   `[1, P, T]` for that).
  public func softmax(mask: Tensor? = nil) -> Tensor { softmax("softmax", logarithm: 0, mask: mask) }

  /// xᵢ − log Σₖ e^xₖ over the last axis: the logarithm of `softmax`, −∞ at excluded places, whose gradients are 0, and beside a
  /// +∞, where they count as excluded.
  ///
  /// Derivative: dx = g − e^y Σ g. The mask is as in `softmax`.
  public func logSoftmax(mask: Tensor? = nil) -> Tensor { softmax("logSoftmax", logarithm: 1, mask: mask) }

  private func softmax(_ name: StaticString, logarithm: Int32, mask: Tensor?) -> Tensor {
    let x = self
    guard shape.rank >= 1 else { stop("\(name)", "a tensor of shape [] has no last axis; reshape it to [1]") }
    let y = Tensor(uninitialized: shape)
    let columns = shape[-1], rows = shape.count(0..<(shape.rank - 1)), rank = Int32(shape.rank)
    x.shape.withExtents { extents in
      if let mask {
        maskShape(name, mask).withExtents { maskExtents in
          braid_softmax(logarithm, x.pointer, extents, mask.pointer, maskExtents, rank, y.pointer)
        }
      } else {
        braid_softmax(logarithm, x.pointer, extents, nil, nil, rank, y.pointer)
      }
    }
    return y.recorded(name, from: x, saving: (x, y, logarithm, rows, columns), flops: 5 * Double(count)) {
      saved, g, sink in
      let (x, y, logarithm, rows, columns) = saved
      sink.accumulate(into: x) { gx, beta in
        braid_softmax_gradient(logarithm, y.pointer, g.pointer, rows, columns, beta, gx)
      }
    }
  }

  /// The mask's shape with 1s put in so that it has as many axes as this tensor.
  private func maskShape(_ name: StaticString, _ mask: Tensor) -> Shape {
    var full = shape
    for axis in 0..<shape.rank { full[axis] = 1 }
    switch mask.shape.rank {
    case shape.rank: full = mask.shape
    case 1: full[-1] = mask.shape[0]
    case 2 where shape.rank > 2:
      full[0] = mask.shape[0]
      full[-1] = mask.shape[1]
    default: full = Shape([])
    }
    guard full.rank == shape.rank, full.broadcast(with: shape) == shape else {
      stop(
        "\(name)",
        "mask of shape \(mask.shape) for \(shape); expected \(shape) with any extents 1, [\(shape[-1])], or [batch, \(shape[-1])]"
      )
    }
    return full
  }
}
