// Mean and deviation of rows of numbers. Private to this room.
#pragma once
#include "sums.h"
#include <math.h>

// Outside the reductions, whose sums may be reordered: (a − b) − c must not become a − (b + c).
BRAID_INLINE float less(float a, float b) { return a - b; }
BRAID_INLINE float normalised(float x, const float *s) { return ((x - s[0]) - s[1]) * s[2]; }

BRAID_INLINE void add_moments_of_block(const float *x, float mean, long n, double *rest, double *square) {
  BRAID_REASSOCIATE
  float a = 0, b = 0;
  for (long i = 0; i < n; i++) { float d = less(x[i], mean); a += d; b += d * d; }
  *rest += a;
  *square += b;
}

// Adds Σ (x − mean) and Σ (x − mean)² to the two totals.
BRAID_INLINE void add_moments(const float *x, float mean, long n, double *rest, double *square) {
  BLOCKS_OF(n, add_moments_of_block(x + first, mean, count, rest, square);)
}

BRAID_INLINE void add_products_of_block(const float *g, const float *x, const float *s, long n, double *up, double *product) {
  BRAID_REASSOCIATE
  float a = 0, b = 0;
  for (long i = 0; i < n; i++) { a += g[i]; b += g[i] * normalised(x[i], s); }
  *up += a;
  *product += b;
}

// Adds Σ g and Σ g · normalised x to the two totals.
BRAID_INLINE void add_products(const float *g, const float *x, const float *s, long n, double *up, double *product) {
  BLOCKS_OF(n, add_products_of_block(g + first, x + first, s, count, up, product);)
}

// Statistics of n elements from their first mean and the two totals; returns the variance.
BRAID_INLINE float finish(float mean, float rest, float square, float n, float epsilon, float *statistics) {
  rest /= n;
  float variance = square / n - rest * rest;
  variance = variance < 0 ? 0 : variance;  // NaN stays NaN
  statistics[0] = mean;
  statistics[1] = rest;
  statistics[2] = 1 / sqrtf(variance + epsilon);
  return variance;
}
