#include "CBraidKernels.h"
#include <math.h>

// All in double: log Γ is 0 at 1 and 2, where float32 would keep no digits. Stirling's series holds from 8 on; what is
// smaller is moved there by Γ(x + 1) = x Γ(x), what is negative by the reflection at ½.

// log Γ(x) for x > 0.
static double log_gamma_positive(double x) {
  double product = 1;
  while (x < 8) product *= x++;
  double i = 1 / (x * x);
  double series = 1.0 / 12 + i * (-1.0 / 360 + i * (1.0 / 1260 + i * (-1.0 / 1680 + i * (1.0 / 1188
                + i * (-691.0 / 360360 + i * (1.0 / 156))))));
  return (x - 0.5) * log(x) - x + 0.91893853320467274178 + series / x - log(product);
}

// ψ(x) = d log Γ(x) / dx for x > 0.
static double digamma_positive(double x) {
  double sum = 0;
  while (x < 8) sum += 1 / x++;
  double i = 1 / (x * x);
  double series = i * (1.0 / 12 + i * (-1.0 / 120 + i * (1.0 / 252 + i * (-1.0 / 240 + i * (1.0 / 132
                + i * (-691.0 / 32760 + i * (1.0 / 12)))))));
  return log(x) - 0.5 / x - series - sum;
}

static float log_gamma(double x) {
  if (x > 0) return isinf(x) ? INFINITY : (float)log_gamma_positive(x);
  if (x == floor(x)) return INFINITY;  // the poles, and -inf
  double part = fabs(x - nearbyint(x));  // |sin π x| without the digits that π x would lose
  return (float)(log(M_PI / sin(M_PI * part)) - log_gamma_positive(1 - x));
}

static float digamma(double x) {
  if (x > 0) return isinf(x) ? INFINITY : (float)digamma_positive(x);
  if (x == 0) return -INFINITY;
  if (x == floor(x)) return NAN;
  return (float)(digamma_positive(1 - x) - M_PI / tan(M_PI * (x - nearbyint(x))));
}

// ψ′(x) for x > 0.
static double trigamma_positive(double x) {
  double sum = 0;
  for (; x < 8; x++) sum += 1 / (x * x);
  double i = 1 / (x * x);
  double series = i * (1.0 / 6 + i * (-1.0 / 30 + i * (1.0 / 42 + i * (-1.0 / 30 + i * (5.0 / 66
                + i * (-691.0 / 2730 + i * (7.0 / 6)))))));
  return sum + 1 / x + 0.5 * i + series / x;
}

static float trigamma(double x) {
  if (x > 0) return (float)trigamma_positive(x);
  if (x == floor(x)) return INFINITY;
  double s = M_PI / sin(M_PI * (x - nearbyint(x)));
  return (float)(s * s - trigamma_positive(1 - x));
}

void braid_log_gamma(const float *x, float *restrict_ y, long n) {
  for (long i = 0; i < n; i++) y[i] = log_gamma(x[i]);
}

void braid_log_gamma_gradient(const float *x, const float *g, float beta, float *restrict_ gx, long n) {
  for (long i = 0; i < n; i++) {
    float v = g[i] == 0 ? 0 : g[i] * digamma(x[i]);
    gx[i] = beta == 0 ? v : gx[i] + v;
  }
}

void braid_digamma(const float *x, float *restrict_ y, long n) {
  for (long i = 0; i < n; i++) y[i] = digamma(x[i]);
}

void braid_digamma_gradient(const float *x, const float *g, float beta, float *restrict_ gx, long n) {
  for (long i = 0; i < n; i++) {
    float v = g[i] == 0 ? 0 : g[i] * trigamma(x[i]);
    gx[i] = beta == 0 ? v : gx[i] + v;
  }
}
