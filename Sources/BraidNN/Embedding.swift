import BraidTensor

/// A learned vector for every word: row `id` of a table.
///
/// Shapes: ids `[…] → […, width]`. Parameter: `table [vocabulary, width]`, normal with deviation 1 by default, as in
/// PyTorch. The padding row is zero and stays so: it receives no gradient.
public struct Embedding {
  public let table: Parameter
  /// The id that stands for no word; nil when every id is a word.
  public let paddingId: Int32?

  /// Stops on an empty vocabulary, or a padding id outside it.
  public init(
    _ vocabulary: Int, _ width: Int, paddingId: Int32? = 0, initializer: Initializer = .normal(deviation: 1),
    in scope: Scope
  ) {
    guard vocabulary > 0, width > 0 else { stop("embedding", "\(vocabulary) words of width \(width) in \(scope.path)") }
    table = scope.parameter("table", Shape(vocabulary, width), initializer)
    self.paddingId = paddingId
    guard let paddingId else { return }
    guard (0..<vocabulary).contains(Int(paddingId)) else {
      stop("embedding", "padding id \(paddingId) is outside the \(vocabulary) words of \(scope.path)")
    }
    (table.value.pointer + Int(paddingId) * width).update(repeating: 0, count: width)
  }

  /// - Parameters:
  ///   - ids: row-major, `leading.count` of them.
  ///   - leading: the axes of the result before the width, usually `[batch, time]`.
  public func callAsFunction(_ ids: [Int32], _ leading: Shape, _ context: inout Context) -> Tensor {
    embedding(context[table], ids, leading, paddingId: paddingId)
  }
}
