import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(
  family: "linear-algebra",
  operations: [
    "solve-": { try solve($0("a"), $0("b")) },
    "inverse-": { try inverse($0("a")) },
    "determinant-": { x in
      let (logarithm, sign) = try logDeterminant(x("a"))
      try expectClose(sign, x.fixture, "extra.sign")
      return logarithm
    },
  ])

@Suite struct SolveTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 28) }

  @Test(arguments: parity.names) func `solutions, inverses, determinants and gradients agree with PyTorch`(
    _ name: String
  ) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `the singular matrix and its pivot are named`() {
    let a = Tensor([1, 0, 0, 1, 1, 2, 2, 4], [2, 2, 2])
    #expect(throws: LinearAlgebraError.singular(operation: "solve", matrix: 1, pivot: 1)) {
      try solve(a, zeros(2, 2, 1))
    }
    #expect(throws: LinearAlgebraError.singular(operation: "inverse", matrix: 1, pivot: 1)) { try inverse(a) }
    #expect(throws: LinearAlgebraError.singular(operation: "logDeterminant", matrix: 1, pivot: 1)) {
      try logDeterminant(a)
    }
    #expect(
      "\(LinearAlgebraError.singular(operation: "inverse", matrix: 1, pivot: 0))"
        == "inverse: matrix 1 of the batch is singular, pivot 0 is 0. Add a ridge to its diagonal.")
    #expect(
      "\(LinearAlgebraError.notFinite(operation: "inverse", matrix: 1))"
        == "inverse: matrix 1 of the batch has an element that is infinite or not a number.")
    #expect(
      "\(LinearAlgebraError.notConverged(operation: "singularValues", matrix: 1))"
        == "singularValues: the iteration for matrix 1 of the batch did not converge.")
  }

  @Test func `a determinant that float32 cannot hold has a logarithm`() throws {
    let (logarithm, sign) = try logDeterminant(identity(50) * 1e-10)
    // 50 log(1e-10)
    #expect(abs(logarithm.scalar + 1151.2925) < 1e-3 && sign.scalar == 1)
    let exchanged = try logDeterminant(Tensor([0, 1, 1, 0], [2, 2]))
    #expect(exchanged.sign.scalar == -1 && exchanged.logarithm.scalar == 0)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 16, .sampling)
    let a = stream.normal([3, 3]) + 3 * identity(3)
    let b = stream.normal([3, 2])
    let solved = differences([a, b]) { inputs in (try? solve(inputs[0], inputs[1])) ?? zeros(3, 2) }
    let inverted = differences([a]) { inputs in (try? inverse(inputs[0])) ?? zeros(3, 3) }
    let measured = differences([a]) { inputs in (try? logDeterminant(inputs[0]))?.logarithm ?? zeros() }
    for check in [solved, inverted, measured] { #expect(check.violations == [] && check.count >= 9) }
  }
}
