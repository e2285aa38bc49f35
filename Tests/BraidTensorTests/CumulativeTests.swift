import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "cumulative-sum-empty": { try $0("x").cumulativeSum(0) },
    "cumulative-sum-long": { try $0("x").cumulativeSum(0) },
    "cumulative-product-zeros": { try $0("x").cumulativeProduct(1) },
    "cumulative-product-empty": { try $0("x").cumulativeProduct(1) },
  ]
  @Sendable func maximum(_ x: Operands, _ axis: Int) throws -> Tensor {
    let (values, indices) = try x("x").cumulativeMaximum(axis)
    try x.expect(indices)
    return values
  }
  cases["cumulative-maximum-ties"] = { try maximum($0, 1) }
  for axis in [0, 1, -1, -2] {
    cases["cumulative-sum\(axis)"] = { try $0("x").cumulativeSum(axis) }
    cases["cumulative-sum-exclusive\(axis)"] = { try $0("x").cumulativeSum(axis, exclusive: true) }
    cases["cumulative-sum-reversed\(axis)"] = { try $0("x").cumulativeSum(axis, reversed: true) }
    cases["cumulative-sum-both\(axis)"] = { try $0("x").cumulativeSum(axis, exclusive: true, reversed: true) }
    cases["cumulative-product\(axis)"] = { try $0("x").cumulativeProduct(axis) }
    cases["cumulative-maximum\(axis)"] = { try maximum($0, axis) }
  }
  return Parity(family: "reductions", operations: cases)
}()

@Suite struct CumulativeTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 29) }

  @Test(arguments: parity.names) func `sums, products and maxima along an axis agree with PyTorch`(_ name: String)
    throws
  {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a product with zeros has the derivative mathematics gives it`() {
    let tape = Tape()
    let x = tape.watch(Tensor([2, 0, 3]))
    // y = (a, ab, abc): dy₂/db = ac, dy₁/db = a, although a quotient y / x would be 0 / 0
    #expect(x.cumulativeProduct(0).gradients()[x]?.elements == [1, 8, 0])
  }

  @Test func `a NaN reaches all maxima after it and no sum before it`() {
    let x = Tensor([1, 3, .nan, 5])
    #expect(x.cumulativeMaximum(0).indices.elements == [0, 1, 2, 2])
    #expect(Array(x.cumulativeSum(0).elements[0...1]) == [1, 4])
    #expect(x.cumulativeSum(0, reversed: true).elements[3] == 5)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 9, .sampling)
    let x = stream.normal([2, 5, 3])
    for compute: ([Tensor]) -> Tensor in [
      { $0[0].cumulativeSum(1, exclusive: true).squared() }, { $0[0].cumulativeProduct(1).squared() },
      { $0[0].cumulativeSum(0, reversed: true).squared() }, { $0[0].cumulativeMaximum(1).values.squared() },
    ] {
      let check = differences([x], compute)
      #expect(check.violations == [] && check.count > 24)
    }
  }
}
