import BraidNN
import BraidTesting
import Testing

@testable import BraidTensor

@Suite struct `The sum of gradients` {
  private func store(_ paths: String...) -> ParameterStore {
    let scope = Scope(seed: 1)
    for path in paths { _ = scope.parameter(path, [2], .zeros) }
    return scope.store
  }

  @Test func `adds what passes found, none counting as zeros`() {
    let store = store("both", "first", "second", "neither")
    var sum = gradients(["both": Tensor([1, 2]), "first": Tensor([3, 4])], of: store)
    sum.add(gradients(["both": Tensor([10, 20]), "second": Tensor([5, 6])], of: store))
    sum.add(gradients(["both": Tensor([100, 200]), "second": Tensor([50, 60])], of: store))
    #expect(store.parameters.map { sum[$0]?.elements } == [[111, 222], [3, 4], [55, 66], nil])
    // side by side as ever: one pass of an optimiser takes all three
    let pointers = store.parameters.prefix(3).map { sum[$0]!.pointer }
    #expect(pointers[1] == pointers[0] + 2 && pointers[2] == pointers[1] + 2)
  }

  @Test func `of parts, each with its share, is the gradient of the whole`() {
    let scope = Scope(seed: 3)
    let layer = Linear(3, 2, in: scope["map"])
    var stream = RandomStream(seed: 2, .sampling)
    let x = stream.normal([7, 3])
    let y = stream.normal([7, 2])
    func gradients(_ rows: Range<Int>, upstream: Float) -> Gradients {
      var context = Context.training(seed: 1, step: 0)
      let loss = (layer(x.slice(0, rows), &context) - y.slice(0, rows)).squared().mean()  // mean over the part
      return loss.gradients(upstream: Tensor([upstream], loss.shape))
    }
    let whole = gradients(0..<7, upstream: 1)
    var sum = gradients(0..<3, upstream: 3 / 7)
    for rows in [3..<5, 5..<7] { sum.add(gradients(rows, upstream: 2 / 7)) }
    for parameter in scope.parameters {
      for (found, expected) in zip(sum[parameter]!.elements, whole[parameter]!.elements) {
        #expect(abs(found - expected) < 1e-6, "\(parameter.path)")
      }
    }
  }

  @Test func `takes over a store that had no gradients, and keeps its own`() {
    let (one, other) = (store("p"), store("p"))
    var sum = gradients(["p": Tensor([1, 2])], of: one)
    sum.add(gradients(["p": Tensor([3, 4])], of: other))
    sum.add(gradients(["p": Tensor([30, 40])], of: other))
    #expect(sum[one.parameters[0]]?.elements == [1, 2])
    #expect(sum[other.parameters[0]]?.elements == [33, 44])
  }

  @Test func `changes no one else's gradients: neither what was added nor what it is a copy of`() {
    let store = store("p", "q"), other = self.store("r")
    let first = gradients(["p": Tensor([1, 2])], of: store), second = gradients(["p": Tensor([10, 20])], of: store)
    let third = gradients(["r": Tensor([5, 6])], of: other)
    var sum = first
    sum.add(second)
    var copy = sum
    copy.add(second)
    copy.add(third)
    copy.add(third)
    let p = store.parameters[0], r = other.parameters[0]
    #expect([first, second, sum, copy].map { $0[p]?.elements } == [[1, 2], [10, 20], [11, 22], [21, 42]])
    #expect([third, sum, copy].map { $0[r]?.elements } == [[5, 6], nil, [10, 12]])
  }

  /// Records are used again with the room they have, by one role or the other.
  @Test func `leaves records as large as they were, whichever are used again`() {
    let store = store("p")
    var kept: [Gradients] = []
    var most = 0
    for round in 0..<200 {
      var sum = gradients(["p": Tensor([1, 2])], of: store)
      sum.add(gradients(["p": Tensor([3, 4])], of: store))
      kept.append(sum)
      if kept.count > round % 3 { kept.removeFirst() }
      most = max(most, sum.owner.record.pointee.arenas.count)
    }
    #expect(most <= 8, "a store each, and what other tests leave waiting")
  }
}
