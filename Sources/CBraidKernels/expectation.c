#include "CBraidKernels.h"
#include <math.h>

BRAID_KERNEL void braid_expectation(const float *p, const float *v, long rows, long columns, float *y) {
  for (long r = 0; r < rows; r++, p += columns, v += columns) {
    BRAID_REASSOCIATE
    float sum = 0;
    for (long k = 0; k < columns; k++) sum += p[k] == 0 ? 0 : p[k] * v[k];
    y[r] = sum;
  }
}

BRAID_KERNEL void braid_expectation_gradient(const float *g, const float *p, const float *v, long rows, long columns, float beta,
                                             float *restrict_ gp) {
  for (long r = 0; r < rows; r++, p += columns, v += columns, gp += columns) {
    float s = g[r];
    for (long k = 0; k < columns; k++) {
      float d = p[k] == 0 && !(v[k] - v[k] == 0) ? 0 : s * v[k];
      gp[k] = beta == 0 ? d : gp[k] + d;
    }
  }
}
