import Synchronization

/// The memory tensors live in: blocks are kept by size and given out again, so a training step in its steady state asks the
/// system for nothing. Blocks are 64-byte aligned and hold whatever they held before.
///
/// Sizes are rounded up to one of eight per power of two (at most 12.5 % is wasted). Safe to use from any thread.
public final class BufferPool: Sendable {
  /// The pool every tensor uses.
  public static let shared = BufferPool()

  private struct Shelves {
    var free: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: 512)
    var heldBytes = 0
    var allocations = 0
  }
  private let shelves = Mutex(Shelves())

  /// Size class of a number of bytes, and the bytes a block of that class has.
  static func shelf(for bytes: Int) -> (index: Int, bytes: Int) {
    let bytes = max(bytes, 64)
    let top = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount  // bytes − 1 lies in [2^top, 2^(top+1))
    let step = max(1 << max(top - 3, 0), 8)
    let rounded = (bytes + step - 1) / step * step
    let eighth = (rounded - (1 << top)) / step  // 1 … 8
    return (top * 8 + eighth, (rounded + 63) & ~63)
  }

  func take(bytes: Int) -> UnsafeMutableRawPointer {
    let (index, size) = BufferPool.shelf(for: bytes)
    let reused = shelves.withLock { shelves in
      if let block = shelves.free[index].popLast() {
        shelves.heldBytes -= size
        return UInt(bitPattern: block)
      }
      shelves.allocations += 1
      return 0
    }
    if let block = UnsafeMutableRawPointer(bitPattern: reused) { return block }
    return UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
  }

  func give(_ block: UnsafeMutableRawPointer, bytes: Int) {
    let (index, size) = BufferPool.shelf(for: bytes)
    let address = UInt(bitPattern: block)
    shelves.withLock { shelves in
      shelves.free[index].append(UnsafeMutableRawPointer(bitPattern: address)!)
      shelves.heldBytes += size
    }
  }

  /// Bytes waiting to be used again.
  public var heldBytes: Int { shelves.withLock { $0.heldBytes } }
  /// How many blocks were asked of the system so far: it stands still in a steady state.
  public var allocations: Int { shelves.withLock { $0.allocations } }

  /// Hands all waiting blocks back to the system.
  public func trim() {
    let blocks: [UInt] = shelves.withLock { shelves in
      let all = shelves.free.flatMap { $0.map { UInt(bitPattern: $0) } }
      for index in shelves.free.indices { shelves.free[index].removeAll() }
      shelves.heldBytes = 0
      return all
    }
    for block in blocks { UnsafeMutableRawPointer(bitPattern: block)!.deallocate() }
  }
}
