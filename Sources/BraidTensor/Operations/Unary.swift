import CBraidKernels

/// Element-wise functions of one tensor. Each keeps the shape; derivatives stand beside the functions in `activation.c`.
public enum UnaryFunction: Int32, Sendable {
  case identity = 0, relu, sigmoid, tanh, gelu, exp, log, sqrt, square, negate, absolute, softplus, signedSqrt,
    reciprocal
  case sine, cosine
}

extension Tensor {
  /// f(x) for every element. dx = g ∘ f′(x).
  public func applying(_ function: UnaryFunction) -> Tensor {
    let x = self
    let y = Tensor(uninitialized: shape)
    let places = (function.rawValue, x.pointer, y.pointer)
    Parallel.split(count, unit: 16, work: 4 * count, with: places) { places, range in
      braid_unary(places.0, places.1 + range.lowerBound, places.2 + range.lowerBound, range.count)
    }
    return y.recorded("element-wise function", from: x, saving: (function, x, y), flops: Double(count)) {
      saved, g, sink in
      let (function, x, y) = saved
      sink.accumulate(into: x) { gx, beta in
        braid_unary_gradient(function.rawValue, x.pointer, y.pointer, g.pointer, beta, gx, x.count)
      }
    }
  }

  /// max(x, 0); the derivative at 0 is 0.
  public func relu() -> Tensor { applying(.relu) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { applying(.sigmoid) }
  /// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), element by element.
  public func tanh() -> Tensor { applying(.tanh) }
  /// x Φ(x) with the exact normal distribution function (Hendrycks & Gimpel 2016), not the tanh approximation.
  public func gelu() -> Tensor { applying(.gelu) }
  /// eˣ, element by element.
  public func exp() -> Tensor { applying(.exp) }
  /// Natural logarithm: −∞ at 0, NaN below.
  public func log() -> Tensor { applying(.log) }
  /// Square root; the derivative at 0 is taken as 0.
  public func squareRoot() -> Tensor { applying(.sqrt) }
  /// x², element by element.
  public func squared() -> Tensor { applying(.square) }
  /// |x|, element by element; the derivative at 0 is 0.
  public func absolute() -> Tensor { applying(.absolute) }
  /// log(1 + eˣ), without overflow.
  public func softplus() -> Tensor { applying(.softplus) }
  /// sign(x) √|x|; the derivative at 0 is taken as 0.
  public func signedSquareRoot() -> Tensor { applying(.signedSqrt) }
  /// 1/x, element by element; infinite at 0.
  public func reciprocal() -> Tensor { applying(.reciprocal) }
  /// Sine of an angle in radians.
  public func sin() -> Tensor { applying(.sine) }
  /// Cosine of an angle in radians.
  public func cos() -> Tensor { applying(.cosine) }
  /// −x, element by element.
  public static prefix func - (x: Tensor) -> Tensor { x.applying(.negate) }
}
