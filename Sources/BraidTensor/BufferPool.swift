import CBraidKernels

#if canImport(Glibc)
  import Glibc
#endif

/// The memory tensors live in: blocks are kept by size and given out again, so a training step in its steady state asks the
/// system for nothing. Blocks are 64-byte aligned and hold whatever they held before.
///
/// The pool refers to every block it ever made. One that nobody else refers to is free: it is found when the next one of its
/// size is asked for, and nothing has to be given back. Sizes are rounded up to whole cache lines and, from 512 bytes on,
/// to one of eight per power of two (at most 12.5 % is wasted). Safe to use from any thread.
public final class BufferPool: Sendable {
  /// The pool every tensor uses.
  public static let shared = BufferPool()

  private struct Shelves {
    let all = UnsafeMutablePointer<Shelf>.allocate(capacity: BufferPool.classes)
    var allocations = 0
    init() { all.initialize(repeating: Shelf(), count: BufferPool.classes) }
  }
  private let shelves = Locked(Shelves())
  private static let classes = 512

  init() {}

  deinit {
    shelves.withLock { shelves in
      for index in 0..<BufferPool.classes { shelves.all[index].end() }
      shelves.all.deinitialize(count: BufferPool.classes).deallocate()
    }
  }

  /// Size class of a number of bytes, and the bytes a block of that class has.
  @inline(__always)
  static func shelf(for bytes: Int) -> (index: Int, bytes: Int) {
    let bytes = (max(bytes, 64) &+ 63) & ~63
    let top = Int.bitWidth &- 1 &- (bytes &- 1).leadingZeroBitCount  // bytes − 1 lies in [2^top, 2^(top+1))
    let shift = max(top &- 3, 6)  // steps of an eighth, but whole cache lines
    let steps = (bytes &- (1 &<< top) &+ (1 &<< shift) &- 1) &>> shift
    return (top &* 8 &+ steps, bytes == 64 ? 64 : (1 &<< top) &+ steps &<< shift)
  }

  /// The bytes a block of a class has: the inverse of `shelf`.
  private static func bytes(ofShelf index: Int) -> Int {
    let top = index / 8, steps = index % 8
    let shift = max(top - 3, 6)
    return max((1 << top) + steps << shift, 64)
  }

  /// A block of at least so many bytes, to be used as long as it is referred to.
  // Not inlined: who calls it must not know that the pool refers to the block too.
  @inline(never)
  func take(bytes: Int) -> TensorStorage {
    let (index, size) = BufferPool.shelf(for: bytes)
    return waiting(index, size) ?? made(index, size, used: bytes)
  }

  @inline(__always)
  private func waiting(_ index: Int, _ size: Int) -> TensorStorage? {
    shelves.withLock { $0.all[index].next(bytes: size) }
  }

  @inline(never)
  private func made(_ index: Int, _ size: Int, used bytes: Int) -> TensorStorage {
    // a pass that was given up may still hold what is asked for
    if braid_memory_is_used_again() != 0, RecordPool.shared.endAbandoned(), let found = waiting(index, size) {
      return found
    }
    let storage = TensorStorage(BufferPool.block(size, used: bytes))
    shelves.withLock { shelves in
      shelves.all[index].insert(storage)
      shelves.allocations &+= 1
    }
    return storage
  }

  /// New memory. Large blocks are asked for in large pages, where the system has them: they are touched first, and
  /// looked up later, 512 times less often. What a block is rounded up by is left out, so that it costs no memory.
  private static func block(_ size: Int, used bytes: Int) -> UnsafeMutableRawPointer {
    #if os(Linux)
      let page = 1 << 21
      if bytes >= 4 * page {
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: page)
        madvise(block, bytes & ~(page - 1), Int32(MADV_HUGEPAGE))  // a wish: without large pages it stays as it was
        return block
      }
    #endif
    return .allocate(byteCount: size, alignment: 64)
  }

  /// Bytes waiting to be used again.
  public var heldBytes: Int {
    RecordPool.shared.endAbandoned()
    return shelves.withLock { shelves in
      (0..<BufferPool.classes).reduce(0) { $0 + shelves.all[$1].waiting * BufferPool.bytes(ofShelf: $1) }
    }
  }
  /// How many blocks were asked of the system so far: it stands still in a steady state.
  public var allocations: Int {
    shelves.withLock { $0.allocations }
  }

  /// Hands all waiting blocks back to the system.
  public func trim() {
    RecordPool.shared.endAbandoned()
    shelves.withLock { shelves in
      for index in 0..<BufferPool.classes { shelves.all[index].trim() }
    }
  }
}
