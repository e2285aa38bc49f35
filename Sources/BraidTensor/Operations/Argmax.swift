extension Tensor {
  /// The place of the largest element along an axis, the first at ties; a NaN is the largest. The axis is removed
  /// unless kept with extent 1. Not differentiable: places are constants. Stops over an empty axis.
  public func argmax(_ axis: Int, keepingAxis: Bool = false) -> Indices {
    extreme("argmax", axis, keepingAxis) { $0 > $1 }
  }

  /// The place of the smallest element along an axis, the first at ties; a NaN is the smallest. As `argmax` otherwise.
  public func argmin(_ axis: Int, keepingAxis: Bool = false) -> Indices {
    extreme("argmin", axis, keepingAxis) { $0 < $1 }
  }

  @inline(__always)
  private func extreme(
    _ name: String, _ axis: Int, _ keepingAxis: Bool, _ isBetter: (Float, Float) -> Bool
  ) -> Indices {
    let axis = shape.resolve(axis)
    let n = shape[axis]
    guard n > 0 else { stop(name, "axis \(axis) of shape \(shape) is empty; it needs at least one element") }
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    return Indices(shape.reduced(axis, keepingAxis)) { places in
      for o in 0..<outer {
        for i in 0..<inner {
          let column = pointer + o * n * inner + i
          var best = 0
          for k in 1..<max(n, 1) {
            if column[best * inner].isNaN { break }
            let element = column[k * inner]
            if isBetter(element, column[best * inner]) || element.isNaN { best = k }
          }
          places[o * inner + i] = Int32(truncatingIfNeeded: best)
        }
      }
    }
  }
}
