import CBraidKernels

/// Element-wise functions of two tensors, in the order of `kernels_elementwise.h`.
private enum BinaryFunction: Int32 {
  case add, subtract, multiply, divide, maximum, minimum, power

  var name: StaticString {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .maximum: "maximum"
    case .minimum: "minimum"
    case .power: "pow"
    }
  }

  /// What upstream g is multiplied by in the gradient of the first and of the second operand: the kernel's slope numbers.
  var slopes: (first: Int, second: Int) {
    switch self {
    case .add: (BRAID_SLOPE_ONE, BRAID_SLOPE_ONE)
    case .subtract: (BRAID_SLOPE_ONE, BRAID_SLOPE_MINUS_ONE)
    case .multiply: (BRAID_SLOPE_OTHER, BRAID_SLOPE_OTHER)
    case .divide: (BRAID_SLOPE_INVERSE, BRAID_SLOPE_QUOTIENT)
    case .maximum: (BRAID_SLOPE_GREATER, BRAID_SLOPE_GREATER)
    case .minimum: (BRAID_SLOPE_LESS, BRAID_SLOPE_LESS)
    case .power: (BRAID_SLOPE_BASE, BRAID_SLOPE_EXPONENT)
    }
  }
}

extension Shape {
  /// The shape two operands are broadcast to, as NumPy does: aligned at their last axes, extents of 1 repeat. nil if they do not fit.
  func broadcast(with other: Shape) -> Shape? {
    var result = rank >= other.rank ? self : other
    for back in 1..<(result.rank + 1) {
      let mine = back <= rank ? self[-back] : 1, its = back <= other.rank ? other[-back] : 1
      guard mine == its || mine == 1 || its == 1 else { return nil }
      result[-back] = mine == 1 ? its : mine
    }
    return result
  }
}

/// f(a, b) for every pair of elements, broadcast, as a constant. The functions are numbered in `kernels_elementwise.h`.
func combined(_ name: StaticString, _ function: Int32, _ a: Tensor, _ b: Tensor) -> Tensor {
  if a.shape == b.shape {
    let y = Tensor(uninitialized: a.shape)
    let places = (function, a.pointer, b.pointer, y.pointer)
    Parallel.split(y.count, unit: 16, work: y.count, with: places) { places, range in
      let (function, a, b, y) = places
      let at = range.lowerBound
      braid_binary(function, a + at, b + at, y + at, range.count)
    }
    return y
  }
  guard let shape = a.shape.broadcast(with: b.shape) else {
    stop(
      "\(name)",
      "shapes \(a.shape) and \(b.shape) do not fit; aligned at their last axes, extents must be equal or 1. Reshape one of them"
    )
  }
  let y = Tensor(uninitialized: shape)
  a.shape.withExtents { ae in
    b.shape.withExtents { be in
      braid_binary_broadcast(
        function, a.pointer, ae, Int32(a.shape.rank), b.pointer, be, Int32(b.shape.rank), y.pointer)
    }
  }
  return y
}

private func binary(_ function: BinaryFunction, _ a: Tensor, _ b: Tensor) -> Tensor {
  let y = combined(function.name, function.rawValue, a, b)
  if a.shape == b.shape {
    return y.recorded(function.name, from: a, b, saving: (function: function, a: a, b: b), flops: Double(y.count)) {
      saved, g, sink in
      gradient(saved.function.slopes.first, g, saved.a, saved.b, &sink)
      gradient(saved.function.slopes.second, g, saved.b, saved.a, &sink)
    }
  }
  return y.recorded(function.name, from: a, b, saving: (function: function, a: a, b: b), flops: Double(y.count)) {
    saved, g, sink in
    broadcastGradient(saved.function.slopes.first, g, saved.a, saved.b, &sink)
    broadcastGradient(saved.function.slopes.second, g, saved.b, saved.a, &sink)
  }
}

/// d own = g ∘ slope.
@inline(__always)
private func gradient(_ slope: Int, _ g: Tensor, _ own: Tensor, _ other: Tensor, _ sink: inout GradientSink) {
  if slope == BRAID_SLOPE_ONE { return sink.add(g, to: own) }
  sink.accumulate(into: own) { gradient, beta in
    braid_binary_gradient(Int32(slope), g.pointer, own.pointer, other.pointer, beta, gradient, own.count)
  }
}

/// d own = Σ over the axes along which `own` was repeated of g ∘ slope; sums of many are kept in double precision.
private func broadcastGradient(_ slope: Int, _ g: Tensor, _ own: Tensor, _ other: Tensor, _ sink: inout GradientSink) {
  if slope == BRAID_SLOPE_ONE, own.count == g.count { return sink.add(g, to: own) }
  sink.accumulate(into: own) { gradient, beta in
    let totals = g.isSumOfMany(own) ? DoubleMemory(count: own.count) : nil
    own.shape.withExtents { ownExtents in
      other.shape.withExtents { otherExtents in
        braid_binary_broadcast_gradient(
          Int32(slope), g.pointer, own.pointer, ownExtents, Int32(own.shape.rank), other.pointer, otherExtents,
          Int32(other.shape.rank), beta, totals?.pointer, gradient)
      }
    }
  }
}

/// a x + b for every element. dx = a g.
private func affine(_ name: StaticString, _ scale: Float, _ x: Tensor, _ shift: Float) -> Tensor {
  let y = Tensor(uninitialized: x.shape)
  braid_affine(scale, x.pointer, shift, y.pointer, y.count)
  return y.recorded(name, from: x, saving: (scale: scale, x: x), flops: Double(y.count)) { saved, g, sink in
    if saved.scale == 1 { return sink.add(g, to: saved.x) }
    sink.accumulate(into: saved.x) { gx, beta in braid_scale_gradient(saved.scale, g.pointer, beta, gx, saved.x.count) }
  }
}

extension Tensor {
  /// Sum of two tensors, broadcast as NumPy does; gradients are summed over repeated axes.
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  /// Difference, with broadcasting.
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  /// Product of elements, with broadcasting.
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  /// Quotient of elements, with broadcasting.
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }

  /// a + b, element by element.
  public static func + (a: Tensor, b: Float) -> Tensor { affine("+", 1, a, b) }
  /// a − b, element by element.
  public static func - (a: Tensor, b: Float) -> Tensor { affine("-", 1, a, -b) }
  /// a b, element by element.
  public static func * (a: Tensor, b: Float) -> Tensor {
    let y = Tensor(uninitialized: a.shape)
    braid_scale(b, a.pointer, 0, y.pointer, y.count)
    return y.recorded("*", from: a, saving: (a: a, b: b), flops: Double(y.count)) { saved, g, sink in
      sink.accumulate(into: saved.a) { ga, beta in braid_scale_gradient(saved.b, g.pointer, beta, ga, saved.a.count) }
    }
  }
  /// Quotient by a number. da = g / b.
  public static func / (a: Tensor, b: Float) -> Tensor {
    let y = Tensor(uninitialized: a.shape)
    braid_binary_scalar(Int32(BRAID_DIVIDE), a.pointer, b, y.pointer, y.count)
    return y.recorded("/", from: a, saving: (a: a, b: b), flops: Double(y.count)) { saved, g, sink in
      sink.accumulate(into: saved.a) { ga, beta in braid_scale_gradient(1 / saved.b, g.pointer, beta, ga, saved.a.count)
      }
    }
  }
  /// a + b, element by element.
  public static func + (a: Float, b: Tensor) -> Tensor { b + a }
  /// a b, element by element.
  public static func * (a: Float, b: Tensor) -> Tensor { b * a }
  /// a − b, element by element.
  public static func - (a: Float, b: Tensor) -> Tensor { affine("-", -1, b, a) }
  /// A number over every element: a / b, db = −g a / b².
  public static func / (a: Float, b: Tensor) -> Tensor { Tensor(repeating: a, []) / b }
}

/// The larger of two elements, with broadcasting. The gradient goes to the larger, half to each at ties.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(.maximum, a, b) }
/// The smaller of two elements, with broadcasting. The gradient goes to the smaller, half to each at ties.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(.minimum, a, b) }

/// x^p for every pair of elements, with broadcasting: NaN for a negative x and a p that is not whole, 1 for p = 0.
///
/// Derivative: dx = g p x^(p−1), 0 where p is 0; dp = g x^p log x, 0 where x is 0 and p is not negative.
public func pow(_ x: Tensor, _ p: Tensor) -> Tensor { binary(.power, x, p) }
/// x^p for every element. dx = g p x^(p−1), 0 for p = 0.
public func pow(_ x: Tensor, _ p: Float) -> Tensor { binary(.power, x, Tensor(repeating: p, [])) }
