#include "CBraidKernels.h"

BRAID_KERNEL void braid_product_with_one(const float *left, const float *x, float *restrict_ out, long batch, long n, long d) {
  for (long b = 0; b < batch; b++, left += n, x += d)
    for (long i = 0; i < n; i++, out += d + 1) {
      float a = left[i];
      out[0] = a;
      for (long j = 0; j < d; j++) out[j + 1] = a * x[j];
    }
}

BRAID_KERNEL void braid_product_with_one_gradient(const float *left, const float *x, const float *g, float *dleft,
                                                  float *restrict_ dx, float beta, long batch, long n, long d) {
  BRAID_REASSOCIATE
  for (long b = 0; b < batch; b++, left += n, x += d) {
    if (dx) {
      if (beta == 0) for (long j = 0; j < d; j++) dx[j] = 0;
      else for (long j = 0; j < d; j++) dx[j] *= beta;
    }
    for (long i = 0; i < n; i++, g += d + 1) {
      if (dleft) {
        float sum = g[0];
        for (long j = 0; j < d; j++) sum += g[j + 1] * x[j];
        dleft[b * n + i] = sum;
      }
      if (dx) for (long j = 0; j < d; j++) dx[j] += left[i] * g[j + 1];
    }
    if (dx) dx += d;
  }
}

// The block's columns fall into runs that share one element of `left`: run (i, r ..< r + length).
#define EACH_RUN \
  for (long n = first, end = first + count, i, r, length; \
       n < end && (i = n / rights, r = n % rights, length = rights - r < end - n ? rights - r : end - n, 1); n += length)

BRAID_KERNEL void braid_product_block(const float *left, const float *right, float *restrict_ z, long batch, long lefts,
                                      long rights, long first, long count) {
  for (long b = 0; b < batch; b++, left += lefts, right += rights)
    EACH_RUN {
      float a = left[i];
      for (long k = 0; k < length; k++) z[k] = a * right[r + k];
      z += length;
    }
}

BRAID_KERNEL void braid_product_block_gradient(const float *left, const float *right, const float *dz, float *dleft,
                                               float *restrict_ dright, long batch, long lefts, long rights, long first,
                                               long count) {
  BRAID_REASSOCIATE
  for (long b = 0; b < batch; b++, left += lefts, right += rights, dleft += lefts, dright += rights)
    EACH_RUN {
      float a = left[i], sum = 0;
      for (long k = 0; k < length; k++) {
        sum += dz[k] * right[r + k];
        dright[r + k] += a * dz[k];
      }
      dleft[i] += sum;
      dz += length;
    }
}
