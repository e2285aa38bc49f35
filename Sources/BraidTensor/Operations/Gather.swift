import CBraidKernels

extension Tensor {
  /// Places `indices` of an axis (the first by default), in that order, repeats allowed: `[…, n, …] → […, indices, …]`.
  ///
  /// Derivative: each place's gradient is added to the place it came from. Stops on an index outside 0 ..< n.
  public func gathered(_ indices: [Int32], axis: Int = 0) -> Tensor {
    guard shape.rank >= 1 else { stop("gathered", "a tensor of shape [] has no rows; reshape it to [1]") }
    let x = self
    let axis = shape.resolve(axis)
    let n = shape[axis]
    let m = indices.count
    let bad = braid_first_outside(indices, m, n)
    guard bad < 0 else {
      stop(
        "gathered",
        "index \(indices[bad]) at place \(bad) of axis \(axis) of a tensor of shape \(shape); expected 0 ..< \(n)")
    }
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    var result = shape
    result[axis] = m
    let y = Tensor(uninitialized: result)
    for o in 0..<outer { _ = braid_gather(x.pointer + o * n * inner, n, indices, m, inner, y.pointer + o * m * inner) }
    return y.recorded("gathered", from: x) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        for o in 0..<outer {
          braid_scatter_add(g.pointer + o * m * inner, indices, m, inner, -1, beta, gx + o * n * inner, n)
        }
      }
    }
  }

  /// One element of the axis for every index: `y[…, k, …] = x[…, indices[…, k, …], …]`, shaped as the indices, which
  /// have the tensor's extents but for the axis.
  ///
  /// Derivative: each element's gradient is added to the element it came from.
  public func gathered(along axis: Int, _ indices: Indices) -> Tensor {
    let x = self
    let axis = places("gathered", axis, indices)
    let n = shape[axis]
    let m = indices.shape[axis]
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    let y = Tensor(uninitialized: indices.shape)
    braid_gather_axis(x.pointer, outer, n, inner, indices.elements, m, 0, y.pointer)
    return y.recorded("gathered", from: x) { g, sink in
      sink.accumulate(into: x) { gx, beta in
        braid_scatter_axis(g.pointer, outer, m, inner, indices.elements, n, beta, gx)
      }
    }
  }

  /// This tensor with `source` added at places of an axis: `y[…, indices[…, k, …], …] += source[…, k, …]`. Source and
  /// indices have one shape, which is the tensor's but for the axis. Places named more than once get every share, in
  /// row-major order.
  ///
  /// Derivative: g for the tensor; for the source g at its places.
  public func scatterAdded(along axis: Int, _ indices: Indices, _ source: Tensor) -> Tensor {
    let x = self
    let axis = places("scatterAdded", axis, indices)
    guard source.shape == indices.shape else {
      stop("scatterAdded", "source of shape \(source.shape) for indices \(indices.shape); expected equal shapes")
    }
    let n = shape[axis]
    let m = indices.shape[axis]
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    let y = x.copy()
    braid_scatter_axis(source.pointer, outer, m, inner, indices.elements, n, 1, y.pointer)
    return y.recorded("scatterAdded", from: x, source, flops: Double(source.count)) { g, sink in
      sink.add(g, to: x)
      sink.accumulate(into: source) { gs, beta in
        braid_gather_axis(g.pointer, outer, n, inner, indices.elements, m, beta, gs)
      }
    }
  }

  /// The axis resolved, once the indices have the tensor's extents but for it and lie within it.
  private func places(_ operation: String, _ axis: Int, _ indices: Indices) -> Int {
    let axis = shape.resolve(axis)
    var expected = shape
    if indices.shape.rank == shape.rank { expected[axis] = indices.shape[axis] }
    guard indices.shape == expected else {
      stop(
        operation,
        "indices of shape \(indices.shape) for \(shape) along axis \(axis); expected \(shape) with any extent there")
    }
    let bad = braid_first_outside(indices.elements, indices.elements.count, shape[axis])
    guard bad < 0 else {
      stop(
        operation,
        "index \(indices.elements[bad]) at place \(bad) of indices \(indices.shape) for axis \(axis) of \(shape); expected 0 ..< \(shape[axis])"
      )
    }
    return axis
  }
}
