#include "CBraidKernels.h"
#include <string.h>

BRAID_INLINE long bin_start(long i, long size, long bins) { return i * size / bins; }
BRAID_INLINE long bin_end(long i, long size, long bins) { return ((i + 1) * size + bins - 1) / bins; }

// BODY for every bin: rows upper ..< lower and columns first ..< last of the plane that begins at element `plane`.
#define BINS(...)                                                                                                \
  for (long n = 0; n < p->planes; n++)                                                                           \
    for (long o = 0; o < p->rows; o++) {                                                                         \
      long upper = bin_start(o, p->height, p->rows), lower = bin_end(o, p->height, p->rows);                     \
      for (long c = 0; c < p->columns; c++) {                                                                    \
        long first = bin_start(c, p->width, p->columns), last = bin_end(c, p->width, p->columns);                \
        long plane = n * p->height * p->width;                                                                   \
        __VA_ARGS__                                                                                              \
      }                                                                                                          \
    }

BRAID_INLINE float row_sum(const float *x, long n) {
  BRAID_REASSOCIATE
  float sum = 0;
  for (long i = 0; i < n; i++) sum += x[i];
  return sum;
}

BRAID_KERNEL void braid_bin_average(const braid_pooling *p, const float *restrict_ x, float *restrict_ y) {
  BINS({
    double sum = 0;  // a bin can be a whole picture
    for (long i = upper; i < lower; i++) sum += row_sum(x + plane + i * p->width + first, last - first);
    *y++ = (float)(sum / (double)((lower - upper) * (last - first)));
  })
}

BRAID_KERNEL void braid_bin_average_gradient(const braid_pooling *p, const float *restrict_ g, float beta,
                                             float *restrict_ gx) {
  if (beta == 0) memset(gx, 0, (size_t)(p->planes * p->height * p->width) * sizeof(float));
  BINS({
    float share = *g++ / (float)((lower - upper) * (last - first));
    for (long i = upper; i < lower; i++)
      for (long j = plane + i * p->width + first; j < plane + i * p->width + last; j++) gx[j] += share;
  })
}

BRAID_KERNEL void braid_bin_maximum(const braid_pooling *p, const float *restrict_ x, float *restrict_ y) {
  BINS({
    float m = -__builtin_inff();
    for (long i = upper; i < lower; i++)
      for (long j = plane + i * p->width + first; j < plane + i * p->width + last; j++)
        m = x[j] > m || x[j] != x[j] ? x[j] : m;
    *y++ = m;
  })
}

BRAID_KERNEL void braid_bin_maximum_gradient(const braid_pooling *p, const float *x, const float *y, const float *g,
                                             float beta, float *gx) {
  if (beta == 0) memset(gx, 0, (size_t)(p->planes * p->height * p->width) * sizeof(float));
  BINS({
    for (long i = upper; i < lower; i++)
      for (long j = plane + i * p->width + first; j < plane + i * p->width + last; j++)
        if (!(x[j] < *y)) { gx[j] += *g; goto found; }
  found:
    y++;
    g++;
  })
}
