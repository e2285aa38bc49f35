extension Tensor {
  /// Sum over several axes at once, which are removed unless kept with extent 1. The tensor itself over no axes. dx = g, repeated.
  public func sum(_ axes: [Int], keepingAxes: Bool = false) -> Tensor {
    reduced("sum", axes, keepingAxes) { $0.sum($1) }
  }

  /// Mean over several axes at once, which are removed unless kept with extent 1. Stops over an empty axis. dx = g / n, repeated,
  /// with n the number of elements of one mean.
  public func mean(_ axes: [Int], keepingAxes: Bool = false) -> Tensor {
    reduced("mean", axes, keepingAxes) { $0.mean($1) }
  }

  /// Largest element over several axes at once, which are removed unless kept with extent 1. Stops over an empty axis.
  ///
  /// Derivative: g at the first element, in row-major order, that attains the maximum.
  public func maximum(_ axes: [Int], keepingAxes: Bool = false) -> Tensor {
    reduced("maximum", axes, keepingAxes) { $0.maximum($1) }
  }

  /// Smallest element over several axes at once, which are removed unless kept with extent 1. Stops over an empty axis.
  ///
  /// Derivative: g at the first element, in row-major order, that attains the minimum.
  public func minimum(_ axes: [Int], keepingAxes: Bool = false) -> Tensor {
    reduced("minimum", axes, keepingAxes) { $0.minimum($1) }
  }

  /// One reduction for every run of neighbouring axes, which is taken as one axis; the last run first.
  private func reduced(
    _ name: StaticString, _ axes: [Int], _ keepingAxes: Bool, _ reduction: (_ x: Tensor, _ axis: Int) -> Tensor
  ) -> Tensor {
    let sorted = axes.map(shape.resolve).sorted()
    guard Set(sorted).count == sorted.count else {
      stop("\(name)", "axes \(axes) of shape \(shape); expected each at most once")
    }
    var kept = shape
    var y = self
    var end = sorted.count
    while end > 0 {
      var begin = end - 1
      while begin > 0 && sorted[begin - 1] == sorted[begin] - 1 { begin -= 1 }
      let run = sorted[begin]..<(sorted[end - 1] + 1)
      let (outer, inner) = (shape.count(0..<run.lowerBound), y.shape.count(run.upperBound..<shape.rank))
      for axis in run { kept[axis] = 1 }
      y = reduction(y.reshaped(Shape(outer, shape.count(run), inner)), 1).reshaped(kept)
      end = begin
    }
    return keepingAxes ? y : y.reshaped(Shape((0..<shape.rank).filter { !sorted.contains($0) }.map { shape[$0] }))
  }
}
