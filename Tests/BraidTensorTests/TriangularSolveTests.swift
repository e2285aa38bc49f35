import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [:]
  for upper in [false, true] {
    let side = upper ? "upper" : "lower"
    for size in ["plain", "batch", "deep", "one", "wide", "empty", "nothing"] {
      cases["triangular-\(side)-\(size)"] = { try triangularSolve($0("t"), $0("b"), upper: upper) }
      cases["triangular-\(side)-turned-\(size)"] = {
        try triangularSolve($0("t"), $0("b"), upper: upper, transposed: true)
      }
    }
  }
  return Parity(family: "linear-algebra", operations: cases)
}()

@Suite struct TriangularSolveTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 28) }

  @Test(arguments: parity.names) func `solutions and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `the other triangle is not read`() throws {
    let t = Tensor([2, .infinity, 1, 4], [2, 2])
    // an infinity is refused wherever it stands, a number there is not looked at
    #expect(throws: LinearAlgebraError.notFinite(operation: "triangularSolve", matrix: 0)) {
      try triangularSolve(t, zeros(2, 1))
    }
    #expect(try triangularSolve(Tensor([2, 99, 1, 4], [2, 2]), Tensor([2, 5], [2, 1])).elements == [1, 1])
    #expect(
      try triangularSolve(Tensor([2, 1, 99, 4], [2, 2]), Tensor([3, 4], [2, 1]), upper: true).elements == [1, 1])
  }

  @Test func `a zero on the diagonal is named`() {
    #expect(throws: LinearAlgebraError.singular(operation: "triangularSolve", matrix: 0, pivot: 1)) {
      try triangularSolve(Tensor([2, 0, 1, 0], [2, 2]), zeros(2, 1))
    }
  }

  @Test func `derivatives agree with differences`() {
    let t = Tensor([2, 0, 0, 0.5, 1, 0, -1, 0.25, 1.5], [3, 3])
    let b = Tensor([1, -2, 3], [3, 1])
    for transposed in [false, true] {
      let check = differences([t, b]) { inputs in
        (try? triangularSolve(inputs[0], inputs[1], transposed: transposed)) ?? zeros(3, 1)
      }
      #expect(check.violations == [] && check.count == 12)
    }
  }
}
