import CBraidKernels

/// op(b) of several products, once brought into the order in which the kernel reads it; where the processor has no
/// kernel, b as it lies. The caller keeps b's memory alive.
struct PackedMatrix {
  private let b: UnsafePointer<Float>
  private let isTransposed: Bool
  private let stride: Int, rows: Int, columns: Int
  private let panels: Tensor?

  /// - Parameters:
  ///   - b: `[rows, columns]`, or `[columns, rows]` if it `isTransposed`.
  ///   - stride: the distance between rows as they are stored.
  init(_ b: UnsafePointer<Float>, transposed isTransposed: Bool = false, stride: Int, _ rows: Int, _ columns: Int) {
    (self.b, self.isTransposed, self.stride, self.rows, self.columns) = (b, isTransposed, stride, rows, columns)
    let size = rows == 0 || columns == 0 ? 0 : braid_gemm_packed_size(columns, rows)
    panels = size == 0 ? nil : Tensor(uninitialized: Shape(size))
    if let panels { braid_gemm_pack(isTransposed ? 1 : 0, columns, rows, b, stride, panels.pointer) }
  }

  /// c = a op(b) + beta c for m rows, which lie `lda` apart in a and side by side in c: in the calling thread, with the
  /// bits of `gemm`.
  func product(_ m: Int, _ a: UnsafePointer<Float>, rows lda: Int, _ c: UnsafeMutablePointer<Float>, beta: Float) {
    if m == 0 || columns == 0 { return }
    guard let panels else {
      if rows > 0 {
        gemm(m, columns, rows, a, false, rows: lda, b, isTransposed, rows: stride, c, rows: columns, beta: beta)
      } else if beta == 0 {
        c.update(repeating: 0, count: m * columns)
      }
      return
    }
    var operands = braid_gemm_operands(
      transpose_a: 0, transpose_b: 0, m: m, n: columns, k: rows, a: a, lda: lda, b: UnsafePointer(panels.pointer),
      ldb: 0, c: c, ldc: columns)
    var end = braid_gemm_end(alpha: 1, beta: beta, bias: nil, rectifies: 0)
    braid_gemm_with_packed(&operands, &end)
  }
}
