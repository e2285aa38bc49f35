/// Whole numbers with a shape, row-major: places along an axis of a tensor, which `argmax` and `sorted` find and
/// `gathered` reads.
public struct Indices: Sendable, Equatable {
  /// The numbers, `shape.count` of them, row-major.
  public let elements: [Int32]
  /// The extents, outermost first.
  public let shape: Shape

  /// Stops when the number of elements does not fit the shape.
  public init(_ elements: [Int32], _ shape: Shape) {
    guard elements.count == shape.count else {
      stop("indices", "\(elements.count) elements for shape \(shape), which holds \(shape.count); give it as many")
    }
    (self.elements, self.shape) = (elements, shape)
  }

  /// Elements that `fill` writes, every one of them.
  init(_ shape: Shape, fill: (UnsafeMutablePointer<Int32>) -> Void) {
    self.shape = shape
    elements = Array(unsafeUninitializedCapacity: shape.count) { buffer, count in
      if let base = buffer.baseAddress { fill(base) }
      count = shape.count
    }
  }
}
