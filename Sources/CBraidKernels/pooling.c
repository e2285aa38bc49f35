#include "CBraidKernels.h"
#include <string.h>

typedef float lanes8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t mask8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float lanes4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t mask4 __attribute__((vector_size(16), aligned(4), may_alias));
// Every second of two vectors side by side, and one vector between the other.
#define EVEN8 0, 2, 4, 6, 8, 10, 12, 14
#define ODD8 1, 3, 5, 7, 9, 11, 13, 15
#define EVEN4 0, 2, 4, 6
#define ODD4 1, 3, 5, 7
#define LOWER8 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER8 4, 12, 5, 13, 6, 14, 7, 15
#define LOWER4 0, 4, 1, 5
#define UPPER4 2, 6, 3, 7

// Part of a window that lies inside the plane: window elements first ≤ i < last along one axis, for a window starting
// at `start`.
BRAID_INLINE void inside(long start, long window, long size, long *first, long *last) {
  *first = start < 0 ? -start : 0;
  *last = size - start < window ? size - start : window;
}

// What an average divides by, when so many rows and columns of a window lie inside the plane.
BRAID_INLINE float divisor(const braid_pooling *p, long rows, long columns) {
  return p->counts_padding ? (float)(p->window_height * p->window_width) : (float)(rows * columns);
}

// Outputs whose window element `at` lies inside the plane along one axis: first ≤ o < last.
BRAID_INLINE void reached(long at, long before, long size, long stride, long outputs, long *first, long *last) {
  long from = before - at, until = size + before - at;  // from ≤ o · stride < until
  *first = from > 0 ? (from + stride - 1) / stride : 0;
  *last = until > 0 ? (until + stride - 1) / stride : 0;
  if (*last > outputs) *last = outputs;
}

// Goes through the planes window element by window element, so that the inner loop runs over the outputs of a row.
// BODY sees at[c * stride] (the element of output c) and to[c].
#define WINDOW_MAJOR(START, BODY)                                                                                \
  for (long n = 0; n < p->planes; n++)                                                                           \
    for (long o = 0; o < p->rows; o++) {                                                                         \
      float *to = y + (n * p->rows + o) * p->columns;                                                            \
      for (long c = 0; c < p->columns; c++) to[c] = START;                                                       \
      long top = o * p->stride_y - p->top, upper, lower;                                                         \
      inside(top, p->window_height, p->height, &upper, &lower);                                                  \
      for (long i = upper; i < lower; i++)                                                                       \
        for (long j = 0; j < p->window_width; j++) {                                                             \
          long first, last;                                                                                      \
          reached(j, p->left, p->width, p->stride_x, p->columns, &first, &last);                                 \
          const float *at = x + (n * p->height + top + i) * p->width + j - p->left;                              \
          for (long c = first; c < last; c++) BODY                                                               \
        }                                                                                                        \
    }

#define MAXIMUM { float v = at[c * stride], m = to[c]; to[c] = v > m || v != v ? v : m; }
BRAID_INLINE void max_pool(const braid_pooling *p, const float *restrict_ x, float *restrict_ y, long stride) {
  WINDOW_MAJOR(-__builtin_inff(), MAXIMUM)
}

#define SUM { to[c] += at[c * stride]; }
BRAID_INLINE void sum_pool(const braid_pooling *p, const float *restrict_ x, float *restrict_ y, long stride) {
  WINDOW_MAJOR(0, SUM)
}

BRAID_INLINE int is_two_by_two(const braid_pooling *p) {
  return p->window_height == 2 && p->window_width == 2 && p->stride_y == 2 && p->stride_x == 2 && p->top == 0 &&
         p->left == 0;
}

// m = v where that is larger or NaN.
#define TAKE_LARGER(MASK, M, V)                                 \
  {                                                             \
    const MASK larger = (V > M) | (V != V);                     \
    M = (__typeof__(M))(((MASK)V & larger) | ((MASK)M & ~larger)); \
  }
// A row of at least N windows of 2 × 2, N at a time; the last N may share windows with those before. a and b: the
// upper and the lower row of elements.
#define TWO_BY_TWO_ROW(N, LANES, MASK, EVEN, ODD)                                                                    \
  for (long c = 0; c < columns; c = c + N < columns && c + 2 * N > columns ? columns - N : c + N) {                  \
    const LANES a0 = *(const LANES *)(a + 2 * c), a1 = *(const LANES *)(a + 2 * c + N);                              \
    const LANES b0 = *(const LANES *)(b + 2 * c), b1 = *(const LANES *)(b + 2 * c + N);                              \
    LANES m = __builtin_shufflevector(a0, a1, EVEN), v = __builtin_shufflevector(a0, a1, ODD);                       \
    LANES w = __builtin_shufflevector(b0, b1, EVEN), z = __builtin_shufflevector(b0, b1, ODD);                       \
    TAKE_LARGER(MASK, m, v)                                                                                          \
    TAKE_LARGER(MASK, m, w)                                                                                          \
    TAKE_LARGER(MASK, m, z)                                                                                          \
    *(LANES *)(y + c) = m;                                                                                           \
  }
BRAID_KERNEL void braid_max_pool(const braid_pooling *p, const float *restrict_ x, float *restrict_ y) {
  if (is_two_by_two(p)) {  // the usual case, in one pass
    for (long n = 0; n < p->planes; n++)
      for (long o = 0; o < p->rows; o++, y += p->columns) {
        const float *a = x + (n * p->height + 2 * o) * p->width, *b = a + p->width;
        const long columns = p->columns;
        if (columns >= 8) { TWO_BY_TWO_ROW(8, lanes8, mask8, EVEN8, ODD8) continue; }
        if (columns >= 4) { TWO_BY_TWO_ROW(4, lanes4, mask4, EVEN4, ODD4) continue; }
        for (long c = 0; c < columns; c++) {
          float m = a[2 * c], v = a[2 * c + 1], w = b[2 * c], z = b[2 * c + 1];
          m = v > m || v != v ? v : m;
          m = w > m || w != w ? w : m;
          y[c] = z > m || z != z ? z : m;
        }
      }
    return;
  }
  switch (p->stride_x) {  // known strides vectorise
  case 1: max_pool(p, x, y, 1); break;
  case 2: max_pool(p, x, y, 2); break;
  default: max_pool(p, x, y, p->stride_x);
  }
}

// The gradient of such a row: g where an element is not less than the largest, and none before it in its window.
#define TWO_BY_TWO_GRADIENT(N, LANES, MASK, EVEN, ODD, LOWER, UPPER)                                                  \
  for (long c = 0; c < columns; c = c + N < columns && c + 2 * N > columns ? columns - N : c + N) {                   \
    const LANES a0 = *(const LANES *)(a + 2 * c), a1 = *(const LANES *)(a + 2 * c + N);                               \
    const LANES b0 = *(const LANES *)(b + 2 * c), b1 = *(const LANES *)(b + 2 * c + N);                               \
    const LANES m = *(const LANES *)(y + c);                                                                          \
    const MASK v = *(const MASK *)(g + c);                                                                            \
    const MASK t0 = ~(__builtin_shufflevector(a0, a1, EVEN) < m), t1 = ~(__builtin_shufflevector(a0, a1, ODD) < m);   \
    const MASK t2 = ~(__builtin_shufflevector(b0, b1, EVEN) < m), t3 = ~(__builtin_shufflevector(b0, b1, ODD) < m);   \
    const MASK f0 = v & t0, f1 = v & t1 & ~t0, f2 = v & t2 & ~(t0 | t1), f3 = v & t3 & ~(t0 | t1 | t2);               \
    *(MASK *)(ga + 2 * c) = __builtin_shufflevector(f0, f1, LOWER);                                                   \
    *(MASK *)(ga + 2 * c + N) = __builtin_shufflevector(f0, f1, UPPER);                                               \
    *(MASK *)(gb + 2 * c) = __builtin_shufflevector(f2, f3, LOWER);                                                   \
    *(MASK *)(gb + 2 * c + N) = __builtin_shufflevector(f2, f3, UPPER);                                               \
  }

// Windows of 2 × 2 that do not overlap: every element is written once, without branches.
BRAID_INLINE void two_by_two_gradient(const braid_pooling *p, const float *restrict_ x, const float *restrict_ y,
                                      const float *restrict_ g, float *restrict_ gx) {
  for (long n = 0; n < p->planes; n++)
    for (long o = 0; o < p->rows; o++, y += p->columns, g += p->columns) {
      long at = (n * p->height + 2 * o) * p->width;
      const float *a = x + at, *b = a + p->width;
      float *ga = gx + at, *gb = ga + p->width;
      const long columns = p->columns;
      if (columns >= 8) TWO_BY_TWO_GRADIENT(8, lanes8, mask8, EVEN8, ODD8, LOWER8, UPPER8)
      else if (columns >= 4) TWO_BY_TWO_GRADIENT(4, lanes4, mask4, EVEN4, ODD4, LOWER4, UPPER4)
      else for (long c = 0; c < columns; c++) {
        float m = y[c], v = g[c];
        float f0 = a[2 * c] < m ? 0 : v, f1 = a[2 * c + 1] < m ? 0 : v;
        float f2 = b[2 * c] < m ? 0 : v, f3 = b[2 * c + 1] < m ? 0 : v;
        int t0 = !(a[2 * c] < m), t1 = t0 | !(a[2 * c + 1] < m), t2 = t1 | !(b[2 * c] < m);
        ga[2 * c] = f0;
        ga[2 * c + 1] = t0 ? 0 : f1;
        gb[2 * c] = t1 ? 0 : f2;
        gb[2 * c + 1] = t2 ? 0 : f3;
      }
      if (p->width % 2) ga[p->width - 1] = gb[p->width - 1] = 0;
      if (p->height % 2 && o + 1 == p->rows) memset(gb + p->width, 0, (size_t)p->width * sizeof(float));
    }
}

BRAID_KERNEL void braid_max_pool_gradient(const braid_pooling *p, const float *x, const float *y, const float *g,
                                          float beta, float *gx) {
  if (is_two_by_two(p) && beta == 0) { two_by_two_gradient(p, x, y, g, gx); return; }
  if (beta == 0) memset(gx, 0, (size_t)(p->planes * p->height * p->width) * sizeof(float));
  for (long n = 0; n < p->planes; n++)
    for (long o = 0; o < p->rows; o++) {
      long top = o * p->stride_y - p->top, upper, lower;
      inside(top, p->window_height, p->height, &upper, &lower);
      for (long c = 0; c < p->columns; c++, y++, g++) {
        long start = c * p->stride_x - p->left, first, last;
        inside(start, p->window_width, p->width, &first, &last);
        for (long i = upper; i < lower; i++) {
          long at = (n * p->height + top + i) * p->width + start;
          for (long j = first; j < last; j++)
            if (!(x[at + j] < *y)) { gx[at + j] += *g; goto found; }
        }
      found:;
      }
    }
}

BRAID_KERNEL void braid_average_pool(const braid_pooling *p, const float *restrict_ x, float *restrict_ y) {
  switch (p->stride_x) {
  case 1: sum_pool(p, x, y, 1); break;
  case 2: sum_pool(p, x, y, 2); break;
  default: sum_pool(p, x, y, p->stride_x);
  }
  for (long n = 0; n < p->planes; n++)
    for (long o = 0; o < p->rows; o++) {
      long upper, lower, first, last;
      inside(o * p->stride_y - p->top, p->window_height, p->height, &upper, &lower);
      for (long c = 0; c < p->columns; c++) {
        inside(c * p->stride_x - p->left, p->window_width, p->width, &first, &last);
        *y++ /= divisor(p, lower - upper, last - first);
      }
    }
}

BRAID_KERNEL void braid_average_pool_gradient(const braid_pooling *p, const float *restrict_ g, float beta,
                                              float *restrict_ gx) {
  if (beta == 0) memset(gx, 0, (size_t)(p->planes * p->height * p->width) * sizeof(float));
  for (long n = 0; n < p->planes; n++)
    for (long o = 0; o < p->rows; o++) {
      long top = o * p->stride_y - p->top, upper, lower;
      inside(top, p->window_height, p->height, &upper, &lower);
      for (long c = 0; c < p->columns; c++) {
        long start = c * p->stride_x - p->left, first, last;
        inside(start, p->window_width, p->width, &first, &last);
        float share = *g++ / divisor(p, lower - upper, last - first);
        for (long i = upper; i < lower; i++) {
          float *to = gx + (n * p->height + top + i) * p->width + start;
          for (long j = first; j < last; j++) to[j] += share;
        }
      }
    }
}
