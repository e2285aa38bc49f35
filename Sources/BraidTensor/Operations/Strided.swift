import CBraidKernels

extension Tensor {
  /// The axes in another order (a copy): axis k of the result is axis `axes[k]` of this tensor.
  ///
  /// Derivative: the gradient with the axes put back. Stops unless every axis is named once.
  public func permuted(_ axes: Int...) -> Tensor { permuted(axes) }

  /// The same, from an array.
  public func permuted(_ axes: [Int]) -> Tensor {
    let order = axes.map { $0 < 0 ? $0 + shape.rank : $0 }
    guard order.sorted() == Array(0..<shape.rank) else {
      stop("permuted", "axes \(axes) of shape \(shape); expected each of 0 ..< \(shape.rank) once")
    }
    // axes that stay together are one: [B, T, H, d] → [B, H, T, d] is then an exchange of two
    var groups: [Range<Int>] = []
    for axis in order {
      if let last = groups.last, last.upperBound == axis {
        groups[groups.count - 1] = last.lowerBound..<(axis + 1)
      } else {
        groups.append(axis..<(axis + 1))
      }
    }
    let stored = groups.sorted { $0.lowerBound < $1.lowerBound }
    let moved = groups.indices.filter { groups[$0] != stored[$0] }
    if moved.isEmpty { return self }
    let result = Shape(order.map { shape[$0] })
    if moved.count == 2 {
      return reshaped(Shape(stored.map(shape.count))).transposed(moved[0], moved[1]).reshaped(result)
    }
    let strides = shape.strides
    return strided("permuted", result, order.map { strides[$0] })
  }

  /// Repeated along axes of extent 1, and along new ones in front, to the given shape, as NumPy broadcasts.
  ///
  /// Derivative: the gradient summed over the repeated axes. Stops when the shapes do not fit.
  public func broadcast(to shape: Shape) -> Tensor {
    guard self.shape.broadcast(with: shape) == shape else {
      stop(
        "broadcast", "\(self.shape) to \(shape); aligned at their last axes, extents must be equal or 1 on the left")
    }
    if shape == self.shape { return self }
    let added = shape.rank - self.shape.rank
    let own = self.shape.strides
    let strides = (0..<shape.rank).map { $0 < added || self.shape[$0 - added] == 1 ? 0 : own[$0 - added] }
    return strided("broadcast", shape, strides)
  }

  /// The elements whose places along two axes of equal extent n agree: `[…, n, …, n, …] → […, …, …, n]`, the common
  /// place last.
  ///
  /// Derivative: the gradient on the diagonal, zeros elsewhere.
  public func diagonal(_ first: Int = -2, _ second: Int = -1) -> Tensor {
    guard shape.rank >= 2, shape.resolve(first) != shape.resolve(second), shape[first] == shape[second] else {
      stop("diagonal", "axes \(first) and \(second) of shape \(shape); expected two axes of one extent")
    }
    let i = shape.resolve(first)
    let j = shape.resolve(second)
    let own = shape.strides
    let others = (0..<shape.rank).filter { $0 != i && $0 != j }
    return strided("diagonal", Shape(others.map { shape[$0] } + [shape[i]]), others.map { own[$0] } + [own[i] + own[j]])
  }

  /// Windows of `length` elements of the last axis, `hop` apart: `[…, n] → […, 1 + (n − length) / hop, length]`; what
  /// is left at the end belongs to none. Short-time spectra and patches start so.
  ///
  /// Derivative: each window's gradient is added to the elements it covers. Stops when not one window fits.
  public func framed(_ length: Int, hop: Int) -> Tensor {
    guard shape.rank >= 1, length > 0, hop > 0, shape[-1] >= length else {
      stop(
        "framed", "windows of \(length), \(hop) apart, of shape \(shape); expected a last axis of at least one window")
    }
    let rows = shape.removing(-1)
    let frames = Shape(rows.dimensions + [1 + (shape[-1] - length) / hop, length])
    return strided("framed", frames, Array(shape.strides.dropLast()) + [hop, 1])
  }

  /// y of this shape with `y[i, j, …] = x[i strides_0 + j strides_1 + …]`. dx: every gradient is added where its
  /// element came from.
  private func strided(_ name: StaticString, _ result: Shape, _ strides: [Int]) -> Tensor {
    let x = self
    let extents = result.dimensions
    let rank = Int32(result.rank)
    let y = Tensor(uninitialized: result)
    if rank == 0 {
      y.pointer[0] = x.pointer[0]
    } else {
      braid_strided_copy(x.pointer, rank, extents, strides, y.pointer)
    }
    return y.recorded(name, from: x) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        let totals = g.isSumOfMany(x) ? DoubleMemory(count: x.count) : nil
        braid_strided_add(g.pointer, rank, extents, strides, beta, totals?.pointer, gx, x.count)
      }
    }
  }
}

extension Shape {
  /// How far apart neighbours along each axis lie in row-major order.
  var strides: [Int] { (0..<rank).map { count(($0 + 1)..<rank) } }
}
