/// A block of memory that tensors lie in. The only object a tensor needs: views of it share it, and it is used again when
/// nobody but the `BufferPool` that made it refers to it.
final class TensorStorage: Sendable {
  /// Where the block begins, as a number: a pointer cannot be handed to another thread, the block can.
  private let address: UInt

  /// Takes over a block, which ends with this object.
  init(_ block: UnsafeMutableRawPointer) { address = UInt(bitPattern: block) }

  deinit { block.deallocate() }

  /// The block.
  @inline(__always)
  var block: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped }
}
