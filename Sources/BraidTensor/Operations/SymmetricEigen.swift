/// Eigenvalues, ascending, and eigenvectors, the columns of V, of every matrix: `[…, n, n] → […, n]` and `[…, n, n]`,
/// with A = V diag(w) Vᵀ.
///
/// Only the symmetric part of A counts. In double precision. The largest element of every column of V is positive.
///
/// Derivative (Giles 2008, "An extended collection of matrix derivative results", NA-08/01): dA = V [diag(g_w) + F ∘
/// (Vᵀ g_V)] Vᵀ made symmetric, with F_ij = 1 / (w_j − w_i). Eigenvectors of equal eigenvalues are any basis of their
/// space and have no derivative: F is 0 where two eigenvalues are closer than float32 can tell them apart in A (1.2e-7
/// of the largest). What does not depend on the choice of that basis through V keeps its exact, finite gradient, as
/// eigenvalues do that are told apart; for functions of the matrix itself use `symmetricPower`, which is exact
/// everywhere.
/// - Throws: `LinearAlgebraError` when a matrix is not finite or the iteration does not converge.
public func symmetricEigen(_ a: Tensor) throws(LinearAlgebraError) -> (values: Tensor, vectors: Tensor) {
  let stack = MatrixStack("symmetricEigen", a, isSquare: true)
  let n = stack.rows
  let parts = try eigen("symmetricEigen", stack, a)
  // both results are one row of one tensor, so that one derivative serves them
  let rows = Tensor(uninitialized: Shape(stack.count, n + n * n))
  for (number, part) in parts.enumerated() {
    let row = rows.pointer + number * (n + n * n)
    for (index, value) in part.values.enumerated() { row[index] = Float(value) }
    part.vectors.write(to: row + n)
  }
  let both = rows.recorded("symmetricEigen", from: a, flops: 9 * Double(a.count * n)) { g, sink in
    sink.accumulate(into: a) { ga, beta in
      let gradients = parts.enumerated().map { number, part in
        let row = g.pointer + number * (n + n * n)
        let w = part.values
        let v = part.vectors
        let turned = v.transposedTimes(Matrix(reading: row + n, n, n))
        let smallest = telling * (w.map(\.magnitude).max() ?? 0)
        let inner = turned.map { i, j, element in
          let gap = w[j] - w[i]
          return i == j ? Double(row[i]) : gap.magnitude <= smallest ? 0 : element / gap
        }
        return (v * inner).timesTransposed(v).symmetricPart
      }
      stack.write(gradients, to: ga, beta: beta)
    }
  }
  return (
    both.slice(1, 0..<n).reshaped(Shape(stack.leading.dimensions + [n])),
    both.slice(1, n..<(n + n * n)).reshaped(a.shape)
  )
}

/// The distance, relative to the largest, below which float32 cannot tell two eigenvalues or singular values apart.
let telling = Double(Float.ulpOfOne)

/// The eigenvalues and eigenvectors of every matrix's symmetric part.
func eigen(
  _ operation: String, _ stack: MatrixStack, _ a: Tensor, ridge: Double = 0
) throws(LinearAlgebraError) -> [(values: [Double], vectors: Matrix)] {
  var parts: [(values: [Double], vectors: Matrix)] = []
  for (number, matrix) in try stack.readAll(operation, a).enumerated() {
    guard let part = matrix.symmetricPart.symmetricEigen() else {
      throw .notConverged(operation: operation, matrix: number)
    }
    parts.append((part.values.map { $0 + ridge }, part.vectors))
  }
  return parts
}
