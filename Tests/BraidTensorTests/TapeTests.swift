@testable import BraidTensor
import BraidTesting
import CBraidKernels
import Testing

@Suite struct `The tape` {
  @Test func `a tensor used twice gets both shares`() {
    let tape = Tape()
    let x = tape.watch(Tensor([2, 3]))
    // y = x·x + 3x, dy/dx = 2x + 3
    let y = x * x + 3 * x
    #expect(y.elements == [10, 18])
    #expect(y.gradients()[x]?.elements == [7, 9])
  }

  @Test func `gradients that share memory are not written through`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 2])), y = tape.watch(Tensor([3, 4]))
    let upstream = Tensor([10, 20])
    // a sum hands one upstream to both operands; x then gets more from the product
    let z = x + y, w = z + x * y
    let gradients = w.gradients(upstream: upstream)
    #expect(gradients[x]?.elements == [40, 100])  // g (1 + y)
    #expect(gradients[y]?.elements == [20, 60])  // g (1 + x)
    #expect(upstream.elements == [10, 20])
  }

  @Test func `a view and its original share one gradient`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 2, 3, 4], [2, 2]))
    let row = x.slice(0, 1..<2).reshaped(2)  // [3, 4]
    let total = (row * row).sum() + x.sum()
    #expect(total.gradients()[x]?.elements == [1, 1, 7, 9])
  }

  @Test func `what the result does not depend on has no gradient`() {
    let tape = Tape()
    let used = tape.watch(Tensor([1])), unused = tape.watch(Tensor([1])), constant = Tensor([1])
    let dropped = unused * 2
    let gradients = (used * constant).gradients()
    #expect(gradients[used]?.elements == [1])
    #expect(gradients[unused] == nil)
    #expect(gradients[dropped] == nil)
    #expect(gradients[constant] == nil)
  }

  @Test func `a detached tensor is a constant`() {
    let tape = Tape()
    let x = tape.watch(Tensor([3]))
    #expect((x * x.detached).gradients()[x]?.elements == [3])
    #expect(!x.detached.isRecorded)
  }

  @Test func `a leaf collects in the memory it was given`() {
    let tape = Tape()
    let flat = Tensor(repeating: .nan, [4])
    let x = tape.watch(Tensor([1, 2]), collectingIn: Tensor(viewing: flat, offset: 1, shape: [2]))
    _ = (x + x * x).gradients()
    #expect(Array(flat.elements[1...2]) == [3, 5])
    #expect(flat.elements[0].isNaN && flat.elements[3].isNaN)
  }

  @Test func `recorded tensors are constants once the tape is used up`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1]))
    let y = x * 2
    _ = y.gradients()
    #expect(!y.isRecorded && !(y * 3).isRecorded)
  }

  @Test func `operations are counted in floating-point operations`() {
    let tape = Tape()
    defer { tape.consume() }
    let x = tape.watch(.ones([3, 5])), w = tape.watch(.ones([5, 7]))
    _ = linear(x, w)
    #expect(tape.floatingPointOperations == 2 * 3 * 5 * 7)
  }

  @Test func `memory of the forward pass is given back during the reverse pass`() {
    let tape = Tape()
    let shape: Shape = [1_000_003]  // a size nobody else asks for
    var y = tape.watch(.ones(shape))
    y = y.exp()
    let middle = y.pointer
    y = y.sum()
    #expect((0..<8).map { _ in Tensor(uninitialized: shape) }.allSatisfy { $0.pointer != middle })
    let gradients = y.gradients()
    #expect((0..<16).map { _ in Tensor(uninitialized: shape) }.contains { $0.pointer == middle })
    withExtendedLifetime(gradients) {}
  }

  @Test func `a second reverse pass stops`() async {
    await #expect(processExitsWith: .failure) {
      let tape = Tape()
      let y = tape.watch(Tensor([1])) * 2
      _ = y.gradients()
      _ = y.gradients()
    }
  }

  @Test func `operands of two tapes stop`() async {
    await #expect(processExitsWith: .failure) {
      _ = Tape().watch(Tensor([1])) + Tape().watch(Tensor([1]))
    }
  }

  @Test func `gradients of a constant stop`() async {
    await #expect(processExitsWith: .failure) { _ = Tensor([1]).gradients() }
  }
}

/// Under the thread sanitizer every tensor has new memory.
private let ifMemoryIsUsedAgain = ConditionTrait.enabled(
  if: braid_memory_is_used_again() != 0, "memory is not used again under the thread sanitizer")

@Suite(.serialized) struct `The buffer pool` {
  @Test func `size classes hold what is asked and waste at most an eighth from 512 bytes on`() {
    var sizeOfClass: [Int: Int] = [:]
    for bytes in Array(0...5000) + [1 << 20, (1 << 20) + 1, 123_456_789, 1 << 34] {
      let (index, size) = BufferPool.shelf(for: bytes)
      #expect(size >= bytes && size % 64 == 0 && (0..<512).contains(index))
      #expect(size <= max(bytes, 1) + max(63, bytes / 8))
      #expect(sizeOfClass.updateValue(size, forKey: index) ?? size == size)
    }
    #expect(Set(sizeOfClass.values).count == sizeOfClass.count)
  }

  @Test(ifMemoryIsUsedAgain) func `a training step in its steady state allocates nothing`() {
    let pool = BufferPool()
    var blocks = (1...20).map { pool.take(bytes: $0 * 100) }
    let allocations = pool.allocations
    #expect(allocations == 20)
    for _ in 0..<10 {
      blocks = []
      blocks = (1...20).map { pool.take(bytes: $0 * 100) }
      #expect(blocks.count == 20)
    }
    #expect(pool.allocations == allocations)
    withExtendedLifetime(blocks) { #expect(pool.heldBytes == 0) }
    blocks = []
    #expect(pool.heldBytes == (1...20).reduce(0) { $0 + BufferPool.shelf(for: $1 * 100).bytes })
    pool.trim()
    #expect(pool.heldBytes == 0)
  }

  @Test func `blocks in use are distinct and aligned`() {
    let pool = BufferPool()
    let blocks = (0..<50).map { _ in pool.take(bytes: 300) }
    #expect(Set(blocks.map(\.block)).count == 50)
    #expect(blocks.allSatisfy { Int(bitPattern: $0.block) % 64 == 0 })
  }

  @Test(ifMemoryIsUsedAgain) func `a block somebody refers to is not handed out, one that nobody does is`() {
    let pool = BufferPool()
    var blocks = (0..<40).map { _ in pool.take(bytes: 300) }
    let given = Set((0..<40).filter { $0 % 3 == 0 }.map { blocks[$0].block })
    blocks = (0..<40).filter { $0 % 3 != 0 }.map { blocks[$0] }
    let kept = Set(blocks.map(\.block))
    let taken = (0..<given.count).map { _ in pool.take(bytes: 300) }
    #expect(Set(taken.map(\.block)).isDisjoint(with: kept))
    #expect(Set(taken.map(\.block)).isSubset(of: given))
    #expect(pool.allocations == 40)
  }

  @Test func `what lasts is trimmed around`() {
    let pool = BufferPool()
    var blocks = (0..<10).map { _ in pool.take(bytes: 300) }
    blocks.removeLast(7)
    pool.trim()
    #expect(pool.heldBytes == 0)
    let others = (0..<10).map { _ in pool.take(bytes: 300) }
    #expect(Set((blocks + others).map(\.block)).count == 13 && pool.allocations == 20)
  }

  @Test func `blocks outlive their pool`() {
    let block: TensorStorage
    do {
      let pool = BufferPool()
      block = pool.take(bytes: 64)
    }
    block.block.storeBytes(of: 7, as: Int.self)
    #expect(block.block.load(as: Int.self) == 7)
  }

  @Test(ifMemoryIsUsedAgain)
  func `thousands of live blocks are not walked past for each new one, and memory stays bounded`() {
    let pool = BufferPool()
    let live = (0..<8000).map { _ in pool.take(bytes: 64) }
    #expect(pool.allocations == 8000)
    for _ in 0..<100_000 { _ = pool.take(bytes: 64) }
    #expect(pool.allocations == 8001)  // what was handed out last is looked at first
    func burst() { withExtendedLifetime((0..<100).map { _ in pool.take(bytes: 64) }) {} }
    for _ in 0..<200 { burst() }
    let settled = pool.allocations
    #expect(settled < 10_000)  // a quarter more
    for _ in 0..<2000 { burst() }
    #expect(pool.allocations == settled)
    withExtendedLifetime(live) {}
  }

  @Test(ifMemoryIsUsedAgain) func `threads share blocks without sharing one`() async {
    let pool = BufferPool()
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<8 {
        group.addTask {
          (0..<2000).allSatisfy { step in
            let own = (0..<4).map { _ in pool.take(bytes: 64) }
            let mark = number << 32 + step
            for block in own { block.block.storeBytes(of: mark, as: Int.self) }
            return own.allSatisfy { $0.block.load(as: Int.self) == mark }
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
    #expect(pool.allocations <= 64)
  }
}
