import CBraidBLAS
import CBraidKernels

/// c = alpha op(a) op(b) + beta c, row-major, densely packed: op(a) is [m, k], op(b) [k, n], c [m, n].
/// A transposed operand is stored the other way round. With beta 0, c need not be initialised.
@inline(__always)
func gemm(
  _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ transposeA: Bool, _ b: UnsafePointer<Float>, _ transposeB: Bool,
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

/// The same with the distance between rows of each operand as it is stored.
@inline(__always)
func gemm(
  _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ transposeA: Bool, rows lda: Int, _ b: UnsafePointer<Float>,
  _ transposeB: Bool, rows ldb: Int, _ c: UnsafeMutablePointer<Float>, rows ldc: Int, alpha: Float = 1, beta: Float = 0
) {
  if m == 0 || n == 0 { return }
  // Measured (one core, AVX2): our kernel is 1.1 to 2 times faster up to here, except for long sums over columns of a.
  let isSmall = m * n * k <= 1 << 24 && !(transposeA && k >= 256)
  if isSmall,
    braid_gemm_small(transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) != 0
  {
    return
  }
  cblas_sgemm(
    CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, blasint(m), blasint(n),
    blasint(k), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
}

/// y = x + beta y.
@inline(__always)
func addScaled(_ x: UnsafePointer<Float>, _ beta: Float, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
  braid_add_scaled(x, beta, y, count)
}

/// The numeric library's settings, which change bits and are recorded with every run.
public enum Threads {
  /// Sets how many threads matrix products use in this process.
  public static func set(_ count: Int) { openblas_set_num_threads(Int32(max(count, 1))) }
  public static var count: Int { Int(openblas_get_num_threads()) }
  /// OpenBLAS' version and build, such as `OpenBLAS 0.3.21 …`.
  public static var libraryConfiguration: String { String(cString: openblas_get_config()) }
  /// The processor kernels OpenBLAS chose, such as `Zen`.
  public static var coreType: String { String(cString: openblas_get_corename()) }
}
