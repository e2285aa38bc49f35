import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [:]
  let permutations: [String: [Int]] = [
    "cycle": [1, 2, 0], "back": [-1, 0, 1], "heads": [0, 2, 1, 3], "plain": [1, 0], "same": [0, 1],
    "turn": [3, 2, 1, 0], "outer": [2, 0, 3, 1], "ones": [2, 1, 0], "empty": [2, 0, 1], "number": [],
    "swap-ends": [2, 1, 0],
  ]
  for (name, axes) in permutations { cases["permute-\(name)"] = { try $0("x").permuted(axes) } }
  let wide: [String: Shape] = [
    "row": [4, 3], "column": [4, 3], "middle": [2, 3, 5], "number": [2, 3], "same": [2, 3], "both": [2, 5, 3, 7],
    "empty": [0, 3],
  ]
  for (name, shape) in wide { cases["broadcast-\(name)"] = { try $0("x").broadcast(to: shape) } }
  cases["diagonal-"] = { try $0("x").diagonal() }
  cases["diagonal-outer"] = { try $0("x").diagonal(0, 2) }
  cases["diagonal-back"] = { try $0("x").diagonal(1, 0) }
  let frames = ["overlapping": (5, 2), "apart": (2, 3), "one": (4, 1), "dense": (3, 1)]
  for (name, (length, hop)) in frames { cases["framed-\(name)"] = { try $0("x").framed(length, hop: hop) } }
  return Parity(family: "indexing", operations: cases)
}()

let stridedMistakes = [
  Mistake("permuted: axes [0, 0] of shape [2, 3]; expected each of 0 ..< 2 once") { _ = zeros(2, 3).permuted(0, 0) },
  Mistake("permuted: axes [1] of shape [2, 3]; expected each of 0 ..< 2 once") { _ = zeros(2, 3).permuted([1]) },
  Mistake(
    "broadcast: [2, 3] to [2, 4]; aligned at their last axes, extents must be equal or 1 on the left"
  ) { _ = zeros(2, 3).broadcast(to: [2, 4]) },
  Mistake("broadcast: [3] to [1]; aligned at their last axes, extents must be equal or 1 on the left") {
    _ = zeros(3).broadcast(to: [1])
  },
  Mistake("diagonal: axes -2 and -1 of shape [2, 3]; expected two axes of one extent") { _ = zeros(2, 3).diagonal() },
  Mistake("framed: windows of 4, 1 apart, of shape [2, 3]; expected a last axis of at least one window") {
    _ = zeros(2, 3).framed(4, hop: 1)
  },
]

@Suite struct StridedTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 28) }

  @Test(arguments: parity.names) func `moved and repeated axes agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 8, .sampling)
    let x = stream.normal([2, 3, 3])
    for compute: ([Tensor]) -> Tensor in [
      { $0[0].permuted(2, 0, 1).squared() }, { $0[0].diagonal().squared() },
      { $0[0].broadcast(to: [2, 2, 3, 3]).squared() }, { $0[0].framed(2, hop: 1).squared() },
    ] {
      let check = differences([x], compute)
      #expect(check.violations == [] && check.count == 18)
    }
    // four axes of which none stay together, which no exchange of two makes
    let turned = differences([stream.normal([2, 3, 2, 2])]) { $0[0].permuted(2, 0, 3, 1).squared() }
    #expect(turned.violations == [] && turned.count == 24)
  }
}
