/// What operations saved for their derivatives, one after the other, in memory that stays for later records.
struct SavedMemory {
  private var base: UnsafeMutableRawPointer?
  private var capacity = 0
  private var used = 0
  private static let alignment = 16

  func address(of place: Int) -> UnsafeMutableRawPointer { base.unsafelyUnwrapped + place }

  /// Puts a value at the end; returns its place.
  @inline(__always)
  mutating func append<Value>(_ value: consuming Value) -> Int {
    let place = used
    used += (MemoryLayout<Value>.size + SavedMemory.alignment - 1) & ~(SavedMemory.alignment - 1)
    if used > capacity { grow() }
    address(of: place).initializeMemory(as: Value.self, to: value)
    return place
  }

  /// The values have ended; their room stays.
  mutating func removeAll() { used = 0 }

  /// Swift's values may be moved byte by byte.
  @inline(never)
  private mutating func grow() {
    let room = max(2 * used, 1 << 14)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: SavedMemory.alignment)
    if let base {
      larger.copyMemory(from: base, byteCount: capacity)
      base.deallocate()
    }
    (base, capacity) = (larger, room)
  }
}

/// A derivative with what its operation saved, of whatever type that is.
protocol SavedDerivative {
  /// Runs the derivative that lies there, and ends it.
  static func run(_ memory: UnsafeMutableRawPointer, _ upstream: Tensor, _ sink: inout GradientSink)
  /// Ends it without running.
  static func end(_ memory: UnsafeMutableRawPointer)
}

/// What lies in the saved memory for one operation.
struct Saved<Values>: SavedDerivative {
  let values: Values
  let derivative: (Values, Tensor, inout GradientSink) -> Void

  static func run(_ memory: UnsafeMutableRawPointer, _ upstream: Tensor, _ sink: inout GradientSink) {
    let saved = memory.assumingMemoryBound(to: Saved<Values>.self).move()
    saved.derivative(saved.values, upstream, &sink)
  }

  static func end(_ memory: UnsafeMutableRawPointer) {
    memory.assumingMemoryBound(to: Saved<Values>.self).deinitialize(count: 1)
  }
}
