import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(
  family: "linear-algebra",
  operations: [
    "eigen-": { x in
      let (values, vectors) = try symmetricEigen(x("a"))
      let shape = vectors.shape
      var row = shape
      row[-2] = 1
      return concatenate([values.reshaped(row), vectors], axis: -2)
    }
  ])

@Suite struct SymmetricEigenTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 7) }

  @Test(arguments: parity.names) func `values, vectors and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `equal eigenvalues have a finite gradient, and the exact one where it does not depend on the basis`()
    throws
  {
    // the sum of all eigenvalues is the trace, whose gradient is the identity
    let tape = Tape()
    let a = tape.watch(3 * identity(4))
    let (values, vectors) = try symmetricEigen(a)
    #expect(values.elements == [3, 3, 3, 3])
    // V Vᵀ is the identity for every basis: its share must be 0, not infinite
    let both = values.sum() + matmul(vectors, vectors, transposeB: true).sum()
    try expectClose(try #require(both.gradients()[a]), identity(4).elements.map(Double.init))
    // what does depend on the basis is at least finite
    let other = Tape()
    let b = other.watch(identity(3))
    let loss = try symmetricEigen(b).vectors.squared().squared().sum()
    #expect(loss.gradients()[b]?.isFinite == true)
  }

  @Test func `only the symmetric part counts`() throws {
    let (values, _) = try symmetricEigen(Tensor([1, 4, 0, 1], [2, 2]))
    #expect(values.elements == [-1, 3])
    #expect(throws: LinearAlgebraError.notFinite(operation: "symmetricEigen", matrix: 0)) {
      try symmetricEigen(Tensor([.infinity], [1, 1]))
    }
  }

  @Test func `derivatives agree with differences`() {
    let a = Tensor([1, 0.5, -0.25, 0.5, 3, 0.75, -0.25, 0.75, 5], [3, 3])
    let check = differences([a]) { inputs in
      guard let (values, vectors) = try? symmetricEigen(inputs[0]) else { return zeros(4, 3) }
      return concatenate([values.reshaped(1, 3), vectors], axis: 0)
    }
    #expect(check.violations == [] && check.count == 9)
  }
}
