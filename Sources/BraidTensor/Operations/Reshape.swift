extension Tensor {
  /// The same elements under another shape, in row-major order. A view: nothing is copied.
  ///
  /// Derivative: the gradient under the old shape. Stops when the number of elements differs.
  public func reshaped(_ shape: Shape) -> Tensor {
    let x = self
    guard shape.count == count else {
      stop(
        "reshaped",
        "\(self.shape) has \(count) elements, \(shape) has \(shape.count); keep the number, or let one extent be -1")
    }
    let y = Tensor(viewing: x, shape: shape)
    return y.recorded("reshaped", from: x, saving: x) { x, g, sink in sink.add(g, to: x) }
  }

  /// The same, by extents; one of them may be −1 and follows from the others: `x.reshaped(batch, -1)`.
  public func reshaped(_ extents: Int...) -> Tensor {
    var known = 1, open: Int?
    for (axis, extent) in extents.enumerated() {
      if extent != -1 {
        known *= extent
      } else if open == nil {
        open = axis
      } else {
        stop("reshaped", "more than one extent of \(extents) is -1; \(self.shape) cannot decide both")
      }
    }
    guard let open else { return reshaped(Shape(extents)) }
    guard known > 0, count % known == 0 else {
      stop(
        "reshaped",
        "\(self.shape) has \(count) elements, which \(extents) cannot hold; its other extents multiply to \(known)")
    }
    var result = extents
    result[open] = count / known
    return reshaped(Shape(result))
  }
}
