/// One place of each row picked out: 1 there, 0 elsewhere. Results are constants, no gradient flows through a choice. A row that
/// holds a NaN becomes NaN: what went wrong is not lost in a choice.
extension Tensor {
  /// The largest element of each row of the last axis, the first of equal ones. Rows whose elements are all 0 or less, such as the
  /// probabilities of a row with nothing to choose from, stay 0.
  public func oneHotMaximum() -> Tensor {
    oneHot { row in
      var best = 0
      for index in 1..<row.count where row[index] > row[best] { best = index }
      return row[best] > 0 ? best : nil
    }
  }

  /// A place of each row of the last axis, drawn with the row's elements as probabilities (they need not sum to 1; elements of 0 are
  /// never drawn). Rows of zeros stay 0. One number of the stream is used a row, whatever the row holds.
  public func oneHotSample(_ stream: inout RandomStream) -> Tensor {
    oneHot { row in
      var left = Double(stream.uniform()) * row.reduce(0.0) { $0 + Double($1) }
      var last: Int?
      for index in row.indices where row[index] > 0 {
        last = index
        left -= Double(row[index])
        if left < 0 { break }
      }
      return last
    }
  }

  private func oneHot(_ choose: (UnsafeBufferPointer<Float>) -> Int?) -> Tensor {
    guard shape.rank >= 1, shape[-1] > 0 else {
      stop("oneHot", "a tensor of shape \(shape) has no last axis to choose from; reshape it to [1]")
    }
    let result = Tensor.zeros(shape), columns = shape[-1]
    for row in 0..<(count / columns) {
      let elements = UnsafeBufferPointer(start: pointer + row * columns, count: columns)
      let place = choose(elements)
      if elements.contains(where: \.isNaN) {
        (result.pointer + row * columns).update(repeating: .nan, count: columns)
      } else if let place {
        result.pointer[row * columns + place] = 1
      }
    }
    return result
  }
}
