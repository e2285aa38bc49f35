import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `Parameters` {
  @Test func `get first values that depend on the seed and their own path only`() {
    func value(_ seed: UInt64, _ path: String, others: [String] = []) -> [Float] {
      let scope = Scope(seed: seed)
      for other in others { _ = scope.parameter(other, [4, 4], .glorotUniform) }
      return scope.parameter(path, [3, 4], .glorotUniform).value.elements
    }
    let first = value(1, "encoder.text.weight")
    #expect(value(1, "encoder.text.weight", others: ["a", "fusion.gate.weight"]) == first)
    #expect(value(2, "encoder.text.weight") != first)
    #expect(value(1, "encoder.image.weight") != first)
  }

  @Test func `have one path, however the scope was reached`() {
    let scope = Scope(seed: 1)
    #expect(scope["encoder.text"].parameter("weight", [2], .ones).path == "encoder.text.weight")
    #expect(scope["encoder"]["text"].parameter("bias", [2], .zeros).path == "encoder.text.bias")
    _ = scope.parameter("encoder.texture", [1], .zeros)
    #expect(scope["encoder.text"].parameters.map(\.path) == ["encoder.text.weight", "encoder.text.bias"])
    #expect(scope.parameters.count == 3 && scope.store.count == 5)
    #expect(scope.store["encoder.text.bias"]?.shape == [2] && scope.store["encoder.text"] == nil)
  }

  @Test func `stop when one path is made twice`() async {
    await #expect(processExitsWith: .failure) {
      let scope = Scope(seed: 1)
      _ = scope["a"].parameter("weight", [2], .zeros)
      _ = scope.parameter("a.weight", [2], .zeros)
    }
  }

  @Test func `lie side by side in the order of making, and keep their values when they move to make room`() {
    let scope = Scope(seed: 1)
    #expect(scope.store.flat.shape == [0])
    let a = scope.parameter("a", [3], .uniform(1))
    let b = scope.parameter("b", [2, 2], .normal(deviation: 1))
    let before = a.value.elements + b.value.elements
    #expect(scope.store.flat.elements == before)
    b.assign(Tensor([1, 2, 3, 4]))
    #expect(scope.store.flat.elements == Array(before[0..<3]) + [1, 2, 3, 4])
    for size in 1..<60 { _ = scope.parameter("c\(size)", Shape(size), .constant(Float(size))) }
    let rest = (1..<60).flatMap { size in Array(repeating: Float(size), count: size) }
    #expect(scope.store.flat.elements == Array(before[0..<3]) + [1, 2, 3, 4] + rest)
    #expect(a.value.elements == Array(before[0..<3]))
    b.assign(Tensor([5, 6, 7, 8]))
    #expect(scope.store.flat.elements == Array(before[0..<3]) + [5, 6, 7, 8] + rest)
  }

  @Test func `have room ahead that is not written, so that no parameter is drawn in one place and copied to another`() {
    let scope = Scope(seed: 1)
    _ = scope.parameter("large", [1000], .zeros)
    let place = scope.store.flat.pointer
    _ = scope.parameter("small", [400], .ones)
    #expect(scope.store.flat.pointer == place)
    _ = scope.parameter("next", [400], .ones)
    #expect(scope.store.flat.pointer != place)
  }

  @Test func `used twice in a pass collect both gradients in one leaf`() throws {
    let scope = Scope(seed: 1)
    let p = scope.parameter("p", [2], .ones)
    let context = Context.training(seed: 1, step: 0)
    let gradients = (context[p] * Tensor([2, 3]) + context[p] * Tensor([10, 20])).sum().gradients()
    try expectClose(gradients[p]!, [12, 23])
  }

  @Test func `used in two passes by turns are one leaf of each`() throws {
    let scope = Scope(seed: 1)
    let p = scope.parameter("p", [1], .ones), q = scope.parameter("q", [2], .ones)
    let a = Context.training(seed: 1, step: 0), b = Context.evaluation(recording: true)
    let first = a[p] * 2, other = b[p] * 7
    let loss = (first + a[p] * 3 + (a[q] * Tensor([1, 2])).sum()).sum()
    let second = (other + b[p] * 4).sum()
    let gradients = loss.gradients()
    try expectClose(try #require(gradients[p]), [5])
    try expectClose(try #require(gradients[q]), [1, 2])
    try expectClose(try #require(second.gradients()[p]), [11])
  }

  /// Bounds: Glorot √(6 / (12 + 8)), He √(6 / 12), fan in 1 / √12; a convolution [8, 3, 2, 2] has fans 12 and 32.
  @Test(arguments: [
    (Initializer.glorotUniform, Shape(12, 8), Float(0.5477226)), (.heUniform, Shape(12, 8), 0.70710677),
    (.fanInUniform, Shape(12, 8), 0.28867513), (.glorotUniform, Shape(8, 3, 2, 2), 0.3692745),
    (.glorotUniformBlocks(4), Shape(12, 32), 0.5477226), (.uniform(0.25), Shape(12, 8), 0.25),
  ])
  func `are drawn evenly within the bounds of their initializer`(
    _ initializer: Initializer, _ shape: Shape, _ bound: Float
  ) {
    let values = Scope(seed: 5).parameter("p", shape, initializer).value.elements
    #expect(values.allSatisfy { abs($0) <= bound * 1.000001 })
    #expect(values.contains { $0 > bound * 0.9 } && values.contains { $0 < -bound * 0.9 })
  }

  @Test func `drawn normally have the deviation asked for`() {
    let values = Scope(seed: 5).parameter("p", [100, 100], .normal(deviation: 3)).value.elements
    let mean = values.reduce(0, +) / 10000
    let square = values.reduce(0) { $0 + $1 * $1 } / 10000
    #expect(abs(mean) < 0.1 && abs(square.squareRoot() - 3) < 0.1)
  }
}

@Suite struct `The dropout layer` {
  @Test func `keeps the mean, drops the share asked for, and only in training`() {
    let dropout = Dropout(0.25, in: Scope(seed: 1)["d"])
    var training = Context.training(seed: 1, step: 3)
    let found = dropout(.ones([100, 100]), &training).elements
    #expect(Set(found) == [0, 1 / 0.75])
    #expect(abs(Float(found.count { $0 == 0 }) / 10000 - 0.25) < 0.02)
    var evaluation = Context.evaluation()
    #expect(dropout(.ones([3]), &evaluation).elements == [1, 1, 1])
  }

  @Test func `differs by path, by step and by call, and is the same otherwise`() {
    func mask(_ path: String, _ step: Int, calls: Int = 1) -> [Float] {
      let dropout = Dropout(0.5, in: Scope(seed: 9)[path])
      var context = Context.training(seed: 1, step: step)
      var found: [Float] = []
      for _ in 0..<calls { found = dropout(.ones([64]), &context).elements }
      return found
    }
    #expect(mask("a", 0) == mask("a", 0))
    #expect(mask("a", 0) != mask("b", 0))
    #expect(mask("a", 0) != mask("a", 1))
    #expect(mask("a", 0) != mask("a", 0, calls: 2))
  }

  @Test func `stops at a rate of 1`() async {
    await #expect(processExitsWith: .failure) { _ = Dropout(1, in: Scope(seed: 1)) }
  }
}

@Suite struct `Embedding and MLP` {
  @Test func `embedding keeps its padding row at zero, without gradient`() {
    let scope = Scope(seed: 1)
    let layer = Embedding(4, 3, in: scope["words"])
    var context = Context.training(seed: 1, step: 0)
    let rows = layer([2, 0, 2], [1, 3], &context)
    #expect(Array(rows.elements[3..<6]) == [0, 0, 0])
    let gradient = rows.sum().gradients()[layer.table]!
    #expect(gradient.elements == [0, 0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0])
  }

  @Test func `mlp without widths is the identity, and the last activation may differ`() throws {
    let scope = Scope(seed: 1)
    var context = Context.evaluation()
    let x = Tensor([-1, 2], [1, 2])
    #expect(MLP(2, [], in: scope["none"])(x, &context).elements == [-1, 2])
    let mlp = MLP(2, [2, 1], last: Activation.none, in: scope["two"])
    scope.store["two.layers.0.weight"]!.assign(Tensor([1, 0, 0, -1]))
    scope.store["two.layers.1.weight"]!.assign(Tensor([5, 7]))
    scope.store["two.layers.1.bias"]!.assign(Tensor([-3]))
    // relu(-1, -2) = (0, 0), and -3 is not cut off
    #expect(mlp(x, &context).elements == [-3])
    #expect(mlp.outputs == 1)
  }
}

@Suite struct `A layer` {
  @Test func `can be trained after its scope is gone`() {
    func make() -> Linear { Linear(2, 1, in: Scope(seed: 1)) }
    let layer = make()
    var context = Context.training(seed: 1, step: 0)
    #expect(layer(Tensor([3, 4], [1, 2]), &context).gradients()[layer.weight]?.elements == [3, 4])
  }
}
