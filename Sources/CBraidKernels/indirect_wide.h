// The indirect product with vectors of 16 floats that are one register: two panels side by side, and as many rows as
// leave registers for addresses. Included by convolution.c alone.
//
// Rows are cut into tiles of nearly one height, so that no tile is mostly padding: 49 are seven tiles of seven.
#pragma once
#if defined(__x86_64__) && defined(__clang__)

#define WIDE_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma")))
#define WIDE_TILE 8

// One tile: `rows` (a constant, at most 8) rows and `panels` (1 or 2) panels, of which the second is `apart` floats on.
BRAID_INLINE void wide_tile(const int rows, const int panels, const float *a, const int32_t *base, const int32_t *step,
                            long depth, const float *panel, long apart, int adds, float *result, long stride) {
  lanes16 sum[WIDE_TILE][2];
  const float *row[WIDE_TILE];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    sum[r][0] = sum[r][1] = (lanes16){0};
    row[r] = a + base[r];
  }
  for (long k = 0; k < depth; k++, panel += BRAID_PANEL) {
    const lanes16 b0 = *(const lanes16 *)panel, b1 = panels > 1 ? *(const lanes16 *)(panel + apart) : b0;
    const long at = step[k];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const float x = row[r][at];
      sum[r][0] += x * b0;
      if (panels > 1) sum[r][1] += x * b1;
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < panels; v++) {
      lanes16 *to = (lanes16 *)(result + r * stride + v * BRAID_PANEL);
      *to = adds ? *to + sum[r][v] : sum[r][v];
    }
}

// All rows of one or two panels.
#define WIDE_ROWS(ROWS) \
  case ROWS: wide_tile(ROWS, panels, a, base + m, step, depth, panel, apart, adds, result + m * stride, stride); break;
BRAID_INLINE void wide_rows(const int panels, const float *a, const int32_t *base, long rows, const int32_t *step,
                            long depth, const float *panel, long apart, int adds, float *result, long stride) {
  const long tiles = (rows + WIDE_TILE - 1) / WIDE_TILE;
  for (long t = 0, m = 0, next; t < tiles; t++, m = next) {
    next = (t + 1) * rows / tiles;
    switch (next - m) {
      WIDE_ROWS(1) WIDE_ROWS(2) WIDE_ROWS(3) WIDE_ROWS(4) WIDE_ROWS(5) WIDE_ROWS(6) WIDE_ROWS(7) WIDE_ROWS(8)
    }
  }
}
#undef WIDE_ROWS

WIDE_TARGET static void wide_product(const float *a, const int32_t *base, long rows, const int32_t *step, long depth,
                                     const float *panels, long columns, float beta, float *result) {
  const long count = (columns + BRAID_PANEL - 1) / BRAID_PANEL, stride = count * BRAID_PANEL;
  const long blocks = (depth + DEPTH - 1) / DEPTH, even = blocks ? (depth + blocks - 1) / blocks : 1;
  for (long from = 0; from < depth; from += even) {
    const long some = depth - from < even ? depth - from : even;
    const int adds = from > 0 || beta != 0;
    long n = 0;
    for (; n + 2 <= count; n += 2)
      wide_rows(2, a, base, rows, step + from, some, panels + (n * depth + from) * BRAID_PANEL, depth * BRAID_PANEL,
                adds, result + n * BRAID_PANEL, stride);
    for (; n < count; n++)
      wide_rows(1, a, base, rows, step + from, some, panels + (n * depth + from) * BRAID_PANEL, 0, adds,
                result + n * BRAID_PANEL, stride);
  }
}

BRAID_INLINE int has_wide_vectors(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

#else

static void wide_product(const float *a, const int32_t *base, long rows, const int32_t *step, long depth,
                         const float *panels, long columns, float beta, float *result) {
  (void)a; (void)base; (void)rows; (void)step; (void)depth; (void)panels; (void)columns; (void)beta; (void)result;
}
BRAID_INLINE int has_wide_vectors(void) { return 0; }

#endif
