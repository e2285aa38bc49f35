import BraidTensor

/// A learned vector for every step's number, added to its features so that attention can tell steps apart (Gehring et
/// al. 2017, "Convolutional sequence to sequence learning", section 3.1; Devlin et al. 2019, BERT).
///
/// Shapes: `[B, T, width] → [B, T, width]` with T up to `longest`. Parameter: `table [longest, width]`, normal with
/// deviation 0.02 as in BERT. Rows of steps that do not occur get no gradient.
public struct LearnedPositions {
  /// `[longest, width]`, a row a step.
  public let table: Parameter

  /// Stops unless both are 1 or more.
  /// - Parameter longest: most steps of a sequence.
  public init(_ longest: Int, _ width: Int, initializer: Initializer = .normal(deviation: 0.02), in scope: Scope) {
    guard longest > 0, width > 0 else {
      stop("LearnedPositions", "\(longest) positions of width \(width) in \(scope.path); expected at least one of each")
    }
    table = scope.parameter("table", Shape(longest, width), initializer)
  }

  /// x plus the first T rows of the table. Stops when x is longer than the table, or of another width.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    guard x.shape.rank == 3, x.shape[2] == table.shape[1], x.shape[1] <= table.shape[0] else {
      stop(
        "LearnedPositions",
        "a sequence of shape \(x.shape) for \(table.path) of shape \(table.shape); "
          + "expected [batch, at most \(table.shape[0]), \(table.shape[1])]")
    }
    return x + context[table].slice(0, 0..<x.shape[1])  // [B, T, width] + [T, width]
  }
}
