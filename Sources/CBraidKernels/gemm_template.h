// The small matrix product for one vector width. Before including: LANES (floats a vector), ROWS (rows of a register tile),
// GEMM (the function's name) and GEMM_TARGET (its instruction set).
//
// Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication", without the outer blocking that small
// operands do not need: a panel of b, `DEPTH` steps deep and two vectors wide, is packed so that it stays in the first cache;
// ROWS rows of a meet it in registers.
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define VECTOR PASTE(GEMM, _vector)
#define TILE PASTE(GEMM, _tile)
#define PANEL PASTE(GEMM, _panel)
#define DEPTH 256

typedef float VECTOR __attribute__((vector_size(LANES * 4), aligned(4)));

// One register tile: `rows` (a constant) rows, `vectors` (1 or 2) vectors of columns.
BRAID_INLINE void TILE(const int rows, const int vectors, long k, const float *a, long row_stride, long step_stride,
                       const float *panel, float alpha, float beta, float *c, long ldc, long columns) {
  VECTOR sum[ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[r][v] = (VECTOR){0};
  for (long p = 0; p < k; p++) {
    VECTOR b0 = *(const VECTOR *)(panel + p * LANES * vectors);
    VECTOR b1 = vectors > 1 ? *(const VECTOR *)(panel + p * LANES * vectors + LANES) : b0;
    const float *ap = a + p * step_stride;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      float x = ap[r * row_stride];
      sum[r][0] += x * b0;
      if (vectors > 1) sum[r][1] += x * b1;
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    float *to = c + r * ldc;
    if (columns == LANES * vectors) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        VECTOR *at = (VECTOR *)(to + v * LANES);
        *at = beta == 0 ? alpha * sum[r][v] : alpha * sum[r][v] + beta * *at;
      }
    } else {
      float row[2 * LANES];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) *(VECTOR *)(row + v * LANES) = alpha * sum[r][v];
      for (long j = 0; j < columns; j++) to[j] = beta == 0 ? row[j] : row[j] + beta * to[j];
    }
  }
}

// A panel of `columns` ≤ LANES · vectors columns against all rows of a.
BRAID_INLINE void PANEL(const int vectors, long m, long k, const float *a, long row_stride, long step_stride,
                        const float *panel, float alpha, float beta, float *c, long ldc, long columns) {
  long i = 0;
  for (; i + ROWS <= m; i += ROWS)
    TILE(ROWS, vectors, k, a + i * row_stride, row_stride, step_stride, panel, alpha, beta, c + i * ldc, ldc, columns);
  for (; i + 4 <= m; i += 4)
    TILE(4, vectors, k, a + i * row_stride, row_stride, step_stride, panel, alpha, beta, c + i * ldc, ldc, columns);
  for (; i + 2 <= m; i += 2)
    TILE(2, vectors, k, a + i * row_stride, row_stride, step_stride, panel, alpha, beta, c + i * ldc, ldc, columns);
  for (; i < m; i++)
    TILE(1, vectors, k, a + i * row_stride, row_stride, step_stride, panel, alpha, beta, c + i * ldc, ldc, columns);
}

GEMM_TARGET static void GEMM(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                             const float *b, long ldb, float beta, float *c, long ldc) {
  float panel[DEPTH * LANES * 2] __attribute__((aligned(64)));
  const long row_stride = transpose_a ? 1 : lda, step_stride = transpose_a ? lda : 1;
  for (long p = 0; p < k; p += DEPTH) {
    const long depth = k - p < DEPTH ? k - p : DEPTH;
    const float scale = p == 0 ? beta : 1;
    for (long j = 0; j < n;) {
      const int vectors = n - j > LANES ? 2 : 1;
      const long width = LANES * vectors, columns = n - j < width ? n - j : width;
      if (transpose_b) {  // b is [n, k]: read along k, write columns
        long q = 0;
        for (; q + 8 <= columns; q += 8) {
          const float *from = b + (j + q) * ldb + p;
          long s = 0;
          for (; s + 8 <= depth; s += 8) transpose_8(from + s, ldb, panel + s * width + q, width);
          for (; s < depth; s++)
            for (long r = 0; r < 8; r++) panel[s * width + q + r] = from[r * ldb + s];
        }
        for (; q < columns; q++) {
          const float *from = b + (j + q) * ldb + p;
          for (long s = 0; s < depth; s++) panel[s * width + q] = from[s];
        }
        for (long q = columns; q < width; q++)
          for (long s = 0; s < depth; s++) panel[s * width + q] = 0;
      } else if (columns == width) {
        const float *from = b + p * ldb + j;
        if (vectors == 2)
          for (long s = 0; s < depth; s++) {
            *(VECTOR *)(panel + s * 2 * LANES) = *(const VECTOR *)(from + s * ldb);
            *(VECTOR *)(panel + s * 2 * LANES + LANES) = *(const VECTOR *)(from + s * ldb + LANES);
          }
        else
          for (long s = 0; s < depth; s++) *(VECTOR *)(panel + s * LANES) = *(const VECTOR *)(from + s * ldb);
      } else {
        for (long s = 0; s < depth; s++) {
          const float *from = b + (p + s) * ldb + j;
          for (long q = 0; q < width; q++) panel[s * width + q] = q < columns ? from[q] : 0;
        }
      }
      const float *ap = a + p * step_stride;
      if (vectors == 2) PANEL(2, m, depth, ap, row_stride, step_stride, panel, alpha, scale, c + j, ldc, columns);
      else PANEL(1, m, depth, ap, row_stride, step_stride, panel, alpha, scale, c + j, ldc, columns);
      j += columns;
    }
  }
}

#undef PASTE_
#undef PASTE
#undef VECTOR
#undef TILE
#undef PANEL
#undef DEPTH
#undef LANES
#undef ROWS
#undef GEMM
#undef GEMM_TARGET
