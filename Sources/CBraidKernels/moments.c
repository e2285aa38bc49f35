#include "CBraidKernels.h"
#include "vector_math.h"

// Columns run sixteen abreast with sums in double: neither many nor huge numbers cost digits.
enum { abreast = 16 };
#define EACH_BLOCK \
  for (long o = 0; o < outer; o++) \
    for (long first = o * n * inner, to = o * inner, i0 = 0, w = 0; \
         i0 < inner && (w = inner - i0 < abreast ? inner - i0 : abreast); i0 += abreast)

// s_i = Σ_k (x_ki − shift_i), or of the squares.
BRAID_INLINE void column_sums(const float *x, long n, long inner, long w, const double *shift, int squared, double *s) {
  if (inner == 1) {
    BRAID_REASSOCIATE
    double sum = 0, c = shift[0];
    if (squared) for (long k = 0; k < n; k++) { double d = x[k] - c; sum += d * d; }
    else for (long k = 0; k < n; k++) sum += x[k] - c;
    s[0] = sum;
    return;
  }
  for (long i = 0; i < w; i++) s[i] = 0;
  for (long k = 0; k < n; k++, x += inner)
    for (long i = 0; i < w; i++) { double d = x[i] - shift[i]; s[i] += squared ? d * d : d; }
}

BRAID_INLINE void column_means(const float *x, long n, long inner, long w, double *mean) {
  double zero[abreast] = {0};
  column_sums(x, n, inner, w, zero, 0, mean);
  for (long i = 0; i < w; i++) mean[i] /= (double)n;
}

BRAID_KERNEL void braid_norm_axis(const float *restrict_ x, long outer, long n, long inner, float *restrict_ y) {
  EACH_BLOCK {
    double zero[abreast] = {0}, s[abreast];
    column_sums(x + first + i0, n, inner, w, zero, 1, s);
    for (long i = 0; i < w; i++) y[to + i0 + i] = (float)__builtin_elementwise_sqrt(s[i]);
  }
}

BRAID_KERNEL void braid_norm_axis_gradient(const float *restrict_ x, const float *restrict_ y,
                                           const float *restrict_ g, long outer,
                                           long n, long inner, float beta, float *restrict_ gx) {
  for (long o = 0; o < outer; o++, y += inner, g += inner)
    for (long k = 0; k < n; k++, x += inner, gx += inner)
      for (long i = 0; i < inner; i++) {
        // ∞ / ∞ is the limit ±1; 0 / 0 is taken as 0
        float a = x[i], b = y[i], ratio = b == 0 ? 0.0f : a == b ? 1.0f : a == -b ? -1.0f : a / b, v = g[i] * ratio;
        gx[i] = beta == 0 ? v : gx[i] + v;
      }
}

BRAID_KERNEL void braid_variance_axis(const float *restrict_ x, long outer, long n, long inner, double divisor,
                                      int root,
                                      float *restrict_ y) {
  EACH_BLOCK {
    double mean[abreast], s[abreast];
    column_means(x + first + i0, n, inner, w, mean);
    column_sums(x + first + i0, n, inner, w, mean, 1, s);
    for (long i = 0; i < w; i++) {
      double v = s[i] / divisor;
      y[to + i0 + i] = (float)(root ? __builtin_elementwise_sqrt(v) : v);
    }
  }
}

BRAID_KERNEL void braid_variance_axis_gradient(const float *restrict_ x, const float *y, const float *restrict_ g,
                                               long outer,
                                               long n, long inner, double divisor, float beta, float *restrict_ gx) {
  EACH_BLOCK {
    double mean[abreast], slope[abreast];
    column_means(x + first + i0, n, inner, w, mean);
    for (long i = 0; i < w; i++) {
      double u = g[to + i0 + i] / divisor, b = y ? y[to + i0 + i] : 0.5;  // 2 u = u / ½
      slope[i] = b == 0 ? 0 : u / b;
    }
    for (long k = 0; k < n; k++)
      for (long i = 0, at = first + k * inner + i0; i < w; i++) {
        float v = (float)(slope[i] * (x[at + i] - mean[i]));
        gx[at + i] = beta == 0 ? v : gx[at + i] + v;
      }
  }
}

// e^(x − largest); 1 at the largest itself, also at ∞ − ∞.
BRAID_INLINE float relative_exp(float x, float largest) { return x == largest ? 1.0f : vexp(x - largest); }

BRAID_INLINE void exp_sums(const float *x, long n, long inner, long w, float *largest, double *s) {
  for (long i = 0; i < w; i++) { largest[i] = -INFINITY; s[i] = 0; }
  for (long k = 0; k < n; k++)
    for (long i = 0; i < w; i++) {
      float v = x[k * inner + i];
      largest[i] = ((v > largest[i]) | (v != v)) ? v : largest[i];
    }
  for (long k = 0; k < n; k++)
    for (long i = 0; i < w; i++) s[i] += relative_exp(x[k * inner + i], largest[i]);
}

BRAID_KERNEL void braid_log_sum_exp_axis(const float *restrict_ x, long outer, long n, long inner, float *restrict_ y) {
  EACH_BLOCK {
    float largest[abreast];
    double s[abreast];
    exp_sums(x + first + i0, n, inner, w, largest, s);
    for (long i = 0; i < w; i++) y[to + i0 + i] = n == 0 ? -INFINITY : (float)(largest[i] + log(s[i]));
  }
}

BRAID_KERNEL void braid_log_sum_exp_axis_gradient(const float *restrict_ x, const float *restrict_ g, long outer,
                                                  long n, long inner,
                                                  float beta, float *restrict_ gx) {
  EACH_BLOCK {
    float largest[abreast], slope[abreast];
    double s[abreast];
    exp_sums(x + first + i0, n, inner, w, largest, s);
    for (long i = 0; i < w; i++) slope[i] = largest[i] == -INFINITY ? 0.0f : (float)(g[to + i0 + i] / s[i]);
    for (long k = 0; k < n; k++)
      for (long i = 0, at = first + k * inner + i0; i < w; i++) {
        float v = slope[i] * relative_exp(x[at + i], largest[i]);
        gx[at + i] = beta == 0 ? v : gx[at + i] + v;
      }
  }
}
