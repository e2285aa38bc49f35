import BraidTensor
import CBraidKernels

/// A learned vector for every word: row `id` of a table.
///
/// Shapes: ids `[…] → […, width]`. Parameter: `table [vocabulary, width]`, normal with deviation 1 by default, as in
/// PyTorch. The padding row is zero and stays so: it receives no gradient.
public struct Embedding {
  /// `[vocabulary, width]`, a row a word.
  public let table: Parameter
  /// The id that stands for no word; nil when every id is a word.
  public let paddingId: Int32?

  /// Stops on an empty vocabulary, or a padding id outside it.
  public init(
    _ vocabulary: Int, _ width: Int, paddingId: Int32? = 0, initializer: Initializer = .normal(deviation: 1),
    in scope: Scope
  ) {
    guard vocabulary > 0, width > 0 else {
      stop("embedding", "\(vocabulary) words of width \(width) in \(scope.path); expected at least one of each")
    }
    table = scope.parameter("table", Shape(vocabulary, width), initializer)
    self.paddingId = paddingId
    guard let paddingId else { return }
    guard (0..<vocabulary).contains(Int(paddingId)) else {
      stop(
        "embedding",
        "padding id \(paddingId) is outside the \(vocabulary) words of \(scope.path); expected 0 ..< \(vocabulary), or nil for none"
      )
    }
    (table.value.pointer + Int(paddingId) * width).update(repeating: 0, count: width)
  }

  /// The row of every id: `[leading…, width]`. Stops on an id outside the vocabulary.
  /// - Parameters:
  ///   - ids: row-major, `leading.count` of them.
  ///   - leading: the axes of the result before the width, usually `[batch, time]`.
  public func callAsFunction(_ ids: [Int32], _ leading: Shape, _ context: inout Context) -> Tensor {
    if ids.count != leading.count {
      stop(table.path, "\(ids.count) ids for places of shape \(leading); give it \(leading.count), one a place")
    }
    let bad = braid_first_outside(ids, ids.count, table.shape[0])
    if bad >= 0 {
      stop(
        table.path,
        "id \(ids[bad]) at place \(bad) of \(leading); give it ids in 0 ..< \(table.shape[0]), or make the layer with "
          + "vocabulary: \(Int(ids[bad]) + 1) or more")
    }
    return embedding(context[table], ids, leading, paddingId: paddingId)
  }
}
