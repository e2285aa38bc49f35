#include "CBraidKernels.h"

// Products with few columns (one a group: depthwise convolutions): pixels of one map lie side by side in a vector,
// where the tiles of convolution.c would be mostly padding.

typedef float lanes16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float lanes8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float lanes4 __attribute__((vector_size(16), aligned(4), may_alias));

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
// Pixels c ..< c + N, side by side in memory.
#define NEIGHBOURS(LANES, N)                                                                                     \
  for (; c + N <= grid.columns; c += N) {                                                                        \
    LANES s = {0};                                                                                               \
    for (long k = 0; k < depth; k++) s += *(const LANES *)(from + c + step[k]) * WEIGHT;                         \
    float sums[N];                                                                                               \
    *(LANES *)sums = s;                                                                                          \
    store(sums, N, bias, relu, beta, to + c * grid.to_column, grid.to_column);                                   \
  }
// The same, apart.
#define APART(N)                                                                                                 \
  for (; c + N <= grid.columns; c += N) {                                                                        \
    float sums[N] = {0};                                                                                         \
    for (long k = 0; k < depth; k++) {                                                                           \
      const float *p = from + c * grid.from_column + step[k];                                                    \
      float w = WEIGHT;                                                                                          \
      for (long i = 0; i < N; i++) sums[i] += p[i * grid.from_column] * w;                                       \
    }                                                                                                            \
    store(sums, N, bias, relu, beta, to + c * grid.to_column, grid.to_column);                                   \
  }

// `listed` is a constant: whether the weights' places are listed in `at`.
BRAID_INLINE void weighted_map(int listed, const float *a, braid_grid grid, const int32_t *step, const int32_t *at,
                               long depth, const float *weight, float bias, int relu, float beta, float *map) {
  for (long r = 0; r < grid.rows; r++) {
    const float *from = a + r * grid.from_row;
    float *to = map + r * grid.to_row;
    long c = 0;
    if (grid.from_column == 1) {
      NEIGHBOURS(lanes16, 16)
      NEIGHBOURS(lanes8, 8)
      NEIGHBOURS(lanes4, 4)
    } else {
      APART(8)
    }
    APART(1)
  }
}

BRAID_KERNEL void braid_weighted_map(const float *a, braid_grid grid, const int32_t *step, const int32_t *at,
                                     long depth, const float *weight, float bias, int relu, float beta, float *map) {
  if (at) weighted_map(1, a, grid, step, at, depth, weight, bias, relu, beta, map);
  else weighted_map(0, a, grid, step, at, depth, weight, bias, relu, beta, map);
}

BRAID_KERNEL void braid_map_products(const float *a, braid_grid grid, const int32_t *step, long depth, const float *g,
                                     float *sums) {
  BRAID_REASSOCIATE
  for (long k = 0; k < depth; k++) {
    lanes16 wide = {0};
    lanes4 narrow = {0};
    float sum = 0;
    for (long r = 0; r < grid.rows; r++) {
      const float *p = a + r * grid.from_row + step[k], *q = g + r * grid.to_row;
      long c = 0;
      if (grid.from_column == 1) {
        for (; c + 16 <= grid.columns; c += 16) wide += *(const lanes16 *)(p + c) * *(const lanes16 *)(q + c);
        for (; c + 4 <= grid.columns; c += 4) narrow += *(const lanes4 *)(p + c) * *(const lanes4 *)(q + c);
      }
      for (; c < grid.columns; c++) sum += p[c * grid.from_column] * q[c];
    }
    for (int i = 0; i < 16; i++) sum += wide[i];
    for (int i = 0; i < 4; i++) sum += narrow[i];
    sums[k] += sum;
  }
}
