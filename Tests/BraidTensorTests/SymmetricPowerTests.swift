import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [:]
  for p in [-1, -0.5, 0.5, 1, 1.5] { cases["power\(p)-"] = { try symmetricPower($0("a"), p, ridge: 0.125) } }
  for p in [2.0, 3] { cases["power\(p)-indefinite"] = { try symmetricPower($0("a"), p) } }
  return Parity(family: "linear-algebra", operations: cases)
}()

@Suite struct SymmetricPowerTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 37) }

  @Test(arguments: parity.names) func `powers and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `equal eigenvalues keep the exact gradient`() throws {
    // at A = 4 I: d(A^p) = p 4^(p−1) dA, so the gradient is the upstream's symmetric part times −½ · 4^(−3/2) = −1/16
    let tape = Tape()
    let a = tape.watch(4 * identity(3))
    let y = try symmetricPower(a, -0.5)
    try expectClose(y, (0.5 * identity(3)).elements.map(Double.init))
    let upstream = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 10], [3, 3])
    let expected = [1.0, 3, 5, 3, 5, 7, 5, 7, 10].map { $0 * -1 / 16 }
    try expectClose(try #require(y.gradients(upstream: upstream)[a]), expected)
  }

  @Test func `the power 0 is the identity, without a slope`() throws {
    let tape = Tape()
    let a = tape.watch(Tensor([1, 2, 2, -3], [2, 2]))
    let y = try symmetricPower(a, 0)
    try expectClose(y, [1, 0, 0, 1])
    #expect(y.gradients()[a]?.elements == [0, 0, 0, 0])
  }

  @Test func `whitening whitens`() throws {
    var stream = RandomStream(seed: 17, .sampling)
    let x = stream.normal([50, 7])
    let covariance = matmul(x, x, transposeA: true) / 50
    let white = try symmetricPower(covariance, -0.5)
    try expectClose(matmul(matmul(white, covariance), white), identity(7).elements.map(Double.init), 2e-6)
  }

  @Test func `the matrix and the eigenvalue that have no power are named`() throws {
    let a = Tensor([1, 0, 0, 1, 1, 1, 1, 1], [2, 2, 2])
    #expect(throws: LinearAlgebraError.notPositiveDefinite(operation: "symmetricPower", matrix: 1, pivot: 0)) {
      try symmetricPower(a, -0.5)
    }
    #expect(try symmetricPower(a, -0.5, ridge: 1e-3).isFinite)
    #expect(try symmetricPower(a, 2).isFinite)
  }

  @Test func `derivatives agree with differences`() {
    let a = Tensor([2, 0.5, -0.25, 0.5, 3, 0.75, -0.25, 0.75, 5], [3, 3])
    let check = differences([a]) { inputs in (try? symmetricPower(inputs[0], -0.5)) ?? zeros(3, 3) }
    #expect(check.violations == [] && check.count == 9)
  }
}
