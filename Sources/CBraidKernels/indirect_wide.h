// The indirect product with vectors of 16 floats that are one register: four panels side by side (or two, or
// one), and as many rows as leave registers for sums and addresses. Included by convolution.c alone.
//
// Rows are cut into tiles of nearly one height, so that no tile is mostly padding: 49 are nine tiles of five or six.
#pragma once
#if defined(__x86_64__) && defined(__clang__)

#define WIDE_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma")))
/// Rows of a tile of so many panels, at most.
#define WIDE_TILE(PANELS) ((PANELS) == WIDE_PANELS ? 6 : WIDE_MOST)
#define WIDE_MOST 8
/// Panels side by side, at most.
#define WIDE_PANELS 4

// One tile: `rows` (a constant, as many as WIDE_TILE has room for) rows and `panels` (1, 2 or 4) panels, `apart` floats
// from one to the next.
BRAID_INLINE void wide_tile(const int rows, const int panels, const float *a, const int32_t *base, const int32_t *step,
                            long depth, const float *panel, long apart, int adds, float *result, long stride) {
  lanes16 sum[WIDE_MOST][WIDE_PANELS];
  const float *row[WIDE_MOST];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < panels; v++) sum[r][v] = (lanes16){0};
    row[r] = a + base[r];
  }
#pragma clang loop unroll_count(2)  // half of the counting: where threads share a core, instructions are what is short
  for (long k = 0; k < depth; k++, panel += BRAID_PANEL) {
    lanes16 b[WIDE_PANELS];
#pragma clang loop unroll(full)
    for (int v = 0; v < panels; v++) b[v] = *(const lanes16 *)(panel + v * apart);
    const long at = step[k];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const float x = row[r][at];
#pragma clang loop unroll(full)
      for (int v = 0; v < panels; v++) sum[r][v] += x * b[v];
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

// All rows of some panels.
#define WIDE_ROWS(ROWS)                                                                                   \
  case ROWS:                                                                                              \
    if (ROWS <= WIDE_TILE(panels))                                                                        \
      wide_tile(ROWS, panels, a, base + m, step, depth, panel, apart, adds, result + m * stride, stride); \
    break;
BRAID_INLINE void wide_rows(const int panels, const float *a, const int32_t *base, long rows, const int32_t *step,
                            long depth, const float *panel, long apart, int adds, float *result, long stride) {
  const long tiles = (rows + WIDE_TILE(panels) - 1) / WIDE_TILE(panels);
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
#define TOGETHER(PANELS)                                                                                         \
  for (; n + (PANELS) <= count; n += (PANELS))                                                                   \
    wide_rows(PANELS, a, base, rows, step + from, some, panels + (n * depth + from) * BRAID_PANEL,               \
              depth * BRAID_PANEL, adds, result + n * BRAID_PANEL, stride);
    TOGETHER(WIDE_PANELS) TOGETHER(2) TOGETHER(1)
#undef TOGETHER
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
