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

/// What lies in the saved memory for one operation.
struct Saved<Values> {
  let values: Values
  let derivative: (Values, Tensor, inout GradientSink) -> Void
}

/// What can be done with what lies in the saved memory, of whatever type it is. Two functions that are compiled for the one type
/// where the operation is: methods of a generic type would look the type up and copy its values through a table each time.
struct SavedDerivative {
  /// Runs the derivative that lies there, and ends it.
  let run: (_ memory: UnsafeMutableRawPointer, _ upstream: Tensor, _ sink: inout GradientSink) -> Void
  /// Ends it without running.
  let end: (_ memory: UnsafeMutableRawPointer) -> Void

  @inline(__always)
  init<Values>(of _: Saved<Values>.Type) {
    run = { memory, upstream, sink in
      let saved = memory.assumingMemoryBound(to: Saved<Values>.self).move()
      saved.derivative(saved.values, upstream, &sink)
    }
    end = { memory in memory.assumingMemoryBound(to: Saved<Values>.self).deinitialize(count: 1) }
  }
}
