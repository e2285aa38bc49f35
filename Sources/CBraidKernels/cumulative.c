#include "CBraidKernels.h"

// Columns run sixteen abreast; what is carried along is kept in double, so the error does not grow with n.
enum { abreast = 16 };
#define EACH_BLOCK \
  for (long o = 0; o < outer; o++) \
    for (long first = o * n * inner, i0 = 0, w = 0; \
         i0 < inner && (w = inner - i0 < abreast ? inner - i0 : abreast); i0 += abreast)

BRAID_KERNEL void braid_cumulative_sum(const float *restrict_ x, long outer, long n, long inner, int exclusive,
                                       int reversed, float beta, float *restrict_ y) {
  EACH_BLOCK {
    double sum[abreast] = {0};
    for (long t = 0; t < n; t++) {
      long at = first + (reversed ? n - 1 - t : t) * inner + i0;
      for (long i = 0; i < w; i++) {
        double before = sum[i];
        sum[i] += x[at + i];
        float v = (float)(exclusive ? before : sum[i]);
        y[at + i] = beta == 0 ? v : y[at + i] + v;
      }
    }
  }
}

BRAID_KERNEL void braid_cumulative_product(const float *restrict_ x, long outer, long n, long inner,
                                           float *restrict_ y) {
  EACH_BLOCK {
    double product[abreast];
    for (long i = 0; i < abreast; i++) product[i] = 1;
    for (long k = 0; k < n; k++)
      for (long i = 0, at = first + k * inner + i0; i < w; i++) y[at + i] = (float)(product[i] *= x[at + i]);
  }
}

BRAID_KERNEL void braid_cumulative_product_gradient(const float *restrict_ x, const float *restrict_ y,
                                                    const float *restrict_ g, long outer, long n, long inner, float beta, float *restrict_ gx) {
  EACH_BLOCK {
    double rest[abreast] = {0};  // x_{k+1} R_{k+1}
    for (long k = n - 1; k >= 0; k--)
      for (long i = 0, at = first + k * inner + i0; i < w; i++) {
        double r = g[at + i] + rest[i];
        float v = (float)((k > 0 ? y[at + i - inner] : 1.0f) * r);
        gx[at + i] = beta == 0 ? v : gx[at + i] + v;
        rest[i] = x[at + i] * r;
      }
  }
}

void braid_cumulative_maximum(const float *x, long outer, long n, long inner, int32_t *indices) {
  for (long o = 0; o < outer; o++, x += n * inner, indices += n * inner)
    for (long i = 0; i < inner; i++) {
      long best = 0;
      for (long k = 0; k < n; k++) {
        float v = x[k * inner + i], largest = x[best * inner + i];
        if (v != v || v >= largest) best = k;
        indices[k * inner + i] = (int32_t)best;
      }
    }
}
