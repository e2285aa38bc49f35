import BraidTensor

/// Inverted dropout: in training each element is set to 0 with probability `rate` and the others are divided by `1 −
/// rate`; in evaluation nothing happens (Srivastava et al. 2014, "Dropout").
///
/// Shapes: any, kept. Draws from the stream (seed, dropout, path, step), so that no other part's numbers change with
/// it.
public struct Dropout {
  /// The probability of an element to be dropped.
  public let rate: Double
  private let path: String

  /// Stops unless `rate` lies in [0, 1), also as a `Float`.
  public init(_ rate: Double, in scope: Scope) {
    guard (0..<1).contains(rate), Float(rate) < 1 else {
      stop("dropout", "rate \(rate) of \(scope.path) is outside [0, 1)")
    }
    (self.rate, path) = (rate, scope.path)
  }

  /// x with elements dropped in training, x itself in evaluation; x's shape.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    guard context.isTraining, rate > 0 else { return x }
    var stream = context.stream(.dropout, path: path)
    return dropout(x, rate: Float(rate), &stream)
  }

  /// What dropout would multiply a tensor of this shape by, 0 or 1 / (1 − rate) each; nil where it does nothing.
  func mask(_ shape: Shape, _ context: inout Context) -> Tensor? {
    context.isTraining && rate > 0 ? self(.ones(shape), &context) : nil
  }
}
