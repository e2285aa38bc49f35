/// The extents of a tensor, outermost first: `[batch, time, features]`.
///
/// Held inline (no allocation). A shape of rank 0 has one element. At most 8 axes.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// In two halves, so that a tensor object needs no more alignment than an ordinary allocation has.
  @usableFromInline var first = SIMD4<Int32>(repeating: 1)
  @usableFromInline var second = SIMD4<Int32>(repeating: 1)
  @usableFromInline var extents: SIMD8<Int32> {
    @inline(__always) get { SIMD8(lowHalf: first, highHalf: second) }
    @inline(__always) set { (first, second) = (newValue.lowHalf, newValue.highHalf) }
  }
  /// Number of axes.
  public private(set) var rank: Int

  /// The most axes a shape can have.
  public static let maximumRank = 8

  /// The extents as a literal: `[2, 3]`.
  @inlinable public init(arrayLiteral extents: Int...) { self.init(extents) }

  /// A shape with these extents, outermost first. Stops on a negative extent or more than 8 axes.
  public init(_ extents: some Collection<Int>) {
    rank = 0
    for extent in extents { append(extent) }
  }

  /// `[rows, columns]` and the like, without an array: for code that runs every step.
  public init(_ first: Int, _ second: Int? = nil, _ third: Int? = nil, _ fourth: Int? = nil) {
    rank = 0
    append(first)
    if let second { append(second) }
    if let third { append(third) }
    if let fourth { append(fourth) }
  }

  mutating func append(_ extent: Int) {
    guard rank < Shape.maximumRank else { stop("shape", "more than \(Shape.maximumRank) axes; reshape some into one") }
    guard extent >= 0, extent <= Int32.max else { stop("shape", "extent \(extent) is outside 0 … \(Int32.max)") }
    extents[rank] = Int32(truncatingIfNeeded: extent)
    rank += 1
  }

  /// The extent of an axis; negative counts from the last: `shape[-1]`. Stops outside the rank.
  public subscript(axis: Int) -> Int {
    get { Int(extents[resolve(axis)]) }
    set {
      let axis = resolve(axis)
      guard newValue >= 0, newValue <= Int32.max else {
        stop("shape", "extent \(newValue) is outside 0 … \(Int32.max)")
      }
      extents[axis] = Int32(truncatingIfNeeded: newValue)
    }
  }

  /// The axis as a number from 0: −1 is the last. Stops outside the rank.
  public func resolve(_ axis: Int) -> Int {
    let resolved = axis < 0 ? axis + rank : axis
    guard resolved >= 0, resolved < rank else {
      stop("shape", "axis \(axis) of shape \(self), which has \(rank) axes; expected \(-rank) ..< \(rank)")
    }
    return resolved
  }

  /// Number of elements: the product of the extents, 1 for rank 0.
  public var count: Int {
    // extents beyond the rank are 1; one by one, since the plainest processors have no product of long integers side by side
    let (a, b) = (first, second)
    let outer = (Int(a[0]) * Int(a[1])) * (Int(a[2]) * Int(a[3]))
    return outer * ((Int(b[0]) * Int(b[1])) * (Int(b[2]) * Int(b[3])))
  }

  /// Product of the extents of axes `range`, 1 when empty.
  public func count(_ range: Range<Int>) -> Int {
    var product = 1
    for axis in range { product *= Int(extents[axis]) }
    return product
  }

  /// Calls `body` with the extents, for kernels.
  @inline(__always)
  func withExtents<Result>(_ body: (UnsafePointer<Int32>) -> Result) -> Result {
    withUnsafeBytes(of: extents) { body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int32.self)) }
  }

  /// The same shape with an axis inserted before `axis` (at the end for `axis == rank`).
  func inserting(_ extent: Int, at axis: Int) -> Shape {
    var result = Shape([])
    for k in 0..<axis { result.append(Int(extents[k])) }
    result.append(extent)
    for k in axis..<rank { result.append(Int(extents[k])) }
    return result
  }

  /// The extents as an array, outermost first.
  public var dimensions: [Int] { (0..<rank).map { Int(extents[$0]) } }

  /// The same shape without its axis `axis`.
  public func removing(_ axis: Int) -> Shape {
    let axis = resolve(axis)
    var result: Shape = Shape([])
    for k in 0..<rank where k != axis { result.append(Int(extents[k])) }
    return result
  }

  /// The same shape with its last extent replaced.
  public func replacingLast(_ extent: Int) -> Shape {
    var result = self
    result[-1] = extent
    return result
  }

  /// `[2, 3]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
