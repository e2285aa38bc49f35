/// X with T X = B (or Tᵀ X = B) for triangular T, matrix by matrix: `[…, n, n]`, `[…, n, m] → […, n, m]`. The other
/// triangle is not read. Computed in double precision.
///
/// Derivative: dB = T⁻ᵀ g, dT = −dB Xᵀ within the triangle (for Tᵀ: dB = T⁻¹ g, dT = −X dBᵀ).
/// - Parameters:
///   - upper: T has its numbers above the diagonal; below it by default.
///   - transposed: solves with Tᵀ.
/// - Throws: `LinearAlgebraError.singular` when the diagonal has a zero, naming the matrix in the batch and the place.
public func triangularSolve(
  _ t: Tensor, _ b: Tensor, upper: Bool = false, transposed: Bool = false
) throws(LinearAlgebraError) -> Tensor {
  let (square, stack) = systems("triangularSolve", t, b)
  let n = square.rows
  let matrices = try square.readAll("triangularSolve", t)
  for (number, matrix) in matrices.enumerated() {
    if let pivot = (0..<n).first(where: { matrix[$0, $0] == 0 }) {
      throw .singular(operation: "triangularSolve", matrix: number, pivot: pivot)
    }
  }
  let solutions = zip(matrices, try stack.readAll("triangularSolve", b)).map {
    $0.triangularSolve($1, isUpper: upper, isTransposed: transposed)
  }
  let y = stack.tensor(solutions)
  return y.recorded("triangularSolve", from: t, b, flops: Double(b.count * n)) { g, sink in
    let gradients = matrices.enumerated().map { number, t in
      t.triangularSolve(stack.read(g, number), isUpper: upper, isTransposed: !transposed)
    }
    sink.accumulate(into: b) { gb, beta in stack.write(gradients, to: gb, beta: beta) }
    sink.accumulate(into: t) { gt, beta in
      let products = zip(gradients, solutions).map { gradient, x in
        (transposed ? x.timesTransposed(gradient) : gradient.timesTransposed(x)).map {
          $0 == $1 || ($0 < $1) == upper ? -$2 : 0
        }
      }
      square.write(products, to: gt, beta: beta)
    }
  }
}

/// Square matrices and right sides that fit them.
func systems(_ operation: String, _ a: Tensor, _ b: Tensor) -> (square: MatrixStack, right: MatrixStack) {
  let square = MatrixStack(operation, a, isSquare: true)
  guard b.shape.rank == a.shape.rank, Shape(b.shape.dimensions.dropLast(2)) == square.leading,
    b.shape[-2] == square.rows
  else {
    stop(
      operation,
      "\(a.shape) and a right side of shape \(b.shape); expected \(a.shape.replacingLast(b.shape.rank > 0 ? b.shape[-1] : 1))"
    )
  }
  return (square, MatrixStack(operation, b))
}
