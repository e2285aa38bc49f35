import CBraidKernels

/// Element-wise functions of one tensor. Each keeps the shape; derivatives stand beside the functions in `activation.c`.
public enum UnaryFunction: Int32, Sendable {
  /// The method of `Tensor` that has the name (`squareRoot` of `sqrt`, `squared` of `square`, `signedSquareRoot` of
  /// `signedSqrt`) says what it computes.
  case identity = 0, relu, sigmoid, tanh, gelu, exp, log, sqrt, square, negate, absolute, softplus, signedSqrt,
    reciprocal
  /// The same, of `sin` and `cos`.
  case sine, cosine, leakyRelu, elu, silu, quickGelu
}

extension Tensor {
  /// f(x) for every element. dx = g ∘ f′(x).
  /// - Parameter slope: of the leaky ReLU, below 0.
  public func applying(_ function: UnaryFunction, slope: Float = 0.01) -> Tensor {
    let x = self
    let y = Tensor(uninitialized: shape)
    let places = (function.rawValue, slope, x.pointer, y.pointer)
    Parallel.split(count, unit: 16, work: 4 * count, with: places) { places, range in
      let (function, slope, x, y) = places
      braid_unary(function, slope, x + range.lowerBound, y + range.lowerBound, range.count)
    }
    return y.recorded(
      "element-wise function", from: x, saving: (function: function, slope: slope, x: x, y: y), flops: Double(count)
    ) {
      saved, g, sink in
      sink.accumulate(into: saved.x) { gx, beta in
        braid_unary_gradient(
          saved.function.rawValue, saved.slope, saved.x.pointer, saved.y.pointer, g.pointer, beta, gx, saved.x.count)
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
  /// x, or slope · x below 0, where the derivative is the slope too (Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve
  /// neural network acoustic models").
  public func leakyRelu(slope: Float = 0.01) -> Tensor { applying(.leakyRelu, slope: slope) }
  /// x, or eˣ − 1 below 0 (Clevert, Unterthiner & Hochreiter 2016, "Fast and accurate deep network learning by exponential
  /// linear units").
  public func elu() -> Tensor { applying(.elu) }
  /// x σ(x) (Elfwing, Uchibe & Doya 2018, "Sigmoid-weighted linear units"), also called swish.
  public func silu() -> Tensor { applying(.silu) }
  /// x σ(1.702 x): the approximation of `gelu` that CLIP was trained with (Hendrycks & Gimpel 2016).
  public func quickGelu() -> Tensor { applying(.quickGelu) }
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
