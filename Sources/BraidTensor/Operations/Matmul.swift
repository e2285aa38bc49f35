import CBraidKernels

/// The matrix product `[m, k] · [k, n] → [m, n]`.
///
/// Derivative: da = g bᵀ, db = aᵀ g (transposed where the operand is stored so).
/// - Parameters:
///   - transposeA: a is stored `[k, m]`.
///   - transposeB: b is stored `[n, k]`.
public func matmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
  guard a.shape.rank == 2, b.shape.rank == 2 else {
    stop("matmul", "\(a.shape) · \(b.shape); expected two matrices (batchedMatmul takes leading axes)")
  }
  let p = Product("matmul", a.shape, b.shape, transposeA, transposeB)
  let y = Tensor(uninitialized: Shape(p.m, p.n))
  p.multiply(a.pointer, b.pointer, y.pointer, 1, 0)
  return y.recorded("matmul", from: a, b, saving: (a, b, p), flops: p.flops) { saved, g, sink in
    let (a, b, p) = saved
    sink.accumulate(into: a) { ga, beta in p.gradientA(g.pointer, b.pointer, ga, 1, beta) }
    sink.accumulate(into: b) { gb, beta in p.gradientB(g.pointer, a.pointer, gb, 1, beta) }
  }
}

/// Products of matrices pair by pair: `[…, m, k] · […, k, n] · scale → […, m, n]`, the leading axes being equal.
///
/// Derivative: da = scale g bᵀ, db = scale aᵀ g for every pair.
public func batchedMatmul(
  _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false, scale: Float = 1
) -> Tensor {
  let rank = a.shape.rank
  guard rank >= 2, rank == b.shape.rank else {
    stop("batchedMatmul", "\(a.shape) · \(b.shape); expected as many axes on both sides, two at least")
  }
  for axis in 0..<(rank - 2) where a.shape[axis] != b.shape[axis] {
    stop(
      "batchedMatmul",
      "leading axes differ, \(a.shape) · \(b.shape); expected \(a.shape[axis]) as axis \(axis) on the right")
  }
  let p = Product("batchedMatmul", a.shape, b.shape, transposeA, transposeB)
  var shape = a.shape
  shape[-2] = p.m
  shape[-1] = p.n
  let batch = shape.count(0..<(rank - 2))
  let y = Tensor(uninitialized: shape)
  for i in 0..<batch {
    p.multiply(a.pointer + i * p.m * p.k, b.pointer + i * p.k * p.n, y.pointer + i * p.m * p.n, scale, 0)
  }
  return y.recorded("batchedMatmul", from: a, b, saving: (a, b, p, batch, scale), flops: Double(batch) * p.flops) {
    saved, g, sink in
    let (a, b, p, batch, scale) = saved
    sink.accumulate(into: a) { ga, beta in
      for i in 0..<batch {
        p.gradientA(g.pointer + i * p.m * p.n, b.pointer + i * p.k * p.n, ga + i * p.m * p.k, scale, beta)
      }
    }
    sink.accumulate(into: b) { gb, beta in
      for i in 0..<batch {
        p.gradientB(g.pointer + i * p.m * p.n, a.pointer + i * p.m * p.k, gb + i * p.k * p.n, scale, beta)
      }
    }
  }
}

/// op(a) op(b) of the last two axes: sizes and how the operands are stored.
private struct Product {
  let m: Int, n: Int, k: Int
  let transposeA: Bool, transposeB: Bool
  var flops: Double { 2 * Double(m * n * k) }

  init(_ operation: String, _ a: Shape, _ b: Shape, _ transposeA: Bool, _ transposeB: Bool) {
    (m, k) = transposeA ? (a[-1], a[-2]) : (a[-2], a[-1])
    let inner = transposeB ? b[-1] : b[-2]
    n = transposeB ? b[-2] : b[-1]
    (self.transposeA, self.transposeB) = (transposeA, transposeB)
    guard inner == k else {
      let left = transposeA ? "\(a)ᵀ" : "\(a)", right = transposeB ? "\(b)ᵀ" : "\(b)"
      let leading = a.rank > 2 ? "…, " : ""
      let wanted = transposeB ? "[\(leading)_, \(k)]" : "[\(leading)\(k), _]"
      stop(operation, "inner sizes differ, \(left) · \(right); expected \(wanted) on the right")
    }
  }

  @inline(__always)
  func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ scale: Float,
    _ beta: Float
  ) {
    gemm(m, n, k, a, transposeA, b, transposeB, y, alpha: scale, beta: beta)
  }

  @inline(__always)
  func gradientA(
    _ g: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ ga: UnsafeMutablePointer<Float>, _ scale: Float,
    _ beta: Float
  ) {
    if transposeA {  // stored [k, m]
      gemm(k, m, n, b, transposeB, g, true, ga, alpha: scale, beta: beta)
    } else {
      gemm(m, k, n, g, false, b, !transposeB, ga, alpha: scale, beta: beta)
    }
  }

  @inline(__always)
  func gradientB(
    _ g: UnsafePointer<Float>, _ a: UnsafePointer<Float>, _ gb: UnsafeMutablePointer<Float>, _ scale: Float,
    _ beta: Float
  ) {
    if transposeB {  // stored [n, k]
      gemm(n, k, m, g, true, a, transposeA, gb, alpha: scale, beta: beta)
    } else {
      gemm(k, n, m, a, !transposeA, g, false, gb, alpha: scale, beta: beta)
    }
  }
}

/// The outer product of two vectors per sample: `[B, m] ⊗ [B, n] → [B, m, n]`, y_bij = a_bi b_bj.
///
/// Derivative: da_bi = Σ_j g_bij b_bj, db_bj = Σ_i g_bij a_bi.
public func outerProduct(_ a: Tensor, _ b: Tensor) -> Tensor {
  guard a.shape.rank == 2, b.shape.rank == 2, a.shape[0] == b.shape[0] else {
    stop("outerProduct", "\(a.shape) ⊗ \(b.shape); expected [batch, m] and [batch, n] with one batch size")
  }
  let batch = a.shape[0], m = a.shape[1], n = b.shape[1]
  let y = Tensor(uninitialized: Shape(batch, m, n))
  braid_outer(a.pointer, b.pointer, batch, m, n, y.pointer)
  return y.recorded("outerProduct", from: a, b, saving: (a, b, batch, m, n), flops: Double(y.count)) { saved, g, sink in
    let (a, b, batch, m, n) = saved
    sink.accumulate(into: a) { ga, beta in braid_outer_gradient_first(g.pointer, b.pointer, batch, m, n, beta, ga) }
    sink.accumulate(into: b) { gb, beta in braid_outer_gradient_second(g.pointer, a.pointer, batch, m, n, beta, gb) }
  }
}
