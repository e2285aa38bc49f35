/// Memory of double precision for sums of many terms, from where tensors have theirs, so that a step asks the system for
/// none.
struct DoubleMemory {
  private let storage: TensorStorage
  /// Valid while this value lives.
  let pointer: UnsafeMutablePointer<Double>

  /// - Parameter count: how many numbers, whose values are undefined.
  init(count: Int) {
    storage = BufferPool.shared.take(bytes: count * MemoryLayout<Double>.stride)
    pointer = storage.block.bindMemory(to: Double.self, capacity: count)
  }

  /// As many zeros.
  static func zeros(_ count: Int) -> DoubleMemory {
    let result = DoubleMemory(count: count)
    result.pointer.update(repeating: 0, count: count)
    return result
  }

  /// y = the first `count` numbers + beta y; with beta 0, y need not be initialised.
  func add(to y: UnsafeMutablePointer<Float>, beta: Float, count: Int) {
    for number in 0..<count {
      let value = pointer[number]
      y[number] = Float(beta == 0 ? value : value + Double(beta * y[number]))
    }
  }
}

extension Tensor {
  /// Whether so many of this upstream gradient's elements add up to one of an operand's gradient that a float would lose
  /// digits on the way: it keeps six of 64 terms.
  func isSumOfMany(_ operand: Tensor) -> Bool { count > 64 * operand.count }
}
