/// X with A X = B, matrix by matrix: `[…, n, n]`, `[…, n, m] → […, n, m]`. By elimination with exchanged rows, in
/// double precision.
///
/// Derivative: dB = A⁻ᵀ g, dA = −dB Xᵀ.
/// - Throws: `LinearAlgebraError.singular`, which names the matrix in the batch and the pivot.
public func solve(_ a: Tensor, _ b: Tensor) throws(LinearAlgebraError) -> Tensor {
  let (square, stack) = systems("solve", a, b)
  let factors = try factorised("solve", square, a)
  let solutions = zip(factors, try stack.readAll("solve", b)).map { $0.solve($1) }
  let y = stack.tensor(solutions)
  let flops = Double(a.count * square.rows) * 2 / 3 + 2 * Double(b.count * square.rows)
  return y.recorded("solve", from: a, b, flops: flops) { g, sink in
    let gradients = factors.enumerated().map { $1.solve(stack.read(g, $0), isTransposed: true) }
    sink.accumulate(into: b) { gb, beta in stack.write(gradients, to: gb, beta: beta) }
    sink.accumulate(into: a) { ga, beta in
      square.write(zip(gradients, solutions).map { -$0.timesTransposed($1) }, to: ga, beta: beta)
    }
  }
}

/// A⁻¹ of every matrix: `[…, n, n] → […, n, n]`, in double precision. Prefer `solve` to multiplying with it.
///
/// Derivative: dA = −A⁻ᵀ g A⁻ᵀ.
/// - Throws: `LinearAlgebraError.singular`, which names the matrix in the batch and the pivot.
public func inverse(_ a: Tensor) throws(LinearAlgebraError) -> Tensor {
  let stack = MatrixStack("inverse", a, isSquare: true)
  let inverses = try factorised("inverse", stack, a).map { $0.solve(.identity(stack.rows)) }
  let y = stack.tensor(inverses)
  return y.recorded("inverse", from: a, flops: 2 * Double(a.count * stack.rows)) { g, sink in
    sink.accumulate(into: a) { ga, beta in
      let gradients = inverses.enumerated().map { number, inverse in
        -inverse.transposedTimes(stack.read(g, number)).timesTransposed(inverse)
      }
      stack.write(gradients, to: ga, beta: beta)
    }
  }
}

/// log |det A| of every matrix, and the determinant's sign as a constant: `[…, n, n] → […]`. In double precision;
/// neither overflows where the determinant would.
///
/// Derivative (of the logarithm): dA = g A⁻ᵀ.
/// - Throws: `LinearAlgebraError.singular`, which names the matrix in the batch and the pivot.
public func logDeterminant(_ a: Tensor) throws(LinearAlgebraError) -> (logarithm: Tensor, sign: Tensor) {
  let stack = MatrixStack("logDeterminant", a, isSquare: true)
  let factors = try factorised("logDeterminant", stack, a)
  let y = Tensor(factors.map { Float($0.logDeterminant) }, stack.leading)
  let recorded = y.recorded("logDeterminant", from: a, flops: Double(a.count * stack.rows) * 2 / 3) { g, sink in
    sink.accumulate(into: a) { ga, beta in
      let gradients = factors.enumerated().map { number, lu in
        let scale = Double(g.pointer[number])
        return lu.solve(.identity(stack.rows), isTransposed: true).map { scale * $2 }
      }
      stack.write(gradients, to: ga, beta: beta)
    }
  }
  return (recorded, Tensor(factors.map { Float($0.sign) }, stack.leading))
}

private func factorised(
  _ operation: String, _ stack: MatrixStack, _ a: Tensor
) throws(LinearAlgebraError) -> [Matrix.LU] {
  var factors: [Matrix.LU] = []
  for (number, matrix) in try stack.readAll(operation, a).enumerated() {
    let lu = matrix.lu()
    if let pivot = lu.failedPivot { throw .singular(operation: operation, matrix: number, pivot: pivot) }
    factors.append(lu)
  }
  return factors
}
