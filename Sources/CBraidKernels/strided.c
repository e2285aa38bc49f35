#include "CBraidKernels.h"

// Moves *at to the next run of the innermost axis; 0 at the end.
BRAID_INLINE int next_run(int rank, const long *extents, const long *strides, long *index, long *at) {
  for (int k = rank - 2; k >= 0; k--) {
    *at += strides[k];
    if (++index[k] < extents[k]) return 1;
    *at -= strides[k] * extents[k];
    index[k] = 0;
  }
  return 0;
}

BRAID_INLINE int is_empty(int rank, const long *extents) {
  for (int k = 0; k < rank; k++) if (extents[k] == 0) return 1;
  return 0;
}

BRAID_KERNEL void braid_strided_copy(const float *restrict_ x, int rank, const long *extents, const long *strides,
                                     float *restrict_ y) {
  if (is_empty(rank, extents)) return;
  long index[8] = {0}, at = 0, n = extents[rank - 1], s = strides[rank - 1];
  do {
    const float *from = x + at;
    if (s == 1) for (long i = 0; i < n; i++) y[i] = from[i];
    else for (long i = 0; i < n; i++) y[i] = from[i * s];
    y += n;
  } while (next_run(rank, extents, strides, index, &at));
}

#define ADD_UP(SUM, TOTALS) \
  do { \
    SUM *to = TOTALS + at; \
    if (s == 1) for (long i = 0; i < n; i++) to[i] += g[i]; \
    else if (s == 0) { BRAID_REASSOCIATE SUM sum = 0; for (long i = 0; i < n; i++) sum += g[i]; *to += sum; } \
    else for (long i = 0; i < n; i++) to[i * s] += g[i]; \
    g += n; \
  } while (next_run(rank, extents, strides, index, &at));
BRAID_KERNEL void braid_strided_add(const float *restrict_ g, int rank, const long *extents, const long *strides,
                                    float beta, double *restrict_ totals, float *restrict_ x, long count) {
  if (beta == 0) for (long i = 0; i < count; i++) x[i] = 0;
  if (is_empty(rank, extents)) return;
  long index[8] = {0}, at = 0, n = extents[rank - 1], s = strides[rank - 1];
  if (!totals) { ADD_UP(float, x) return; }
  for (long i = 0; i < count; i++) totals[i] = x[i];
  ADD_UP(double, totals)
  for (long i = 0; i < count; i++) x[i] = (float)totals[i];
}
#undef ADD_UP
