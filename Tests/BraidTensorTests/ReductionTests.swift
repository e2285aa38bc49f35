import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "smallest-one": { try $0("x").minimum(0) }, "smallest-none": { try $0("x").minimum(-1) },
    "product-zeros": { try $0("x").product(1) }, "product-nothing": { try $0("x").product(1) },
    "product-one": { try $0("x").product(-1) },
    "axes-sum-none": { try $0("x").sum([0, 1]) }, "axes-mean-none": { try $0("x").mean([1, 2]) },
    "axes-largest-none": { try $0("x").maximum([1, 2]) }, "axes-smallest-none": { try $0("x").minimum([1, 2]) },
    "axes-sum-one": { try $0("x").sum([0, 2]) }, "axes-mean-one": { try $0("x").mean([0, 2]) },
    "axes-largest-one": { try $0("x").maximum([0, 2]) }, "axes-smallest-one": { try $0("x").minimum([0, 2]) },
  ]
  for axis in [0, 1, -1, -2] {
    cases["smallest\(axis)"] = { try $0("x").minimum(axis) }
    cases["smallest\(axis)-kept"] = { try $0("x").minimum(axis, keepingAxis: true) }
    cases["product\(axis)"] = { try $0("x").product(axis) }
    cases["product\(axis)-kept"] = { try $0("x").product(axis, keepingAxis: true) }
  }
  for axes in [[0, 2], [1, 2], [-1, 0], [0, 1, 2, 3], [3], [0, 1, 3]] {
    let name = axes.map(String.init).joined()
    cases["axes-sum\(name)"] = { try $0("x").sum(axes) }
    cases["axes-mean\(name)"] = { try $0("x").mean(axes, keepingAxes: true) }
    cases["axes-largest\(name)"] = { try $0("x").maximum(axes, keepingAxes: true) }
    cases["axes-smallest\(name)"] = { try $0("x").minimum(axes) }
  }
  return Parity(family: "reductions", operations: cases)
}()

let reductionMistakes = [
  Mistake("minimum: axis 1 of shape [2, 0] is empty; a minimum needs at least one element") {
    _ = zeros(2, 0).minimum(1)
  },
  Mistake("sum: axes [0, -2] of shape [2, 3]; expected each at most once") { _ = zeros(2, 3).sum([0, -2]) },
]

@Suite struct ReductionTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 53) }

  @Test(arguments: parity.names) func `smallest elements, products and several axes agree with PyTorch`(_ name: String)
    throws
  {
    #expect(try parity.violations(name) == [])
  }

  @Test func `the first of several smallest elements gets the gradient, and NaN wins`() {
    let tape = Tape()
    let x = tape.watch(Tensor([2, 1, 1, 3, .nan, -1], [2, 3]))
    let y = x.minimum(1)
    #expect(y.elements[0] == 1 && y.elements[1].isNaN)
    #expect(y.gradients(upstream: Tensor([5, 7]))[x]?.elements == [0, 5, 0, 0, 7, 0])
  }

  @Test func `ties over several axes go to the first in row-major order`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 0, 4, 2, 4, 1, 0, 4], [2, 2, 2]))
    let y = x.maximum([0, 2])
    #expect(y.elements == [4, 4])
    #expect(y.gradients(upstream: Tensor([3, 5]))[x]?.elements == [0, 0, 5, 0, 3, 0, 0, 0])
  }

  @Test func `over no axes nothing changes`() {
    let x = Tensor([1, 2, 3, 4], [2, 2])
    #expect(x.sum([]).elements == x.elements && x.mean([], keepingAxes: true).shape == [2, 2])
  }

  @Test func `a product over nothing is 1 and has no derivative`() {
    let tape = Tape()
    let x = tape.watch(Tensor.zeros([0, 100]))
    let y = x.product(0)
    #expect(y.elements == Array(repeating: 1, count: 100))
    #expect(y.gradients(upstream: .ones([100]))[x]?.shape == [0, 100])
  }

  @Test func `a product of one 0 passes the gradient to it alone, of two to none`() {
    let tape = Tape()
    let x = tape.watch(Tensor([2, 0, 3, 0, 0, 5], [2, 3]))
    #expect(x.product(1).gradients(upstream: Tensor([1, 1]))[x]?.elements == [0, 6, 0, 0, 0, 0])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 35, .sampling)
    let x = stream.normal([2, 3, 2])
    let product = differences([x]) { $0[0].product(1).squared() }
    let mean = differences([x]) { $0[0].mean([0, 2]).squared() }
    #expect(product.violations == [] && mean.violations == [])
    #expect(product.count == 12 && mean.count == 12)
  }
}
