// The matrix product for one vector width. Before including: LANES (floats a vector), ROWS (rows of a register tile),
// GEMM (what the functions' names begin with) and GEMM_TARGET (its instruction set).
//
// Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication": a panel of b, `DEPTH` steps deep and
// two vectors wide, is packed so that it stays in the first cache; ROWS rows of a meet it in registers. Around that,
// large products go through a in blocks of rows and through b in blocks of panels that stay in the second cache.
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define VECTOR PASTE(GEMM, _vector)
#define BITS PASTE(GEMM, _bits)
#define TILE PASTE(GEMM, _tile)
#define PANEL PASTE(GEMM, _panel)
#define PACK PASTE(GEMM, _pack)
#define PACK_ROWS PASTE(GEMM, _pack_rows)
#define WIDTH (2 * LANES)
#define BLOCK_ROWS (16 * ROWS)
#define BLOCK_COLUMNS (BRAID_GEMM_BLOCK / WIDTH * WIDTH)

typedef float VECTOR __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t BITS __attribute__((vector_size(LANES * 4), aligned(4)));

// sums + x · b for `rows` rows, x being READ(r).
#define STEP(READ)                                                                        \
  {                                                                                       \
    VECTOR b0 = *(const VECTOR *)panel;                                                   \
    VECTOR b1 = vectors > 1 ? *(const VECTOR *)(panel + LANES) : b0;                      \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                   \
      float x = (READ);                                                                   \
      sum[r][0] += x * b0;                                                                \
      if (vectors > 1) sum[r][1] += x * b1;                                               \
    }                                                                                     \
  }

// One register tile: `rows` (a constant) rows, `vectors` (1 or 2) vectors of columns. Rows of a are `stride` apart;
// with `upright` (a constant) they lie side by side instead, and its steps are `stride` apart.
BRAID_INLINE void TILE(const int rows, const int vectors, const int upright, long k, const float *a, long stride,
                       const float *panel, const braid_gemm_end *end, float *c, long ldc, long column, long columns) {
  VECTOR sum[ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      sum[r][v] = (VECTOR){0};
      __builtin_prefetch(c + r * ldc + v * LANES, 1);  // where the sums will go: there by the time they are made
    }
  if (upright) {
    for (long p = 0; p < k; p++, a += stride, panel += LANES * vectors) STEP(a[r])
  } else {
    // Every third row has a pointer of its own, and the two after it are reached by the processor's own addressing: one
    // pointer for each would not fit its registers, and sums of one pointer would cost an instruction a row.
    const float *third[(ROWS + 2) / 3];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r += 3) third[r / 3] = a + r * stride;
    for (long p = 0; p < k; p++, panel += LANES * vectors) {
      STEP(third[r / 3][r % 3 * stride])
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r += 3) {
        third[r / 3]++;
        __asm__("" : "+r"(third[r / 3]));  // or the compiler makes sums of one pointer again
      }
    }
  }
  const float alpha = end->alpha, beta = end->beta, *bias = end->bias ? end->bias + column : 0;
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    float *to = c + r * ldc, row[WIDTH];
    const int whole = columns == LANES * vectors;
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      VECTOR y = alpha * sum[r][v];
      if (whole) {
        if (beta != 0) y += beta * *(const VECTOR *)(to + v * LANES);
        if (bias) y += *(const VECTOR *)(bias + v * LANES);
        if (end->rectifies) y = (VECTOR)((BITS)y & ~(BITS)(y < 0));  // NaN stays
      }
      *(VECTOR *)(whole ? to + v * LANES : row + v * LANES) = y;
    }
    if (!whole)
      for (long j = 0; j < columns; j++) {
        float y = row[j];
        if (beta != 0) y += beta * to[j];
        if (bias) y += bias[j];
        to[j] = end->rectifies && y < 0 ? 0 : y;
      }
  }
}
#undef STEP

// A panel of `columns` ≤ LANES · vectors columns against all rows of a, in strips of ROWS that lie `strip_stride`
// apart.
#define SOME_ROWS(COUNT)                                              \
  for (; i + COUNT <= m; i += COUNT, a += upright ? COUNT : COUNT * stride) \
    TILE(COUNT, vectors, upright, k, a, stride, panel, end, c + i * ldc, ldc, column, columns);
BRAID_INLINE void PANEL(const int vectors, const int upright, long m, long k, const float *a, long stride,
                        long strip_stride, const float *panel, const braid_gemm_end *end, float *c, long ldc, long column, long columns) {
  long i = 0;
  for (; i + ROWS <= m; i += ROWS, a += strip_stride)
    TILE(ROWS, vectors, upright, k, a, stride, panel, end, c + i * ldc, ldc, column, columns);
  if (ROWS > 8) SOME_ROWS(8)
  SOME_ROWS(4)
  SOME_ROWS(2)
  SOME_ROWS(1)
}
#undef SOME_ROWS
#define ANY_PANEL(UPRIGHT, ...) \
  if (columns > LANES) PANEL(2, UPRIGHT, __VA_ARGS__); else PANEL(1, UPRIGHT, __VA_ARGS__);

// `depth` steps of `columns` columns of b side by side: panel[s][q], zeros past the last column of the panel's `width`.
BRAID_INLINE void PACK(int transpose_b, const float *b, long ldb, long depth, long columns, long width, float *panel) {
  if (transpose_b) {  // b is [n, k]: read along k, write columns
    long q = 0;
    for (; q + 8 <= columns; q += 8) {
      const float *from = b + q * ldb;
      long s = 0;
      for (; s + 8 <= depth; s += 8) transpose_8(from + s, ldb, panel + s * width + q, width);
      for (; s < depth; s++)
        for (long r = 0; r < 8; r++) panel[s * width + q + r] = from[r * ldb + s];
    }
    for (; q < columns; q++) {
      const float *from = b + q * ldb;
      for (long s = 0; s < depth; s++) panel[s * width + q] = from[s];
    }
    for (q = columns; q < width; q++)
      for (long s = 0; s < depth; s++) panel[s * width + q] = 0;
  } else if (columns == width) {
    if (width == WIDTH)
      for (long s = 0; s < depth; s++) {
        *(VECTOR *)(panel + s * WIDTH) = *(const VECTOR *)(b + s * ldb);
        *(VECTOR *)(panel + s * WIDTH + LANES) = *(const VECTOR *)(b + s * ldb + LANES);
      }
    else
      for (long s = 0; s < depth; s++) *(VECTOR *)(panel + s * LANES) = *(const VECTOR *)(b + s * ldb);
  } else {
    for (long s = 0; s < depth; s++)
      for (long q = 0; q < width; q++) panel[s * width + q] = q < columns ? b[s * ldb + q] : 0;
  }
}

// `depth` rows of a matrix into parts `part` columns wide: to[column / part][row][column % part]. The rows are read
// from end to end, as memory likes it. The last part is narrower when `columns` ends within it.
BRAID_INLINE void PACK_ROWS(const long part, const float *from, long stride, long depth, long columns, float *to) {
  for (long s = 0; s < depth; s++) {
    const float *row = from + s * stride;
    float *at = to + s * part;
    long q = 0;
    for (; q + part <= columns; q += part, at += depth * part) memcpy(at, row + q, part * sizeof(float));
    if (q < columns) memcpy(at, row + q, (columns - q) * sizeof(float));
  }
}

// For small operands: each panel is packed and used up at once.
GEMM_TARGET static void GEMM(const braid_gemm_operands *o, braid_gemm_end end) {
  float panel[BRAID_GEMM_DEPTH * WIDTH] __attribute__((aligned(64)));
  const float beta = end.beta, *bias = end.bias;
  const int rectifies = end.rectifies;
  const long blocks = (o->k + BRAID_GEMM_DEPTH - 1) / BRAID_GEMM_DEPTH, even = (o->k + blocks - 1) / blocks;
  for (long p = 0; p < o->k; p += even) {
    const long depth = o->k - p < even ? o->k - p : even;
    const int isLast = p + depth == o->k;
    end.beta = p == 0 ? beta : 1;
    end.bias = isLast ? bias : 0;
    end.rectifies = isLast && rectifies;
    for (long j = 0, columns; j < o->n; j += columns) {
      const long width = o->n - j > LANES ? WIDTH : LANES;
      columns = o->n - j < width ? o->n - j : width;
      const long lda = o->lda, ldb = o->ldb, ldc = o->ldc;
      PACK(o->transpose_b, o->b + (o->transpose_b ? j * ldb + p : p * ldb + j), ldb, depth, columns, width, panel);
      if (o->transpose_a) { ANY_PANEL(1, o->m, depth, o->a + p * lda, lda, ROWS, panel, &end, o->c + j, ldc, j, columns) }
      else { ANY_PANEL(0, o->m, depth, o->a + p, lda, ROWS * lda, panel, &end, o->c + j, ldc, j, columns) }
    }
  }
}

// For large ones. The workspace holds a block of b as panels, and a block of a where its rows are packed: as strips
// ROWS wide when it is stored the other way round, as they are when its stride would put them all into the same places
// of the first cache.
GEMM_TARGET static void PASTE(GEMM, _blocked)(const braid_gemm_operands *o, braid_gemm_end end, float *workspace) {
  const long blocks = (o->k + BRAID_GEMM_DEPTH - 1) / BRAID_GEMM_DEPTH, even = (o->k + blocks - 1) / blocks;
  const float beta = end.beta, *bias = end.bias;
  const int rectifies = end.rectifies, copies = o->lda % 1024 == 0 && o->n > 2 * WIDTH;
  float *panels = workspace, *rows_of_a = workspace + even * BLOCK_COLUMNS;
  for (long j0 = 0; j0 < o->n; j0 += BLOCK_COLUMNS) {
    const long width = o->n - j0 < BLOCK_COLUMNS ? o->n - j0 : BLOCK_COLUMNS;
    for (long p = 0; p < o->k; p += even) {
      const long depth = o->k - p < even ? o->k - p : even, whole = o->transpose_b ? 0 : width / WIDTH * WIDTH;
      const int isLast = p + depth == o->k;
      end.beta = p == 0 ? beta : 1;
      end.bias = isLast ? bias : 0;
      end.rectifies = isLast && rectifies;
      const float *b = o->b + (o->transpose_b ? j0 * o->ldb + p : p * o->ldb + j0);
      PACK_ROWS(WIDTH, b, o->ldb, whole ? depth : 0, whole, panels);
      for (long j = whole; j < width; j += WIDTH) {
        const long columns = width - j < WIDTH ? width - j : WIDTH;
        PACK(o->transpose_b, b + (o->transpose_b ? j * o->ldb : j), o->ldb, depth, columns,
             columns > LANES ? WIDTH : LANES, panels + j * depth);
      }
      for (long i0 = 0; i0 < o->m; i0 += BLOCK_ROWS) {
        const long rows = o->m - i0 < BLOCK_ROWS ? o->m - i0 : BLOCK_ROWS;
        const float *a = o->a + (o->transpose_a ? p * o->lda + i0 : i0 * o->lda + p);
        long stride = o->lda;
        if (o->transpose_a) {
          PACK_ROWS(ROWS, a, o->lda, depth, rows, rows_of_a);
          a = rows_of_a;
        } else if (copies) {
          stride = BRAID_GEMM_DEPTH + 16;
          for (long i = 0; i < rows; i++) memcpy(rows_of_a + i * stride, a + i * o->lda, depth * sizeof(float));
          a = rows_of_a;
        }
        for (long j = 0; j < width; j += WIDTH) {
          const long columns = width - j < WIDTH ? width - j : WIDTH;
          const float *panel = panels + j * depth;
          float *c = o->c + i0 * o->ldc + j0 + j;
          const long ldc = o->ldc, at = j0 + j;
          if (o->transpose_a) { ANY_PANEL(1, rows, depth, a, ROWS, ROWS * depth, panel, &end, c, ldc, at, columns) }
          else { ANY_PANEL(0, rows, depth, a, stride, ROWS * stride, panel, &end, c, ldc, at, columns) }
        }
      }
    }
  }
}

#undef PASTE_
#undef PASTE
#undef VECTOR
#undef BITS
#undef TILE
#undef PANEL
#undef ANY_PANEL
#undef PACK
#undef PACK_ROWS
#undef WIDTH
#undef BLOCK_ROWS
#undef BLOCK_COLUMNS
#undef LANES
#undef ROWS
#undef GEMM
#undef GEMM_TARGET
