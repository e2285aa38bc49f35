import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [:]
  func add(_ name: String, _ order: @escaping @Sendable (Tensor) -> (values: Tensor, indices: Indices)) {
    cases[name] = { x in
      let (values, indices) = order(try x("x"))
      try x.expect(indices)
      return values
    }
  }
  for axis in [0, 1, -1] {
    for kind in ["", "-ties"] {
      add("sort\(kind)\(axis)") { $0.sorted(axis) }
      add("sort-down\(kind)\(axis)") { $0.sorted(axis, descending: true) }
    }
  }
  add("sort-one") { $0.sorted() }
  add("sort-empty") { $0.sorted() }
  for k in [0, 1, 2, 11, 37] {
    add("top\(k)") { $0.topK(k) }
    add("bottom\(k)") { $0.topK(k, largest: false) }
  }
  add("top-middle") { $0.topK(2, 1) }
  return Parity(family: "indexing", operations: cases)
}()

let orderMistakes = [
  Mistake("topK: 4 of axis 1 of shape [2, 3]; expected 0 … 3") { _ = zeros(2, 3).topK(4) },
  Mistake("argmax: axis 1 of shape [2, 0] is empty; it needs at least one element") { _ = zeros(2, 0).argmax(1) },
]

@Suite struct SortTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 25) }

  @Test(arguments: parity.names) func `values, places and gradients agree with PyTorch's stable sort`(_ name: String)
    throws
  {
    #expect(try parity.violations(name) == [])
  }

  @Test func `infinities stand at the ends, both zeros are one, and NaN is the largest`() {
    let x = Tensor([.nan, 1, -.infinity, 0, .infinity, -0.0, -1e-40, -.nan])
    #expect(x.sorted().indices.elements == [2, 6, 3, 5, 1, 4, 0, 7])
    #expect(x.sorted(descending: true).indices.elements == [0, 7, 4, 1, 3, 5, 6, 2])
    #expect(x.topK(1).indices.elements == [0])
  }

  @Test func `few of many and all of many come in the same order`() {
    var stream = RandomStream(seed: 4, .sampling)
    let x = stream.normal([5, 1009])
    let all = x.sorted(descending: true)
    let few = x.topK(32)
    let many = x.topK(33)
    #expect(few.values.elements == all.values.slice(1, 0..<32).elements)
    #expect(many.values.elements == all.values.slice(1, 0..<33).elements)
    #expect(Set(all.indices.elements[0..<1009]).count == 1009)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 5, .sampling)
    let x = stream.uniform([3, 5], from: -4, to: 4)
    let check = differences([x], step: 1e-3) { $0[0].sorted().values.squared() + $0[0].topK(5, largest: false).values }
    #expect(check.violations == [] && check.count > 10)
  }
}
