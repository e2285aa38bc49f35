#include "CBraidKernels.h"

#define TOGETHER 16  // outputs whose sums stay in registers

// t[k] = scale * the product of the factors except `without` at c + k, for `count` neighbours.
BRAID_INLINE void product_of_factors(const float *const *factors, int count, int without, long c, float scale, long neighbours,
                                     float *t) {
  for (long k = 0; k < neighbours; k++) t[k] = scale;
  for (int m = 0; m < count; m++) {
    if (m == without) continue;
    const float *p = factors[m] + c;
    for (long k = 0; k < neighbours; k++) t[k] *= p[k];
  }
}

BRAID_KERNEL void braid_low_rank_product(const float *const *factors, int count, const float *weights, float *restrict_ y,
                                         long batch, long rank, long outputs) {
  float t[TOGETHER], sum[TOGETHER];
  for (long b = 0; b < batch; b++, y += outputs) {
    long o = 0;
    for (; o + TOGETHER <= outputs; o += TOGETHER) {
      for (int k = 0; k < TOGETHER; k++) sum[k] = 0;
      for (long r = 0; r < rank; r++) {
        product_of_factors(factors, count, -1, (b * rank + r) * outputs + o, weights[r], TOGETHER, t);
        for (int k = 0; k < TOGETHER; k++) sum[k] += t[k];
      }
      for (int k = 0; k < TOGETHER; k++) y[o + k] = sum[k];
    }
    for (; o < outputs; o++) {
      float all = 0;
      for (long r = 0; r < rank; r++) {
        product_of_factors(factors, count, -1, (b * rank + r) * outputs + o, weights[r], 1, t);
        all += t[0];
      }
      y[o] = all;
    }
  }
}

BRAID_KERNEL void braid_low_rank_product_gradient(const float *const *factors, int count, int number, const float *weights,
                                                  const float *g, float beta, float *restrict_ gp, long batch, long rank,
                                                  long outputs) {
  float t[TOGETHER];
  for (long b = 0; b < batch; b++, g += outputs)
    for (long r = 0; r < rank; r++, gp += outputs) {
      const long row = (b * rank + r) * outputs;
      long o = 0;
      for (; o + TOGETHER <= outputs; o += TOGETHER) {
        product_of_factors(factors, count, number, row + o, weights[r], TOGETHER, t);
        for (int k = 0; k < TOGETHER; k++) gp[o + k] = t[k] * g[o + k] + (beta == 0 ? 0 : beta * gp[o + k]);
      }
      for (; o < outputs; o++) {
        product_of_factors(factors, count, number, row + o, weights[r], 1, t);
        gp[o] = t[0] * g[o] + (beta == 0 ? 0 : beta * gp[o]);
      }
    }
}

BRAID_KERNEL void braid_low_rank_product_weights_gradient(const float *const *factors, int count, const float *g, float beta,
                                                          float *restrict_ gw, long batch, long rank, long outputs) {
  float t[TOGETHER], sum[TOGETHER];
  for (long r = 0; r < rank; r++) {
    double all = 0;
    for (long b = 0; b < batch; b++) {
      const long row = (b * rank + r) * outputs;
      const float *up = g + b * outputs;
      for (int k = 0; k < TOGETHER; k++) sum[k] = 0;
      long o = 0;
      for (; o + TOGETHER <= outputs; o += TOGETHER) {
        product_of_factors(factors, count, -1, row + o, 1, TOGETHER, t);
        for (int k = 0; k < TOGETHER; k++) sum[k] += t[k] * up[o + k];
      }
      for (; o < outputs; o++) {
        product_of_factors(factors, count, -1, row + o, 1, 1, t);
        sum[0] += t[0] * up[o];
      }
      for (int k = 0; k < TOGETHER; k++) all += sum[k];
    }
    gw[r] = (float)all + (beta == 0 ? 0 : beta * gw[r]);
  }
}
