import BraidTensor

/// What an `LSTM`, `GRU` or `RNN` carries from one sequence to the next: the state of each of its layers and directions.
///
/// A layer returns the one after the last real step and takes one to begin with: a decoder begins with its encoder's, and
/// step by step with the one before; a beam search takes the rows of the beams it keeps (`map { $0.gathered(rows) }`), and
/// a long sequence is learned in pieces from `map(\.detached)`. Everything has its gradient.
public struct RecurrentState {
  /// h, `[B, units]` each: layer 0 forward, layer 0 backward if there is one, layer 1 forward, … PyTorch's `h_n`, one tensor
  /// an entry.
  public var hidden: Few<Tensor>
  /// c of an `LSTM`, in the same order and shapes; none for the others.
  public var cell: Few<Tensor>

  /// - Parameter cell: of an `LSTM`, as many as `hidden`.
  public init(hidden: Few<Tensor> = Few(), cell: Few<Tensor> = Few()) { (self.hidden, self.cell) = (hidden, cell) }

  /// The same with every tensor changed.
  public func map<Failure: Error>(_ transform: (Tensor) throws(Failure) -> Tensor) throws(Failure) -> RecurrentState {
    RecurrentState(hidden: try hidden.mapFew(transform), cell: try cell.mapFew(transform))
  }
}
