import BraidTensor
import Testing

/// Something whose end can be seen.
private final class Witness {
  let ended: UnsafeMutablePointer<Int>
  init(_ ended: UnsafeMutablePointer<Int>) { self.ended = ended }
  deinit { ended.pointee += 1 }
}

@Suite struct `Memory that is used again` {
  @Test func `a tensor that ended makes room for the next one, which is itself alone`() {
    let kept = Tensor([7, 8, 9])
    var seen: Set<UnsafeMutablePointer<Float>> = []
    for step in 0..<100 {
      let x = Tensor(repeating: Float(step), [3])
      seen.insert(x.pointer)
      #expect(x.shape == [3] && x.count == 3 && x.elements == [Float](repeating: Float(step), count: 3))
      #expect(!x.isRecorded && x.pointer != kept.pointer)
    }
    #expect(kept.elements == [7, 8, 9])
  }

  @Test func `views keep their memory`() {
    let views = (0..<50).map { number in
      let whole = Tensor([0, Float(number), 1])
      return Tensor(viewing: Tensor(viewing: whole, offset: 1, shape: [2]), shape: [1, 1])
    }
    let others = (0..<50).map { _ in Tensor(repeating: -1, [3]) }
    #expect(views.map(\.scalar) == (0..<50).map { Float($0) })
    withExtendedLifetime(others) {}
  }

  @Test func `what somebody still holds is not used again`() {
    var held = (0..<50).map { Tensor(repeating: Float($0), [2]) }
    held.removeAll { Int($0.elements[0]) % 2 == 0 }
    let others = (0..<50).map { Tensor(repeating: Float(100 + $0), [2]) }
    #expect(held.map { $0.elements[1] } == stride(from: 1, to: 50, by: 2).map { Float($0) })
    #expect(others.map { $0.elements[0] } == (100..<150).map { Float($0) })
    #expect(Set((held + others).map(\.pointer)).count == 75)
  }

  @Test func `what was saved ends once, whether its derivative runs, is not reached, or is given up`() {
    let ended = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    ended.initialize(to: 0)
    defer { ended.deallocate() }
    func saved(of x: Tensor) -> Tensor {
      Tensor([1, 2]).recorded("test", from: x, saving: (Witness(ended), x)) { saved, g, sink in
        sink.add(g, to: saved.1)
      }
    }
    do {
      let tape = Tape()
      let x = tape.watch(Tensor([1, 2]))
      let reached = saved(of: x)
      let unreached = saved(of: x)
      #expect(ended.pointee == 0 && unreached.isRecorded)
      #expect(reached.gradients(upstream: Tensor([3, 4]))[x]?.elements == [3, 4])
      #expect(ended.pointee == 2)
    }
    let tape = Tape()
    _ = saved(of: tape.watch(Tensor([1, 2])))
    tape.consume()
    #expect(ended.pointee == 3)
    #expect(!saved(of: Tensor([1, 2])).isRecorded && ended.pointee == 3)
  }

  @Test func `gradients keep their memory while the next passes run`() {
    func pass(_ value: Float) -> (Tensor, Gradients) {
      let tape = Tape()
      let x = tape.watch(Tensor([value]))
      return (x, (x * x).gradients())
    }
    let (x, first) = pass(3)
    for value in 0..<20 { #expect(pass(Float(value)).1[x] == nil) }
    #expect(first[x]?.elements == [6])
  }

  @Test func `a tape that was consumed twice leaves the gradients alone`() {
    let tape = Tape()
    let x = tape.watch(Tensor([3]))
    let gradients = (x * x).gradients()
    tape.consume()
    #expect(gradients[x]?.elements == [6] && tape.isConsumed && !tape.watch(x).isRecorded)
  }

  @Test func `a leaf of an ended tape is a constant for the tape that uses its record again`() {
    var old: [Tensor] = []
    for _ in 0..<20 {
      let tape = Tape()
      let x = tape.watch(Tensor([2]))
      #expect(old.allSatisfy { !$0.isRecorded && !tape.holds($0) })
      let y = old.reduce(x) { $0 * $1 }
      let gradients = y.gradients()
      #expect(old.allSatisfy { gradients[$0] == nil } && gradients[x] != nil)
      if old.count < 5 { old.append(x) }
    }
  }

  @Test func `more is saved than the first block holds`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1]))
    var y = x
    for _ in 0..<5000 { y = y + y * 0 + x }
    #expect(y.gradients()[x]?.elements == [5001])
  }

  @Test func `threads that come and go do not disturb each other`() async {
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<8 {
        group.addTask {
          (0..<200).allSatisfy { step in
            let tape = Tape()
            let x = tape.watch(Tensor([Float(number), Float(step)]))
            return (x * x).gradients()[x]?.elements == [2 * Float(number), 2 * Float(step)]
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
