/// The thin singular value decomposition of every matrix: `[…, m, n] → […, m, k]`, `[…, k]`, `[…, n, k]` with k =
/// min(m, n) and A = U diag(s) Vᵀ, s descending.
///
/// In double precision. The largest element of every column of U is positive.
///
/// Derivative (Townsend 2016, "Differentiating the singular value decomposition"; Giles 2008): with P = Uᵀ g_U − g_Uᵀ U
/// and Q = Vᵀ g_V − g_Vᵀ V, dA = U [diag(g_s) + ½ (P + Q) / (s_j − s_i) + ½ (P − Q) / (s_j + s_i)] Vᵀ + (I − U Uᵀ) g_U
/// S⁻¹ Vᵀ + U S⁻¹ g_Vᵀ (I − V Vᵀ). A quotient whose denominator float32 cannot tell from 0 (1.2e-7 of the largest
/// singular value) is 0: there the factors themselves have no derivative. P + Q vanishes for what does not depend on
/// the choice of basis, so that the orthogonal factor U Vᵀ, say, keeps its exact gradient at equal singular values.
/// - Throws: `LinearAlgebraError` when a matrix is not finite or the iteration does not converge.
public func singularValues(_ a: Tensor) throws(LinearAlgebraError) -> (u: Tensor, s: Tensor, v: Tensor) {
  let stack = MatrixStack("singularValues", a)
  let m = stack.rows
  let n = stack.columns
  let k = min(m, n)
  var parts: [(u: Matrix, s: [Double], v: Matrix)] = []
  for (number, matrix) in try stack.readAll("singularValues", a).enumerated() {
    guard let part = matrix.singularValues() else { throw .notConverged(operation: "singularValues", matrix: number) }
    parts.append(part)
  }
  // the three results are one row of one tensor, so that one derivative serves them
  let width = m * k + k + n * k
  let rows = Tensor(uninitialized: Shape(stack.count, width))
  for (number, part) in parts.enumerated() {
    let row = rows.pointer + number * width
    part.u.write(to: row)
    for (index, value) in part.s.enumerated() { row[m * k + index] = Float(value) }
    part.v.write(to: row + m * k + k)
  }
  let all = rows.recorded("singularValues", from: a, flops: 14 * Double(a.count * k)) { [parts] g, sink in
    sink.accumulate(into: a) { ga, beta in
      let gradients = parts.enumerated().map { number, part in
        let row = g.pointer + number * width
        let values = (0..<k).map { Double(row[m * k + $0]) }
        return gradient(part, Matrix(reading: row, m, k), values, Matrix(reading: row + m * k + k, n, k))
      }
      stack.write(gradients, to: ga, beta: beta)
    }
  }
  func part(_ range: Range<Int>, _ extents: [Int]) -> Tensor {
    all.slice(1, range).reshaped(Shape(stack.leading.dimensions + extents))
  }
  return (part(0..<(m * k), [m, k]), part((m * k)..<(m * k + k), [k]), part((m * k + k)..<width, [n, k]))
}

/// dA from the gradients of the three factors.
private func gradient(
  _ part: (u: Matrix, s: [Double], v: Matrix), _ gu: Matrix, _ gs: [Double], _ gv: Matrix
) -> Matrix {
  let (u, s, v) = part
  let smallest = telling * (s.first ?? 0)
  func divided(_ x: Double, by y: Double) -> Double { y.magnitude <= smallest ? 0 : x / y }
  let left = u.transposedTimes(gu)
  let right = v.transposedTimes(gv)
  let inner = Matrix(s.count, s.count) { i, j in
    if i == j { return gs[i] }
    let p = left[i, j] - left[j, i]
    let q = right[i, j] - right[j, i]
    return (divided(p + q, by: s[j] - s[i]) + divided(p - q, by: s[j] + s[i])) / 2
  }
  let beyondU = (gu - u * left).map { divided($2, by: s[$1]) }  // (I − U Uᵀ) g_U S⁻¹
  let beyondV = (gv - v * right).map { divided($2, by: s[$1]) }
  return (u * inner + beyondU).timesTransposed(v) + u.timesTransposed(beyondV)
}
