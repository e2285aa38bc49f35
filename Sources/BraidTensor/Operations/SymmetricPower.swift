import CBraidKernels

/// (A + ridge I)^p of every symmetric matrix: `[…, n, n] → […, n, n]`, V diag((w + ridge)^p) Vᵀ. p = −½ whitens, as
/// canonical correlation does; ½ is the square root.
///
/// Only the symmetric part of A counts. In double precision.
///
/// Derivative (Daleckii & Krein 1965): dA = V [Φ ∘ (Vᵀ g V)] Vᵀ with the divided differences Φ_ij = (w_i^p − w_j^p) /
/// (w_i − w_j), p w^(p−1) where they meet. It exists and is exact for equal eigenvalues too.
/// - Parameter ridge: added to every eigenvalue first.
/// - Throws: `LinearAlgebraError.notPositiveDefinite` unless p is a whole number from 0 on or all eigenvalues, ridge
///   included, are above rounding; it names the matrix in the batch and the eigenvalue, ascending.
public func symmetricPower(_ a: Tensor, _ p: Double, ridge: Double = 0) throws(LinearAlgebraError) -> Tensor {
  let stack = MatrixStack("symmetricPower", a, isSquare: true)
  let n = stack.rows
  let parts = try eigen("symmetricPower", stack, a, ridge: ridge)
  for (number, part) in parts.enumerated() where p < 0 || p != p.rounded() {
    let smallest = Double(n) * Double.ulpOfOne * (part.values.map(\.magnitude).max() ?? 0)
    if let pivot = part.values.firstIndex(where: { $0 <= smallest }) {
      throw .notPositiveDefinite(operation: "symmetricPower", matrix: number, pivot: pivot)
    }
  }
  let y = stack.tensor(
    parts.map { part in
      let powers = part.values.map { braid_pow_double($0, p) }
      return part.vectors.map { $2 * powers[$1] }.timesTransposed(part.vectors)
    })
  return y.recorded("symmetricPower", from: a, flops: 11 * Double(a.count * n)) { g, sink in
    sink.accumulate(into: a) { ga, beta in
      let gradients = parts.enumerated().map { number, part in
        let v = part.vectors
        let turned = v.transposedTimes(stack.read(g, number)) * v
        let inner = turned.map { $2 * dividedDifference(part.values[$0], part.values[$1], p) }
        return (v * inner).timesTransposed(v).symmetricPart
      }
      stack.write(gradients, to: ga, beta: beta)
    }
  }
}

/// (a^p − b^p) / (a − b). Below a relative distance of 1e-6 the slope in the middle is closer than the quotient's
/// digits.
private func dividedDifference(_ a: Double, _ b: Double, _ p: Double) -> Double {
  if p == 0 { return 0 }
  if (a - b).magnitude <= 1e-6 * max(a.magnitude, b.magnitude) { return p * braid_pow_double((a + b) / 2, p - 1) }
  return (braid_pow_double(a, p) - braid_pow_double(b, p)) / (a - b)
}
