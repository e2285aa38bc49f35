import CBraidKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// The memory tensors live in: blocks are kept by size and given out again, so a training step in its steady state asks the
/// system for nothing. Blocks are 64-byte aligned and hold whatever they held before.
///
/// Sizes are rounded up to whole cache lines and, from 512 bytes on, to one of eight per power of two (at most 12.5 % is
/// wasted). Safe to use from any thread.
public final class BufferPool: Sendable {
  /// The pool every tensor uses.
  public static let shared = BufferPool()

  private struct Shelves {
    /// The first waiting block of every size class, 0 if none; a waiting block holds the address of the next in its first bytes.
    let first = UnsafeMutablePointer<UInt>.allocate(capacity: BufferPool.classes)
    var heldBytes = 0
    var allocations = 0
    init() { first.initialize(repeating: 0, count: BufferPool.classes) }
  }
  private let shelves = Mutex(Shelves())
  private static let classes = 512

  init() {}

  deinit {
    trim()
    shelves.withLock { $0.first.deallocate() }
  }

  /// What each use of the shelves begins and ends with.
  @inline(__always) private func taken() { braid_lock_taken(Unmanaged.passUnretained(self).toOpaque()) }
  @inline(__always) private func givenBack() { braid_lock_given_back(Unmanaged.passUnretained(self).toOpaque()) }

  /// Size class of a number of bytes, and the bytes a block of that class has.
  @inline(__always)
  static func shelf(for bytes: Int) -> (index: Int, bytes: Int) {
    let bytes = (max(bytes, 64) &+ 63) & ~63
    let top = Int.bitWidth &- 1 &- (bytes &- 1).leadingZeroBitCount  // bytes − 1 lies in [2^top, 2^(top+1))
    let shift = max(top &- 3, 6)  // steps of an eighth, but whole cache lines
    let steps = (bytes &- (1 &<< top) &+ (1 &<< shift) &- 1) &>> shift
    return (top &* 8 &+ steps, bytes == 64 ? 64 : (1 &<< top) &+ steps &<< shift)
  }

  func take(bytes: Int) -> UnsafeMutableRawPointer {
    let (index, size) = BufferPool.shelf(for: bytes)
    let reused = shelves.withLock { shelves in
      taken()
      defer { givenBack() }
      let block = shelves.first[index]
      if let waiting = UnsafePointer<UInt>(bitPattern: block) {
        shelves.first[index] = waiting.pointee
        shelves.heldBytes &-= size
      } else {
        shelves.allocations &+= 1
      }
      return block
    }
    return UnsafeMutableRawPointer(bitPattern: reused) ?? BufferPool.made(size, used: bytes)
  }

  /// New memory. Large blocks are asked for in large pages, where the system has them: they are touched first, and
  /// looked up later, 512 times less often. What a block is rounded up by is left out, so that it costs no memory.
  private static func made(_ size: Int, used bytes: Int) -> UnsafeMutableRawPointer {
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

  func give(_ block: UnsafeMutableRawPointer, bytes: Int) {
    let (index, size) = BufferPool.shelf(for: bytes)
    let address = UInt(bitPattern: block)
    shelves.withLock { shelves in
      taken()
      defer { givenBack() }
      UnsafeMutablePointer<UInt>(bitPattern: address).unsafelyUnwrapped.pointee = shelves.first[index]
      shelves.first[index] = address
      shelves.heldBytes &+= size
    }
  }

  /// Bytes waiting to be used again.
  public var heldBytes: Int {
    shelves.withLock { shelves in
      taken()
      defer { givenBack() }
      return shelves.heldBytes
    }
  }
  /// How many blocks were asked of the system so far: it stands still in a steady state.
  public var allocations: Int {
    shelves.withLock { shelves in
      taken()
      defer { givenBack() }
      return shelves.allocations
    }
  }

  /// Hands all waiting blocks back to the system.
  public func trim() {
    shelves.withLock { shelves in
      taken()
      defer { givenBack() }
      for index in 0..<BufferPool.classes {
        while let block = UnsafeMutablePointer<UInt>(bitPattern: shelves.first[index]) {
          shelves.first[index] = block.pointee
          UnsafeMutableRawPointer(block).deallocate()
        }
      }
      shelves.heldBytes = 0
    }
  }
}
