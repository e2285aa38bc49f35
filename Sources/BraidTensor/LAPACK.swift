import CBraidBLAS

/// Factorisations of one matrix, by the LAPACK that OpenBLAS carries (Anderson et al. 1999, LAPACK Users' Guide).
extension Matrix {
  private var order: blasint { blasint(rows) }

  /// The lower triangular L of A = L Lᵀ, from the lower triangle; or the first pivot that is not above 0.
  func cholesky() -> (factor: Matrix, failedPivot: Int?) {
    var factor = self
    var (n, info) = (order, blasint(0))
    if n > 0 { dpotrf_("L", &n, &factor.elements, &n, &info, 1) }
    return (factor.map { $0 < $1 ? 0 : $2 }, info > 0 ? Int(info) - 1 : nil)
  }

  /// op(T)⁻¹ B of a triangular matrix, of which the other triangle is not read.
  func triangularSolve(_ b: Matrix, isUpper: Bool, isTransposed: Bool) -> Matrix {
    var x = b
    if x.elements.isEmpty { return x }
    cblas_dtrsm(
      CblasColMajor, CblasLeft, isUpper ? CblasUpper : CblasLower, isTransposed ? CblasTrans : CblasNoTrans,
      CblasNonUnit,
      order, blasint(b.columns), 1, elements, order, &x.elements, order)
    return x
  }

  /// A = P L U by rows exchanged.
  struct LU {
    /// U and, below its diagonal, L without its diagonal of ones.
    let factors: Matrix
    /// Row i was exchanged with row `exchanges[i] − 1`.
    let exchanges: [blasint]
    /// The first pivot that is 0.
    let failedPivot: Int?

    /// log |det A|.
    var logDeterminant: Double { (0..<factors.rows).reduce(0) { $0 + factors[$1, $1].magnitude.logarithm() } }
    /// ±1.
    var sign: Double {
      (0..<factors.rows).reduce(1.0) { sign, i in
        (factors[i, i] < 0) != (Int(exchanges[i]) != i + 1) ? -sign : sign
      }
    }

    /// A⁻¹ B, or A⁻ᵀ B.
    func solve(_ b: Matrix, isTransposed: Bool = false) -> Matrix {
      var x = b
      var (n, columns, info) = (blasint(b.rows), blasint(b.columns), blasint(0))
      if x.elements.isEmpty { return x }
      dgetrs_(isTransposed ? "T" : "N", &n, &columns, factors.elements, &n, exchanges, &x.elements, &n, &info, 1)
      return x
    }
  }

  func lu() -> LU {
    var factors = self
    var exchanges = [blasint](repeating: 0, count: rows)
    var (n, info) = (order, blasint(0))
    if n > 0 { dgetrf_(&n, &n, &factors.elements, &n, &exchanges, &info) }
    return LU(factors: factors, exchanges: exchanges, failedPivot: info > 0 ? Int(info) - 1 : nil)
  }

  /// A = V diag(w) Vᵀ of a symmetric matrix, w ascending; each column of V has its largest element positive, so that
  /// the result does not depend on the library's choice of signs. nil when the iteration does not converge.
  func symmetricEigen() -> (values: [Double], vectors: Matrix)? {
    if rows == 0 { return ([], self) }
    var vectors = self
    var values = [Double](repeating: 0, count: rows)
    var (n, info, ask) = (order, blasint(0), blasint(-1))
    var size = [0.0]
    var wholeSize = [blasint(0)]
    dsyevd_("V", "L", &n, &vectors.elements, &n, &values, &size, &ask, &wholeSize, &ask, &info, 1, 1)
    var (length, wholeLength) = (blasint(size[0]), wholeSize[0])
    var work = [Double](repeating: 0, count: Int(length))
    var wholeWork = [blasint](repeating: 0, count: Int(wholeLength))
    dsyevd_("V", "L", &n, &vectors.elements, &n, &values, &work, &length, &wholeWork, &wholeLength, &info, 1, 1)
    guard info == 0 else { return nil }
    let signs = vectors.columnSigns
    return (values, vectors.map { $2 * signs[$1] })
  }

  /// A = U diag(s) Vᵀ with min(rows, columns) singular values, descending; each column of U has its largest element
  /// positive. nil when the iteration does not converge.
  func singularValues() -> (u: Matrix, s: [Double], v: Matrix)? {
    let count = min(rows, columns)
    var (u, vt) = (Matrix(rows, count), Matrix(count, columns))
    var s = [Double](repeating: 0, count: count)
    if count == 0 { return (u, s, vt.transposed) }
    var a = self
    var (m, n, k, info, length) = (blasint(rows), blasint(columns), blasint(count), blasint(0), blasint(-1))
    var work = [0.0]
    var wholeWork = [blasint](repeating: 0, count: 8 * count)
    // the first call only says how much memory the second wants
    for _ in 0..<2 {
      dgesdd_(
        "S", &m, &n, &a.elements, &m, &s, &u.elements, &m, &vt.elements, &k, &work, &length, &wholeWork, &info, 1)
      if length < 0 {
        length = blasint(work[0])
        work = Array(repeating: 0, count: Int(length))
      }
    }
    guard info == 0 else { return nil }
    let signs = u.columnSigns
    return (u.map { $2 * signs[$1] }, s, vt.transposed.map { $2 * signs[$1] })
  }

  /// −1 for every column whose element of largest magnitude (the first at ties within rounding) is negative.
  private var columnSigns: [Double] {
    (0..<columns).map { j in
      let largest = (0..<rows).map { self[$0, j].magnitude }.max() ?? 0
      let first = (0..<rows).first { self[$0, j].magnitude > largest * (1 - 1e-9) } ?? 0
      return self[first, j] < 0 ? -1 : 1
    }
  }
}
