// Walking two broadcast operands together. Private to this room.
#pragma once
#include "kernels_common.h"

// Axes from the innermost outwards; a stride of 0 repeats. The innermost strides are 0 or 1.
typedef struct { int rank; long n[8], xs[8], ys[8], total; } Walk;

// Aligns two shapes at their last axes, drops axes of extent 1, and merges neighbours that both operands pass without a gap,
// so that the common cases (equal shapes, a row, a column, a scalar) become one or two loops.
static inline Walk walk_over(const int32_t *xe, int xr, const int32_t *ye, int yr) {
  Walk w;
  int k = 0, rank = xr > yr ? xr : yr;
  long sx = 1, sy = 1;
  w.total = 1;
  for (int i = 1; i <= rank; i++) {
    long a = i <= xr ? xe[xr - i] : 1, b = i <= yr ? ye[yr - i] : 1, e = a == 1 ? b : a;
    w.total *= e;
    if (e == 1) continue;
    long p = a == 1 ? 0 : sx, q = b == 1 ? 0 : sy;
    sx *= a; sy *= b;
    if (k > 0 && p == w.xs[k - 1] * w.n[k - 1] && q == w.ys[k - 1] * w.n[k - 1]) { w.n[k - 1] *= e; continue; }
    w.n[k] = e; w.xs[k] = p; w.ys[k] = q;
    k++;
  }
  if (k == 0) { w.n[0] = 1; w.xs[0] = w.ys[0] = 0; k = 1; }
  w.rank = k;
  return w;
}

// Moves x and y to the next run of the innermost axis; 0 at the end.
BRAID_INLINE int walk_on(const Walk *w, long *index, const float **x, const float **y) {
  for (int k = 1; k < w->rank; k++) {
    *x += w->xs[k]; *y += w->ys[k];
    if (++index[k] < w->n[k]) return 1;
    *x -= w->xs[k] * w->n[k]; *y -= w->ys[k] * w->n[k];
    index[k] = 0;
  }
  return 0;
}
