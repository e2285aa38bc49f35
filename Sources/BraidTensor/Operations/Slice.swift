import CBraidKernels

extension Tensor {
  /// Elements `range` of an axis: `[…, n, …] → […, range.count, …]`. Along axis 0 a view, otherwise a copy.
  ///
  /// Derivative: the gradient in its place, zeros elsewhere.
  public func slice(_ axis: Int, _ range: Range<Int>) -> Tensor {
    let x = self, axis = shape.resolve(axis), n = shape[axis]
    guard range.lowerBound >= 0, range.upperBound <= n else {
      stop("slice", "\(range) of axis \(axis) of shape \(shape); expected a range within 0 ..< \(n)")
    }
    if range.count == n { return x }
    let outer = shape.count(0..<axis), inner = shape.count((axis + 1)..<shape.rank)
    let offset = range.lowerBound * inner, width = range.count * inner
    var result = shape
    result[axis] = range.count
    let y: Tensor
    if outer == 1 {
      y = Tensor(viewing: x, offset: offset, shape: result)
    } else {
      y = Tensor(uninitialized: result)
      braid_copy_rows(x.pointer + offset, n * inner, 0, y.pointer, width, outer, width)
    }
    return y.recorded("slice", from: x, saving: (x, offset, n, inner, outer, width)) { saved, g, sink in
      let (x, offset, n, inner, outer, width) = saved
      sink.accumulate(into: x) { gx, beta in
        if beta == 0 { gx.update(repeating: 0, count: x.count) }
        braid_copy_rows(g.pointer, width, 1, gx + offset, n * inner, outer, width)
      }
    }
  }

  /// Parts of the given sizes along an axis, in order. Stops unless the sizes add up to its extent.
  public func split(_ axis: Int, _ sizes: [Int]) -> [Tensor] {
    guard sizes.reduce(0, +) == shape[axis], sizes.allSatisfy({ $0 >= 0 }) else {
      stop("split", "sizes \(sizes) for axis \(axis) of shape \(shape); expected sizes that add up to \(shape[axis])")
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return slice(axis, start..<(start + size))
    }
  }

  /// The tensor with an axis lengthened by constants: `[…, n, …] → […, before + n + after, …]`.
  ///
  /// Derivative: the gradient of the inner part.
  public func padded(_ axis: Int, before: Int, after: Int, with value: Float = 0) -> Tensor {
    let x = self, axis = shape.resolve(axis), n = shape[axis]
    guard before >= 0, after >= 0 else {
      stop(
        "padded",
        "\(before) before and \(after) after axis \(axis) of shape \(shape); expected none below 0 (use slice to shorten)"
      )
    }
    let outer = shape.count(0..<axis), inner = shape.count((axis + 1)..<shape.rank)
    var result = shape
    result[axis] = before + n + after
    let stride = (before + n + after) * inner
    let y = Tensor(uninitialized: result)
    braid_fill_rows(value, y.pointer, stride, outer, before * inner)
    braid_copy_rows(x.pointer, n * inner, 0, y.pointer + before * inner, stride, outer, n * inner)
    braid_fill_rows(value, y.pointer + (before + n) * inner, stride, outer, after * inner)
    return y.recorded("padded", from: x, saving: (x, before, stride, n, inner, outer)) { saved, g, sink in
      let (x, before, stride, n, inner, outer) = saved
      sink.accumulate(into: x) { gx, beta in
        braid_copy_rows(g.pointer + before * inner, stride, beta, gx, n * inner, outer, n * inner)
      }
    }
  }
}
