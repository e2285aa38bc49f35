import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "select-rows-": { try $0("x").gathered($0.integers("indices"), axis: 1) },
    "gather-none": { try $0("x").gathered(along: 1, $0.indices("indices")) },
    "scatter-none": { try $0("x").scatterAdded(along: 0, $0.indices("indices"), $0("source")) },
  ]
  for axis in [0, 1, 2, -1] {
    cases["select-rows\(axis)"] = { try $0("x").gathered($0.integers("indices"), axis: axis) }
    cases["gather\(axis)"] = { try $0("x").gathered(along: axis, $0.indices("indices")) }
    cases["scatter\(axis)"] = { try $0("x").scatterAdded(along: axis, $0.indices("indices"), $0("source")) }
  }
  return Parity(family: "indexing", operations: cases)
}()

let gatherMistakes = [
  Mistake("gathered: index 5 at place 1 of axis 0 of a tensor of shape [5, 2]; expected 0 ..< 5") {
    _ = zeros(5, 2).gathered([0, 5])
  },
  Mistake("gathered: index -1 at place 0 of axis 1 of a tensor of shape [5, 2]; expected 0 ..< 2") {
    _ = zeros(5, 2).gathered([-1], axis: -1)
  },
  Mistake("gathered: indices of shape [4, 2] for [5, 3] along axis 0; expected [5, 3] with any extent there") {
    _ = zeros(5, 3).gathered(along: 0, Indices(Array(repeating: 0, count: 8), [4, 2]))
  },
  Mistake("gathered: index 3 at place 1 of indices [1, 3] for axis 0 of [3, 3]; expected 0 ..< 3") {
    _ = zeros(3, 3).gathered(along: 0, Indices([0, 3, 0], [1, 3]))
  },
  Mistake("scatterAdded: source of shape [3] for indices [2]; expected equal shapes") {
    _ = zeros(5).scatterAdded(along: 0, Indices([0, 1], [2]), zeros(3))
  },
  Mistake("scatterAdded: index -2 at place 1 of indices [2] for axis 0 of [5]; expected 0 ..< 5") {
    _ = zeros(5).scatterAdded(along: 0, Indices([0, -2], [2]), zeros(2))
  },
  Mistake("indices: 3 elements for shape [2], which holds 2; give it as many") { _ = Indices([1, 2, 3], [2]) },
]

@Suite struct GatherTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 16) }

  @Test(arguments: parity.names) func `selecting, gathering and scattering agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a place that is named twice gets both shares`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 2, 3]))
    let source = tape.watch(Tensor([10, 20, 30, 40]))
    let places = Indices([2, 0, 2, 2], [4])
    #expect(x.scatterAdded(along: 0, places, source).elements == [21, 2, 83])
    let y = x.gathered(along: 0, places)
    #expect(y.elements == [3, 1, 3, 3])
    #expect(y.gradients(upstream: source)[x]?.elements == [20, 0, 80])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 3, .sampling)
    let x = stream.normal([3, 4])
    let source = stream.normal([2, 4])
    let places = Indices([0, 2, 2, 1, 0, 0, 1, 1], [2, 4])
    let gather = differences([x]) { $0[0].gathered(along: 0, places).squared() }
    let scatter = differences([x, source]) { $0[0].scatterAdded(along: 0, places, $0[1]).squared() }
    #expect(gather.violations == [] && scatter.violations == [])
    #expect(gather.count == 12 && scatter.count == 20)
  }
}
