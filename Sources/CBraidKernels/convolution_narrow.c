#include "CBraidKernels.h"

// Products with few columns (one a group: depthwise convolutions): pixels of one map lie side by side in a vector,
// where the tiles of convolution.c would be mostly padding.

typedef float lanes16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float lanes8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t mask16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t mask8 __attribute__((vector_size(32), aligned(4), may_alias));

// Neighbours, or every second element, of which none beyond the last is read.
#define READ_lanes16(p, apart)                                                                                   \
  ((apart) == 1 ? *(const lanes16 *)(p)                                                                          \
                : __builtin_shufflevector(*(const lanes16 *)(p), *(const lanes16 *)((p) + 15), 0, 2, 4, 6, 8, 10, 12, 14, \
                                          17, 19, 21, 23, 25, 27, 29, 31))
#define READ_lanes8(p, apart)                                                                                    \
  ((apart) == 1 ? *(const lanes8 *)(p)                                                                           \
                : __builtin_shufflevector(*(const lanes8 *)(p), *(const lanes8 *)((p) + 7), 0, 2, 4, 6, 9, 11, 13, 15))

// Sums of n pixels into the map.
BRAID_INLINE void store(const float *sums, long n, float bias, int relu, float beta, float *to, long column) {
  if (column == 1 && beta == 0 && !relu) {
    for (long i = 0; i < n; i++) to[i] = sums[i] + bias;
    return;
  }
  for (long i = 0; i < n; i++) {
    float v = sums[i] + bias;
    if (relu && v < 0) v = 0;  // NaN stays
    to[i * column] = beta == 0 ? v : v + beta * to[i * column];
  }
}

#define WEIGHT weight[listed ? at[k] : k]
// ROWS × N pixels from column c on: a weight serves several vectors, whose sums do not wait for one another.
#define BLOCK(LANES, N)                                                                                          \
  {                                                                                                              \
    LANES s[4] = {{0}, {0}, {0}, {0}};                                                                           \
    for (long k = 0; k < depth; k++) {                                                                           \
      const float *p = from + c * apart + step[k], w = WEIGHT;                                                   \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) s[i] +=                                  \
          READ_##LANES(p + i * grid.from_row, apart) * w;                                                        \
    }                                                                                                            \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) {                                          \
      float sums[N];                                                                                             \
      *(LANES *)sums = s[i];                                                                                     \
      store(sums, N, bias, relu, beta, to + i * grid.to_row + c * grid.to_column, grid.to_column);               \
    }                                                                                                            \
  }
// All columns. The last vector may begin within the one before, where computing a pixel twice does no harm.
#define LINE_OF(LANES, N)                                                                                        \
  for (; c + N <= grid.columns; c = beta == 0 && c + N < grid.columns && c + 2 * N > grid.columns                \
                                        ? grid.columns - N : c + N)                                              \
    BLOCK(LANES, N)

// `listed`, `apart` and `rows` are constants: whether the weights' places are listed in `at`, whether pixels are neighbours
// (1) or every second (2), and how many rows are done together.
BRAID_INLINE void weighted_rows(const int listed, const int apart, const int rows, const float *from, braid_grid grid,
                                const int32_t *step, const int32_t *at, long depth, const float *weight, float bias,
                                int relu, float beta, float *to) {
  long c = 0;
  LINE_OF(lanes16, 16)
  LINE_OF(lanes8, 8)
  for (; c < grid.columns; c++)
    for (int i = 0; i < rows; i++) {
      float sum = 0;
      for (long k = 0; k < depth; k++) sum += from[i * grid.from_row + c * apart + step[k]] * WEIGHT;
      store(&sum, 1, bias, relu, beta, to + i * grid.to_row + c * grid.to_column, 1);
    }
}

// Pixels farther apart.
BRAID_INLINE void weighted_pixels(const int listed, const float *from, braid_grid grid, const int32_t *step,
                                  const int32_t *at, long depth, const float *weight, float bias, int relu, float beta,
                                  float *to) {
  for (long c = 0; c < grid.columns; c++) {
    float sum = 0;
    for (long k = 0; k < depth; k++) sum += from[c * grid.from_column + step[k]] * WEIGHT;
    store(&sum, 1, bias, relu, beta, to + c * grid.to_column, 1);
  }
}

#define ARGUMENTS a + r * grid.from_row, grid, step, at, depth, weight, bias, relu, beta, map + r * grid.to_row
BRAID_INLINE void weighted_map(const int listed, const float *a, braid_grid grid, const int32_t *step, const int32_t *at,
                               long depth, const float *weight, float bias, int relu, float beta, float *map) {
  long r = 0;
  if (grid.from_column == 1) {
    for (; r + 4 <= grid.rows; r += 4) weighted_rows(listed, 1, 4, ARGUMENTS);
    for (; r < grid.rows; r++) weighted_rows(listed, 1, 1, ARGUMENTS);
  } else if (grid.from_column == 2) {
    for (; r + 4 <= grid.rows; r += 4) weighted_rows(listed, 2, 4, ARGUMENTS);
    for (; r < grid.rows; r++) weighted_rows(listed, 2, 1, ARGUMENTS);
  } else {
    for (; r < grid.rows; r++) weighted_pixels(listed, ARGUMENTS);
  }
}

BRAID_KERNEL void braid_weighted_map(const float *a, braid_grid grid, const int32_t *step, const int32_t *at,
                                     long depth, const float *weight, float bias, int relu, float beta, float *map) {
  if (at) weighted_map(1, a, grid, step, at, depth, weight, bias, relu, beta, map);
  else weighted_map(0, a, grid, step, at, depth, weight, bias, relu, beta, map);
}

// Whole vectors of a row, and what is left of it by a vector that ends with it and counts only what is new.
#define ROW_OF(LANES, MASK, N)                                                                                   \
  {                                                                                                              \
    long c = 0;                                                                                                  \
    for (; c + N <= grid.columns; c += N) {                                                                      \
      const LANES g_ = *(const LANES *)(q + c);                                                                  \
      _Pragma("clang loop unroll(full)") for (int k = 0; k < taps; k++) sum[k] +=                                \
          READ_##LANES(p + c * apart + step[k], apart) * g_;                                                     \
    }                                                                                                            \
    if (c < grid.columns) {                                                                                      \
      const long last = grid.columns - N;                                                                        \
      const LANES g_ = *(const LANES *)(q + last);                                                               \
      _Pragma("clang loop unroll(full)") for (int k = 0; k < taps; k++) sum[k] +=                                \
          (LANES)((MASK)(READ_##LANES(p + last * apart + step[k], apart) * g_) & *(const MASK *)(fresh + N - (c - last))); \
    }                                                                                                            \
  }
// `apart` and `taps` are constants.
#define PRODUCTS(LANES, MASK, N)                                                                                 \
  {                                                                                                              \
    LANES sum[5] = {{0}};                                                                                        \
    int32_t fresh[2 * N];  /* a vector from N − d on: d that are done, then others */                           \
    for (int i = 0; i < 2 * N; i++) fresh[i] = i < N ? 0 : -1;                                                   \
    for (long r = 0; r < grid.rows; r++) {                                                                       \
      const float *p = a + r * grid.from_row, *q = g + r * grid.to_row;                                          \
      ROW_OF(LANES, MASK, N)                                                                                     \
    }                                                                                                            \
    for (int k = 0; k < taps; k++)                                                                               \
      for (int i = 0; i < N; i++) sums[k] += sum[k][i];                                                          \
  }

// `apart` and `taps` are constants.
BRAID_INLINE void products(const int apart, const int taps, const float *a, braid_grid grid, const int32_t *step,
                           const float *g, float *sums) {
  if (grid.columns >= 16) PRODUCTS(lanes16, mask16, 16)
  else if (grid.columns >= 8) PRODUCTS(lanes8, mask8, 8)
  else
    for (long r = 0; r < grid.rows; r++)
      for (long c = 0; c < grid.columns; c++)
        for (int k = 0; k < taps; k++)
          sums[k] += a[r * grid.from_row + c * apart + step[k]] * g[r * grid.to_row + c];
}

// A few taps at a time share what they read of g.
BRAID_INLINE void all_products(const int apart, const float *a, braid_grid grid, const int32_t *step, long depth,
                               const float *g, float *sums) {
  long k = 0;
  for (; k + 5 <= depth; k += 5) products(apart, 5, a, grid, step + k, g, sums + k);
  for (; k + 4 <= depth; k += 4) products(apart, 4, a, grid, step + k, g, sums + k);
  for (; k < depth; k++) products(apart, 1, a, grid, step + k, g, sums + k);
}

BRAID_KERNEL void braid_map_products(const float *a, braid_grid grid, const int32_t *step, long depth, const float *g,
                                     float *sums) {
  if (grid.from_column == 1) all_products(1, a, grid, step, depth, g, sums);
  else if (grid.from_column == 2) all_products(2, a, grid, step, depth, g, sums);
  else
    for (long k = 0; k < depth; k++)
      for (long r = 0; r < grid.rows; r++)
        for (long c = 0; c < grid.columns; c++)
          sums[k] += a[r * grid.from_row + c * grid.from_column + step[k]] * g[r * grid.to_row + c];
}
