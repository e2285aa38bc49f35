/// Numbers with a shape: `Float`, dense, row-major, on the CPU.
///
/// Values never change once an operation has returned them (only parameters are updated in place, by an optimiser). When an
/// operand belongs to a `Tape`, the result does too, and the operation can be differentiated. Deliberately not `Sendable`: one
/// computation lives in one task.
///
/// A value of some words: a shape, where the elements lie, and where it is recorded. Copies and views share the elements,
/// and making one asks for no memory.
public struct Tensor {
  /// The extents, outermost first.
  public let shape: Shape
  /// The elements, `shape.count` of them, row-major. Whoever writes here must own the tensor; reading is always allowed.
  public let pointer: UnsafeMutablePointer<Float>
  /// Number of elements.
  public let count: Int
  /// What keeps the memory alive.
  let storage: TensorStorage
  /// Where it is recorded, `.none` for a constant.
  var place = Place.none

  /// Memory of the given shape whose elements are whatever was there before. The caller writes every one of them.
  public init(uninitialized shape: Shape) {
    self.shape = shape
    count = shape.count
    storage = BufferPool.shared.take(bytes: count * 4)
    pointer = storage.block.bindMemory(to: Float.self, capacity: count)
  }

  /// The same memory under another shape or from an offset, as a constant. Stops if it would reach past the owner's end.
  public init(viewing owner: Tensor, offset: Int = 0, shape: Shape) {
    let count = shape.count
    guard offset >= 0, offset + count <= owner.count else {
      stop(
        "view",
        "elements \(offset) ..< \(offset + count) of a tensor of shape \(owner.shape); expected them within 0 ..< \(owner.count)"
      )
    }
    self.shape = shape
    self.count = count
    storage = owner.storage
    pointer = owner.pointer + offset
  }
}

// MARK: - Making and reading

extension Tensor {
  /// A tensor of these elements, row-major. Stops when their number does not fit the shape.
  public init(_ elements: [Float], _ shape: Shape) {
    guard elements.count == shape.count else {
      stop("tensor", "\(elements.count) elements for shape \(shape), which holds \(shape.count); give it as many")
    }
    self.init(uninitialized: shape)
    elements.withUnsafeBufferPointer {
      if let base = $0.baseAddress { pointer.update(from: base, count: elements.count) }
    }
  }

  /// A tensor with every element the same.
  public init(repeating value: Float, _ shape: Shape) {
    self.init(uninitialized: shape)
    pointer.update(repeating: value, count: shape.count)
  }

  /// A vector of these elements: shape `[count]`.
  public init(_ elements: [Float]) { self.init(elements, Shape(elements.count)) }

  /// Zeros of this shape.
  public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape) }
  /// Ones of this shape.
  public static func ones(_ shape: Shape) -> Tensor { Tensor(repeating: 1, shape) }

  /// The elements as an array, row-major.
  public var elements: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// The only element. Stops unless there is exactly one.
  public var scalar: Float {
    guard count == 1 else {
      stop("scalar", "a tensor of shape \(shape) has \(count) elements, not one; take its sum, its mean or a slice")
    }
    return pointer[0]
  }

  /// The same values as a constant: no gradient flows through it. No copy is made.
  public var detached: Tensor {
    var constant = self
    constant.place = .none
    return constant
  }

  /// A constant copy with its own memory.
  public func copy() -> Tensor {
    let result = Tensor(uninitialized: shape)
    result.pointer.update(from: pointer, count: count)
    return result
  }

  /// Whether every element is finite.
  public var isFinite: Bool {
    for index in 0..<count where !pointer[index].isFinite { return false }
    return true
  }
}

extension Tensor: CustomStringConvertible {
  /// Shape and the first elements: `Tensor[2, 3] 1.0 2.0 …`.
  public var description: String {
    let shown = elements.prefix(8).map { "\($0)" }.joined(separator: " ")
    return "Tensor\(shape) \(shown)\(count > 8 ? " …" : "")"
  }
}
