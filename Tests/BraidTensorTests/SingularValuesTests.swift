import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(
  family: "linear-algebra",
  operations: [
    "singular-": { x in
      let (u, s, v) = try singularValues(x("a"))
      var row = u.shape
      row[-2] = 1
      return concatenate([u, s.reshaped(row), v], axis: -2)
    }
  ])

@Suite struct SingularValuesTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 11) }

  @Test(arguments: parity.names) func `factors and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `the orthogonal factor keeps its exact gradient at equal singular values`() throws {
    // at A = 2 I the polar factor U Vᵀ moves by the antisymmetric part of dA over 2: the gradient is that of g, half of
    // it
    let tape = Tape()
    let a = tape.watch(2 * identity(3))
    let (u, s, v) = try singularValues(a)
    #expect(s.elements == [2, 2, 2])
    let upstream = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 10], [3, 3])
    let gradients = matmul(u, v, transposeB: true).gradients(upstream: upstream)
    try expectClose(try #require(gradients[a]), [0, -0.5, -1, 0.5, 0, -0.5, 1, 0.5, 0])
  }

  @Test func `a matrix without full rank has finite gradients`() throws {
    let tape = Tape()
    let a = tape.watch(Tensor([1, 2, 2, 4, 3, 6], [3, 2]))
    let (u, s, v) = try singularValues(a)
    #expect(s.elements[1] < 1e-6)
    let loss = u.squared().squared().sum() + s.sum() + v.sum()
    #expect(loss.gradients()[a]?.isFinite == true)
    let zero = Tape().watch(zeros(3, 2))
    #expect(try singularValues(zero).s.sum().gradients()[zero]?.isFinite == true)
  }

  @Test func `derivatives agree with differences`() {
    let a = Tensor([3, 0.5, -0.25, 0.5, 1, 0.75], [3, 2])
    for input in [a, a.transposed()] {
      let check = differences([input]) { inputs in
        guard let (u, s, v) = try? singularValues(inputs[0]) else { return zeros(6, 2) }
        return concatenate([u, s.reshaped(1, 2), v], axis: 0)
      }
      #expect(check.violations == [] && check.count == 6)
    }
  }
}
