extension Tensor {
  /// The elements along an axis in order, and the place each came from. Equal elements keep their order; NaN counts as
  /// the largest.
  ///
  /// Derivative (of the values): each gradient at the place its element came from.
  public func sorted(_ axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Indices) {
    let axis = shape.resolve(axis)
    let indices = order(axis, first: shape[axis], descending)
    return (gathered(along: axis, indices), indices)
  }

  /// The k largest (or smallest) elements along an axis, in order, and the place each came from; the first places at
  /// ties. NaN counts as the largest. Stops unless 0 ≤ k ≤ extent.
  ///
  /// Derivative (of the values): each gradient at the place its element came from, zeros elsewhere.
  public func topK(_ k: Int, _ axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Indices) {
    let axis = shape.resolve(axis)
    guard k >= 0, k <= shape[axis] else {
      stop("topK", "\(k) of axis \(axis) of shape \(shape); expected 0 … \(shape[axis])")
    }
    let indices = order(axis, first: k, largest)
    return (gathered(along: axis, indices), indices)
  }

  /// Places of the first k elements in order along the axis: `[…, n, …] → […, k, …]`.
  private func order(_ axis: Int, first k: Int, _ descending: Bool) -> Indices {
    let n = shape[axis]
    let outer = shape.count(0..<axis)
    let inner = shape.count((axis + 1)..<shape.rank)
    var result = shape
    result[axis] = k
    return Indices(result) { places in
      var keys: [UInt64] = []
      for o in 0..<outer {
        for i in 0..<inner {
          let column = pointer + o * n * inner + i
          if k <= 32 && 8 * k <= n {
            keys = firstKeys(k, n) { key(column[$0 * inner], $0, descending) }
          } else {
            keys = (0..<n).map { key(column[$0 * inner], $0, descending) }
            keys.sort()
          }
          for rank in 0..<k { places[(o * k + rank) * inner + i] = Int32(truncatingIfNeeded: keys[rank]) }
        }
      }
    }
  }
}

/// The k smallest keys in order, without sorting the others.
private func firstKeys(_ k: Int, _ n: Int, _ key: (Int) -> UInt64) -> [UInt64] {
  var best = [UInt64](repeating: .max, count: k)
  if k == 0 { return best }
  for index in 0..<n {
    let new = key(index)
    if new >= best[k - 1] { continue }
    var place = k - 1
    while place > 0, best[place - 1] > new {
      best[place] = best[place - 1]
      place -= 1
    }
    best[place] = new
  }
  return best
}

/// A whole number that grows as the element does, above its place: sorting keys sorts the elements and keeps ties in
/// order.
private func key(_ element: Float, _ place: Int, _ descending: Bool) -> UInt64 {
  let bits = (element == 0 ? 0 : element).bitPattern  // −0 equals 0
  // a positive number's bits grow with it, a negative one's shrink
  let ascending = element.isNaN ? .max : bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
  return UInt64(descending ? ~ascending : ascending) << 32 | UInt64(place)
}
