#include "CBraidKernels.h"
#include <string.h>

// Vectors of a fixed size; the compiler splits them where the processor's are smaller.
typedef float lanes16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float lanes8 __attribute__((vector_size(32), aligned(4), may_alias));

/// Rows a tile holds in registers: 6 × 16 sums are 12 of the 16 vector registers of AVX2.
#define TILE 6
/// Depth of a block: its part of a panel (16 KB) stays in the first-level cache while the rows pass by.
#define DEPTH 256
#include "indirect_wide.h"

// One tile: sums over the block's depth for six rows. `LANES` columns are computed, of 16 in memory.
#define TILE_BODY(LANES)                                                                                         \
  const float *a0 = a + base[0], *a1 = a + base[1], *a2 = a + base[2];                                           \
  const float *a3 = a + base[3], *a4 = a + base[4], *a5 = a + base[5];                                           \
  LANES s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0};                                              \
  for (long k = 0; k < depth; k++) {                                                                             \
    LANES b = *(const LANES *)(panel + k * BRAID_PANEL);                                                         \
    long at = step[k];                                                                                           \
    s0 += a0[at] * b; s1 += a1[at] * b; s2 += a2[at] * b;                                                        \
    s3 += a3[at] * b; s4 += a4[at] * b; s5 += a5[at] * b;                                                        \
  }                                                                                                              \
  LANES sums[TILE] = {s0, s1, s2, s3, s4, s5};                                                                   \
  for (long m = 0; m < rows; m++) {                                                                              \
    LANES *to = (LANES *)(result + m * stride);                                                                  \
    *to = adds ? *to + sums[m] : sums[m];                                                                        \
  }

BRAID_INLINE void tile16(const float *a, const int32_t *base, const int32_t *step, long depth, const float *panel,
                         int adds, float *result, long stride, long rows) { TILE_BODY(lanes16) }
BRAID_INLINE void tile8(const float *a, const int32_t *base, const int32_t *step, long depth, const float *panel,
                        int adds, float *result, long stride, long rows) { TILE_BODY(lanes8) }

BRAID_KERNEL static void narrow_product(const float *a, const int32_t *base, long rows, const int32_t *step, long depth,
                                        const float *panels, long columns, float beta, float *result) {
  long count = (columns + BRAID_PANEL - 1) / BRAID_PANEL, stride = count * BRAID_PANEL;
  long blocks = (depth + DEPTH - 1) / DEPTH, even = blocks ? (depth + blocks - 1) / blocks : 1;
  for (long from = 0; from < depth; from += even) {
    long some = depth - from < even ? depth - from : even;
    int adds = from > 0 || beta != 0;
    for (long n = 0; n < count; n++) {
      const float *panel = panels + (n * depth + from) * BRAID_PANEL;
      int narrow = columns - n * BRAID_PANEL <= 8;
      for (long m = 0; m < rows; m += TILE) {
        long left = rows - m < TILE ? rows - m : TILE;
        int32_t last[TILE];  // a tile past the end repeats its first row and stores fewer
        const int32_t *bases = base + m;
        if (left < TILE) {
          for (long i = 0; i < TILE; i++) last[i] = base[m + (i < left ? i : 0)];
          bases = last;
        }
        float *to = result + m * stride + n * BRAID_PANEL;
        if (narrow) tile8(a, bases, step + from, some, panel, adds, to, stride, left);
        else tile16(a, bases, step + from, some, panel, adds, to, stride, left);
      }
    }
  }
}

void braid_indirect_product(const float *a, const int32_t *base, long rows, const int32_t *step, long depth,
                            const float *panels, long columns, float beta, float *result) {
  if (depth == 0 && beta == 0) {
    memset(result, 0, (size_t)(rows * ((columns + BRAID_PANEL - 1) / BRAID_PANEL) * BRAID_PANEL) * sizeof(float));
    return;
  }
  if (has_wide_vectors()) wide_product(a, base, rows, step, depth, panels, columns, beta, result);
  else narrow_product(a, base, rows, step, depth, panels, columns, beta, result);
}

BRAID_KERNEL void braid_pack_panels(const float *weight, const int32_t *offset, long depth, long stride, long columns,
                                    float *panels) {
  for (long n = 0; n < columns; n += BRAID_PANEL) {
    long some = columns - n < BRAID_PANEL ? columns - n : BRAID_PANEL;
    for (long k = 0; k < depth; k++, panels += BRAID_PANEL) {
      const float *from = weight + offset[k] + n * stride;
      long i = 0;
      for (; i < some; i++) panels[i] = from[i * stride];
      for (; i < BRAID_PANEL; i++) panels[i] = 0;
    }
  }
}

#define MIX(A, B, ...) __builtin_shufflevector(A, B, __VA_ARGS__)
// Eight rows of eight at `from` (rows `stride` apart) become eight columns.
BRAID_INLINE void transpose8(const float *from, long stride, lanes8 c[8]) {
  lanes8 r[8], t[8];
  for (int i = 0; i < 8; i++) r[i] = *(const lanes8 *)(from + i * stride);
  for (int i = 0; i < 8; i += 2) {
    t[i] = MIX(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[i + 1] = MIX(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    r[i] = MIX(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    r[i + 1] = MIX(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    r[i + 2] = MIX(t[i + 1], t[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    r[i + 3] = MIX(t[i + 1], t[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    c[i] = MIX(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    c[i + 4] = MIX(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

BRAID_KERNEL void braid_pack_map(const float *map, long size, long rows, long columns, float *panels) {
  for (long n = 0; n < columns; n += 8) {
    float *to = panels + n / BRAID_PANEL * rows * BRAID_PANEL + n % BRAID_PANEL;
    long some = columns - n < 8 ? columns - n : 8, r = 0;
    if (some == 8)
      for (; r + 8 <= rows; r += 8) {
        lanes8 c[8];
        transpose8(map + n * size + r, size, c);
        for (int i = 0; i < 8; i++) *(lanes8 *)(to + (r + i) * BRAID_PANEL) = c[i];
      }
    for (; r < rows; r++)
      for (long i = 0; i < 8; i++) to[r * BRAID_PANEL + i] = i < some ? map[(n + i) * size + r] : 0;
  }
  if ((columns + 7) / 8 % 2 == 1) {  // the last panel's upper half, which no column reaches
    float *to = panels + columns / BRAID_PANEL * rows * BRAID_PANEL + 8;
    for (long r = 0; r < rows; r++) memset(to + r * BRAID_PANEL, 0, 8 * sizeof(float));
  }
}

BRAID_KERNEL void braid_pack_padded(const float *map, long columns, long height, long width, long top, long left,
                                    long padded_height, long padded_width, float *panel) {
  const long size = height * width, gap = (padded_width - width) * BRAID_PANEL;
  memset(panel, 0, (size_t)(padded_height * padded_width * BRAID_PANEL) * sizeof(float));
  panel += (top * padded_width + left) * BRAID_PANEL;
  for (long n = 0; n < columns; n += 8, map += 8 * size, panel += 8) {
    const long some = columns - n < 8 ? columns - n : 8;
    float *to = panel;
    long r = 0, column = 0;  // of pixel r
#define NEXT_PIXEL { to += BRAID_PANEL; if (++column == width) { column = 0; to += gap; } }
    if (some == 8)
      for (; r + 8 <= size; r += 8) {
        lanes8 c[8];
        transpose8(map + r, size, c);
        for (int i = 0; i < 8; i++) { *(lanes8 *)to = c[i]; NEXT_PIXEL }
      }
    for (; r < size; r++) {
      for (long i = 0; i < some; i++) to[i] = map[i * size + r];
      NEXT_PIXEL
    }
#undef NEXT_PIXEL
  }
}

// map[n, r] = finish(product[r, n]), in blocks of 8 × 8. The last one may begin within the one before where AGAIN says
// that computing an element twice does no harm.
#define TRANSPOSED(AGAIN, VECTOR, SCALAR)                                                                        \
  for (long n = 0; n < columns; n += 8) {                                                                        \
    long some = columns - n < 8 ? columns - n : 8, r = 0;                                                        \
    if (some == 8)                                                                                               \
      for (; r + 8 <= rows; r = (AGAIN) && r + 8 < rows && r + 16 > rows ? rows - 8 : r + 8) {                   \
        lanes8 c[8];                                                                                             \
        transpose8(product + r * stride + n, stride, c);                                                         \
        for (int i = 0; i < 8; i++) {                                                                            \
          float *to = map + (n + i) * size + r;                                                                  \
          lanes8 v = c[i];                                                                                       \
          VECTOR                                                                                                 \
        }                                                                                                        \
      }                                                                                                          \
    for (; r < rows; r++)                                                                                        \
      for (long i = 0; i < some; i++) {                                                                          \
        float *to = map + (n + i) * size + r;                                                                    \
        float v = product[r * stride + n + i];                                                                   \
        SCALAR                                                                                                   \
      }                                                                                                          \
  }

typedef int32_t mask8 __attribute__((vector_size(32)));
// max(v, 0), NaN kept. A macro: vectors of this size may not be passed to functions everywhere.
#define RECTIFIED(V) ((lanes8)((mask8)(V) & ~((V) < 0)))

BRAID_KERNEL void braid_unpack_map(const float *product, long stride, long rows, long columns, const float *bias,
                                   int relu, float *map, long size) {
  if (relu) {
    TRANSPOSED(1, { v += bias ? bias[n + i] : 0; *(lanes8 *)to = RECTIFIED(v); },
               { v += bias ? bias[n + i] : 0; *to = v < 0 ? 0 : v; })
  } else {
    TRANSPOSED(1, { *(lanes8 *)to = v + (bias ? bias[n + i] : 0); }, { *to = v + (bias ? bias[n + i] : 0); })
  }
}

BRAID_KERNEL void braid_unpack_sum(const float *product, long stride, long rows, long columns, float beta, float *map,
                                   long size) {
  if (beta == 0) TRANSPOSED(1, { *(lanes8 *)to = v; }, { *to = v; })
  else TRANSPOSED(0, { *(lanes8 *)to = v + beta * *(lanes8 *)to; }, { *to = v + beta * *to; })
}

BRAID_KERNEL void braid_scatter_sum(const float *product, long stride, long rows, long columns, const int32_t *at,
                                    float beta, float *map, long size) {
  for (long n = 0; n < columns; n++)
    for (long r = 0; r < rows; r++) {
      float *to = map + n * size + at[r], v = product[r * stride + n];
      *to = beta == 0 ? v : v + beta * *to;
    }
}

void braid_pad_planes(const float *x, long planes, long height, long width, long top, long left, long padded_height,
                      long padded_width, float *padded) {
  for (long p = 0; p < planes; p++, padded += padded_height * padded_width) {
    float *row = padded + top * padded_width + left;
    for (long r = 0; r < height; r++, x += width, row += padded_width) memcpy(row, x, (size_t)width * sizeof(float));
  }
}

// One block of a map's pixels: out, and their sum. What is not needed is read, too, and vectors are asked for: where loads
// cannot be left out one by one (SSE), the sum would otherwise be one long chain.
BRAID_INLINE float pixels_gradient(const float *y, const float *g, long pixels, float *out) {
  BRAID_REASSOCIATE
  float sum = 0;
  if (y)
    _Pragma("clang loop vectorize(enable)") for (long i = 0; i < pixels; i++) {
      const float u = g[i], v = y[i] > 0 ? u : 0;
      out[i] = v;
      sum += v;
    }
  else for (long i = 0; i < pixels; i++) sum += g[i];
  if (!y && out) memcpy(out, g, (size_t)pixels * sizeof(float));
  return sum;
}

BRAID_KERNEL void braid_map_gradient(const float *y, const float *g, long channels, long pixels, float *out,
                                     double *bias_totals) {
  const long block = 1024;
  for (long c = 0; c < channels; c++)
    for (long first = 0; first < pixels; first += block) {
      const long at = c * pixels + first, count = pixels - first < block ? pixels - first : block;
      const float sum = pixels_gradient(y ? y + at : y, g + at, count, out ? out + at : out);
      if (bias_totals) bias_totals[c] += sum;
    }
}
