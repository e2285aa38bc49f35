/// A few values in order, of which the first four lie in the value itself, so that making one asks the system for no
/// memory; more lie in an array.
///
/// For what an operation or a model lists in every step (parts to be joined, one tensor a modality): an array's memory
/// would be asked for, and given back, each time. `mapFew` makes one of any sequence.
public struct Few<Element>: RandomAccessCollection, MutableCollection {
  @usableFromInline var one: Element?, two: Element?, three: Element?, four: Element?
  /// From the fifth on.
  @usableFromInline var others: [Element] = []
  @usableFromInline var length = 0

  /// None.
  @inlinable public init() {}

  /// Two to four elements, in order.
  @inlinable public init(_ one: Element, _ two: Element, _ three: Element? = nil, _ four: Element? = nil) {
    append(one)
    append(two)
    if let three { append(three) }
    if let four { append(four) }
  }

  /// The elements of a sequence, in order.
  @inlinable public init(_ elements: some Sequence<Element>) {
    for element in elements { append(element) }
  }

  /// Adds an element at the end.
  @inlinable public mutating func append(_ element: Element) {
    switch length {
    case 0: one = element
    case 1: two = element
    case 2: three = element
    case 3: four = element
    default: others.append(element)
    }
    length += 1
  }

  /// 0.
  @inlinable public var startIndex: Int { 0 }
  /// The number of elements.
  @inlinable public var endIndex: Int { length }

  /// Stops outside `0 ..< count`.
  @inlinable public subscript(position: Int) -> Element {
    get {
      check(position)
      return switch position {
      case 0: one!
      case 1: two!
      case 2: three!
      case 3: four!
      default: others[position - 4]
      }
    }
    set {
      check(position)
      switch position {
      case 0: one = newValue
      case 1: two = newValue
      case 2: three = newValue
      case 3: four = newValue
      default: others[position - 4] = newValue
      }
    }
  }

  @inlinable func check(_ position: Int) {
    guard position >= 0, position < length else {
      stop("few", "element \(position) of \(length); expected 0 ..< \(length)")
    }
  }
}

extension Sequence {
  /// What `transform` makes of each element, in order: `map` without asking for memory, as long as there are at most four.
  @inlinable
  public func mapFew<Result, Failure: Error>(
    _ transform: (Element) throws(Failure) -> Result
  ) throws(Failure) -> Few<Result> {
    var results = Few<Result>()
    for element in self { results.append(try transform(element)) }
    return results
  }
}
