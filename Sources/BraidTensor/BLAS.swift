import CBraidBLAS
import CBraidKernels

/// c = alpha op(a) op(b) + beta c, row-major, densely packed: op(a) is [m, k], op(b) [k, n], c [m, n].
/// A transposed operand is stored the other way round. With beta 0, c need not be initialised.
@inline(__always)
func gemm(
  _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ transposeA: Bool, _ b: UnsafePointer<Float>,
  _ transposeB: Bool,
  _ c: UnsafeMutablePointer<Float>, alpha: Float = 1, beta: Float = 0
) {
  if m == 0 || n == 0 { return }
  if k == 0 {
    if beta == 0 { c.update(repeating: 0, count: m * n) } else if beta != 1 { braid_scale(beta, c, 0, c, m * n) }
    return
  }
  let (lda, ldb) = (transposeA ? m : k, transposeB ? k : n)
  gemm(m, n, k, a, transposeA, rows: lda, b, transposeB, rows: ldb, c, rows: n, alpha: alpha, beta: beta)
}

/// The same with the distance between rows of each operand as it is stored, and what follows the product: c = f(alpha
/// op(a) op(b) + beta c + bias), where f is max(·, 0) if it `rectifies`. Large products are shared out among the
/// threads.
func gemm(
  _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ transposeA: Bool, rows lda: Int, _ b: UnsafePointer<Float>,
  _ transposeB: Bool, rows ldb: Int, _ c: UnsafeMutablePointer<Float>, rows ldc: Int, alpha: Float = 1, beta: Float = 0,
  bias: UnsafePointer<Float>? = nil, rectifies: Bool = false
) {
  if m == 0 || n == 0 { return }
  let whole = SharedProduct(
    operands: braid_gemm_operands(
      transpose_a: transposeA ? 1 : 0, transpose_b: transposeB ? 1 : 0, m: m, n: n, k: k, a: a, lda: lda, b: b,
      ldb: ldb, c: c, ldc: ldc),
    end: braid_gemm_end(alpha: alpha, beta: beta, bias: bias, rectifies: rectifies ? 1 : 0))
  // Each element is summed in the same order wherever the ranges end.
  let work = m * n * k / 16
  if m >= n {
    Parallel.split(m, unit: 12, work: work, with: whole) { whole, rows in whole.compute(rows: rows) }
  } else {
    Parallel.split(n, unit: 32, work: work, with: whole) { whole, columns in whole.compute(columns: columns) }
  }
}

/// A product of which threads compute parts.
private struct SharedProduct {
  let operands: braid_gemm_operands
  let end: braid_gemm_end

  func compute(rows: Range<Int>) {
    var part = operands
    part.m = rows.count
    part.a += rows.lowerBound * (part.transpose_a != 0 ? 1 : part.lda)
    part.c += rows.lowerBound * part.ldc
    product(part, end)
  }

  func compute(columns: Range<Int>) {
    var part = operands, end = end
    part.n = columns.count
    part.b += columns.lowerBound * (part.transpose_b != 0 ? part.ldb : 1)
    part.c += columns.lowerBound
    if let bias = end.bias { end.bias = bias + columns.lowerBound }
    product(part, end)
  }
}

/// One product in one thread: our kernel, or where the processor has none the library's and a pass for the rest.
private func product(_ o: braid_gemm_operands, _ end: braid_gemm_end) {
  let needed = braid_gemm_workspace(o.transpose_a, o.m, o.n, o.k)
  let workspace = needed == 0 ? nil : Tensor(uninitialized: Shape(needed))
  let isDone = withUnsafePointer(to: o) { o in
    withUnsafePointer(to: end) { end in braid_gemm(o, end, workspace?.pointer) != 0 }
  }
  if isDone { return }
  NumericLibrary.ready
  cblas_sgemm(
    CblasRowMajor, o.transpose_a != 0 ? CblasTrans : CblasNoTrans, o.transpose_b != 0 ? CblasTrans : CblasNoTrans,
    blasint(o.m), blasint(o.n), blasint(o.k), end.alpha, o.a, blasint(max(o.lda, 1)), o.b, blasint(max(o.ldb, 1)),
    end.beta, o.c, blasint(o.ldc))
  guard end.bias != nil || end.rectifies != 0 else { return }
  for row in 0..<o.m {
    braid_bias_activation(Int32(end.rectifies), 0, end.bias, o.c + row * o.ldc, nil, 1, o.n)
  }
}

/// OpenBLAS, which whoever calls it makes ready first.
enum NumericLibrary {
  /// It works in the calling thread: the engine shares out work itself.
  static let ready: Void = openblas_set_num_threads(1)
}

/// y = x + beta y.
@inline(__always)
func addScaled(_ x: UnsafePointer<Float>, _ beta: Float, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
  braid_add_scaled(x, beta, y, count)
}
