/// The lower triangular L with A = L Lᵀ, of every matrix: `[…, n, n] → […, n, n]`, zeros above the diagonal.
///
/// Only the symmetric part of A counts, and the factorisation runs in double precision.
///
/// Derivative (Murray 2016, "Differentiation of the Cholesky decomposition"): with Φ taking the lower triangle and half
/// the diagonal, S = L⁻ᵀ Φ(Lᵀ g) L⁻¹ and dA = (S + Sᵀ) / 2.
/// - Throws: `LinearAlgebraError.notPositiveDefinite`, which names the matrix in the batch and the pivot.
public func cholesky(_ a: Tensor) throws(LinearAlgebraError) -> Tensor {
  let stack = MatrixStack("cholesky", a, isSquare: true)
  let n = stack.rows
  var factors: [Matrix] = []
  for (number, matrix) in try stack.readAll("cholesky", a).enumerated() {
    let (factor, failedPivot) = matrix.symmetricPart.cholesky()
    if let failedPivot { throw .notPositiveDefinite(operation: "cholesky", matrix: number, pivot: failedPivot) }
    factors.append(factor)
  }
  let y = stack.tensor(factors)
  return y.recorded("cholesky", from: a, flops: Double(stack.count * n * n * n) / 3) { [factors] g, sink in
    sink.accumulate(into: a) { ga, beta in
      let gradients = factors.enumerated().map { number, l in
        let g = stack.read(g, number).map { $0 < $1 ? 0 : $2 }
        let inner = l.transposedTimes(g).map { $0 < $1 ? 0 : $0 == $1 ? $2 / 2 : $2 }
        // L⁻ᵀ inner L⁻¹ = L⁻ᵀ (L⁻ᵀ innerᵀ)ᵀ
        let half = l.triangularSolve(inner.transposed, isUpper: false, isTransposed: true).transposed
        return l.triangularSolve(half, isUpper: false, isTransposed: true).symmetricPart
      }
      stack.write(gradients, to: ga, beta: beta)
    }
  }
}
