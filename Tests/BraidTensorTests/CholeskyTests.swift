import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(family: "linear-algebra", operations: ["cholesky-": { try cholesky($0("a")) }])

@Suite struct CholeskyTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 7) }

  @Test(arguments: parity.names) func `factors and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `the matrix and the pivot that fail are named`() {
    // [[1, 2], [2, 1]]: after the first pivot 1 − 4 is left
    let a = Tensor([1, 0, 0, 1, 1, 2, 2, 1], [2, 2, 2])
    #expect(throws: LinearAlgebraError.notPositiveDefinite(operation: "cholesky", matrix: 1, pivot: 1)) {
      try cholesky(a)
    }
    #expect(throws: LinearAlgebraError.notPositiveDefinite(operation: "cholesky", matrix: 0, pivot: 0)) {
      try cholesky(zeros(1, 1))
    }
    #expect(throws: LinearAlgebraError.notFinite(operation: "cholesky", matrix: 1)) {
      try cholesky(Tensor([1, .nan], [2, 1, 1]))
    }
    #expect(
      "\(LinearAlgebraError.notPositiveDefinite(operation: "cholesky", matrix: 1, pivot: 1))"
        == "cholesky: matrix 1 of the batch is not positive definite, pivot 1 is not above 0. Add a ridge to its diagonal."
    )
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 15, .sampling)
    let a = matmul(Tensor([2, 0, 0, 0.5, 1, 0, 0, 0.25, 1], [3, 3]), stream.normal([3, 3]) * 0.1) + 2 * identity(3)
    let check = differences([a]) { inputs in
      (try? cholesky(inputs[0])) ?? zeros(3, 3)
    }
    #expect(check.violations == [] && check.count == 9)
  }
}

func identity(_ n: Int) -> Tensor { Tensor((0..<(n * n)).map { $0 % (n + 1) == 0 ? 1 : 0 }, Shape(n, n)) }

let algebraMistakes = [
  Mistake("cholesky: a tensor of shape [2, 3]; expected […, n, n]") { _ = try? cholesky(zeros(2, 3)) },
  Mistake("singularValues: a tensor of shape [3]; expected […, m, n]") { _ = try? singularValues(zeros(3)) },
  Mistake("solve: [2, 3, 3] and a right side of shape [3, 1]; expected [2, 3, 1]") {
    _ = try? solve(zeros(2, 3, 3), zeros(3, 1))
  },
  Mistake("triangularSolve: [3, 3] and a right side of shape [2, 4]; expected [3, 4]") {
    _ = try? triangularSolve(zeros(3, 3), zeros(2, 4))
  },
]
