#include "CBraidKernels.h"
#include "few.h"

// Sixteen outputs: one register with AVX-512 (which the compiler would cut in halves unless told otherwise), two or four
// elsewhere. Their products and sums stay in registers.
typedef float lanes16 __attribute__((vector_size(64), aligned(4), may_alias));
#define LOW_RANK BRAID_KERNEL __attribute__((min_vector_width(512)))
#define TOGETHER 16
#define ON(P) (*(lanes16 *)(P))
#define FROM(P) (*(const lanes16 *)(P))

// scale times the product of the factors except `without` at c, for sixteen neighbours and for one.
// (A vector of this size may not be returned everywhere.)
BRAID_INLINE void products(const float *const *factors, int count, int without, long c, float scale, lanes16 *result) {
  lanes16 t = scale - (lanes16){0};
  for (int m = 0; m < count; m++)
    if (m != without) t *= FROM(factors[m] + c);
  *result = t;
}
BRAID_INLINE float product(const float *const *factors, int count, int without, long c, float scale) {
  for (int m = 0; m < count; m++)
    if (m != without) scale *= factors[m][c];
  return scale;
}

// What follows is for `count` factors, mostly a constant.

BRAID_INLINE void low_rank_product(const float *const *factors, const int count, const float *weights,
                                   float *restrict_ y, long batch, long rank, long outputs) {
  for (long b = 0; b < batch; b++, y += outputs) {
    const long row = b * rank * outputs;
    long o = 0;
    for (; o + TOGETHER <= outputs; o += TOGETHER) {
      lanes16 sum = {0}, one;
      for (long r = 0; r < rank; r++) {
        products(factors, count, -1, row + r * outputs + o, weights[r], &one);
        sum += one;
      }
      ON(y + o) = sum;
    }
    for (; o < outputs; o++) {
      float sum = 0;
      for (long r = 0; r < rank; r++) sum += product(factors, count, -1, row + r * outputs + o, weights[r]);
      y[o] = sum;
    }
  }
}

LOW_RANK void braid_low_rank_product(const float *const *factors, int count, const float *weights, float *restrict_ y,
                                     long batch, long rank, long outputs) {
#define OF(COUNT) low_rank_product(factors, COUNT, weights, y, batch, rank, outputs)
  FOR_FEW(count, OF)
#undef OF
}

BRAID_INLINE void low_rank_product_gradient(const float *const *factors, const int count, int number,
                                            const float *weights, const float *g, float beta, float *restrict_ gp,
                                            long batch, long rank, long outputs) {
  for (long b = 0; b < batch; b++, g += outputs)
    for (long r = 0; r < rank; r++, gp += outputs) {
      const long row = (b * rank + r) * outputs;
      long o = 0;
      for (; o + TOGETHER <= outputs; o += TOGETHER) {
        lanes16 own;
        products(factors, count, number, row + o, weights[r], &own);
        own *= FROM(g + o);
        if (beta != 0) own += beta * FROM(gp + o);
        ON(gp + o) = own;
      }
      for (; o < outputs; o++) {
        const float own = product(factors, count, number, row + o, weights[r]) * g[o];
        gp[o] = beta == 0 ? own : own + beta * gp[o];
      }
    }
}

LOW_RANK void braid_low_rank_product_gradient(const float *const *factors, int count, int number, const float *weights,
                                              const float *g, float beta, float *restrict_ gp, long batch, long rank,
                                              long outputs) {
#define OF(COUNT) low_rank_product_gradient(factors, COUNT, number, weights, g, beta, gp, batch, rank, outputs)
  FOR_FEW(count, OF)
#undef OF
}

BRAID_INLINE void low_rank_product_weights_gradient(const float *const *factors, const int count, const float *g,
                                                    float beta, float *restrict_ gw, long batch, long rank,
                                                    long outputs) {
  for (long r = 0; r < rank; r++) {
    double all = 0;
    for (long b = 0; b < batch; b++) {
      const long row = (b * rank + r) * outputs;
      const float *up = g + b * outputs;
      lanes16 sums = {0}, one;
      float rest = 0;
      long o = 0;
      for (; o + TOGETHER <= outputs; o += TOGETHER) {
        products(factors, count, -1, row + o, 1, &one);
        sums += one * FROM(up + o);
      }
      for (; o < outputs; o++) rest += product(factors, count, -1, row + o, 1) * up[o];
      for (int k = 0; k < TOGETHER; k++) rest += sums[k];
      all += rest;
    }
    gw[r] = (float)all + (beta == 0 ? 0 : beta * gw[r]);
  }
}

LOW_RANK void braid_low_rank_product_weights_gradient(const float *const *factors, int count, const float *g, float beta,
                                                      float *restrict_ gw, long batch, long rank, long outputs) {
#define OF(COUNT) low_rank_product_weights_gradient(factors, COUNT, g, beta, gw, batch, rank, outputs)
  FOR_FEW(count, OF)
#undef OF
}
