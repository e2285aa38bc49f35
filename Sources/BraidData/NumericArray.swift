import BraidCore

/// Numbers with a shape as a file held them, row-major.
public struct NumericArray: Sendable, Hashable {
  /// The numbers, as the file has them.
  public enum Elements: Sendable, Hashable {
    /// Unsigned bytes and booleans.
    case bytes([UInt8])
    /// 16 and 32-bit floating point.
    case floats([Float])
    /// 64-bit floating point, and whole numbers of more than 8 unsigned bits (exact up to 2⁵³).
    case doubles([Double])
  }
  /// The extents, outermost first; empty for one number.
  public let shape: [Int]
  /// Row-major.
  public let elements: Elements

  /// Stops when the number of elements does not fit the shape.
  public init(_ elements: Elements, shape: [Int]) {
    (self.elements, self.shape) = (elements, shape)
    guard count == shape.reduce(1, *) else { fatalError("array: \(count) elements for shape \(shape)") }
  }

  /// Number of elements.
  public var count: Int {
    switch elements {
    case .bytes(let all): all.count
    case .floats(let all): all.count
    case .doubles(let all): all.count
    }
  }

  /// All elements as `Float`.
  public var floats: [Float] { floats(0..<count) }

  /// Elements `range` as `Float`.
  public func floats(_ range: Range<Int>) -> [Float] {
    switch elements {
    case .bytes(let all): all[range].map { Float($0) }
    case .floats(let all): Array(all[range])
    case .doubles(let all): all[range].map { Float($0) }
    }
  }

  /// What is at place `index` of the first axis: an array of one axis less.
  /// - Throws: `SetupError` when there is no such place; `file` is what it calls the array.
  public func row(_ index: Int, named file: String) throws -> NumericArray {
    guard let rows = shape.first else { throw SetupError("\(file): row \(index) of a single number.") }
    guard index >= 0, index < rows else {
      throw SetupError("\(file): row \(index) of \(rows); rows are counted from 0.")
    }
    let inner = Array(shape.dropFirst())
    let size = inner.reduce(1, *)
    let range = index * size..<(index + 1) * size
    switch elements {
    case .bytes(let all): return NumericArray(.bytes(Array(all[range])), shape: inner)
    case .floats(let all): return NumericArray(.floats(Array(all[range])), shape: inner)
    case .doubles(let all): return NumericArray(.doubles(Array(all[range])), shape: inner)
    }
  }
}
