#pragma once
#include "kernels_common.h"

double braid_log_double(double x);
double braid_cos_double(double x);
double braid_pow_double(double x, double p);

/// y = x + beta * y; with beta 0, y need not be initialised.
void braid_add_scaled(const float *x, float beta, float *y, long n);
/// y = a * x + beta * y; with beta 0, y need not be initialised.
void braid_scale(float a, const float *x, float beta, float *y, long n);
/// gx = a * g + beta * gx; a * g is 0 where g is 0, even if a is infinite or NaN.
void braid_scale_gradient(float a, const float *g, float beta, float *gx, long n);
/// y = a * x + b.
void braid_affine(float a, const float *x, float b, float *y, long n);

enum {
  BRAID_ADD, BRAID_SUBTRACT, BRAID_MULTIPLY, BRAID_DIVIDE, BRAID_MAXIMUM, BRAID_MINIMUM, BRAID_POWER,
  BRAID_IS_GREATER, BRAID_IS_AT_LEAST, BRAID_IS_EQUAL, BRAID_IS_DIFFERENT
};
/// z = x op y, same sizes. A NaN in either operand of maximum and minimum wins. Comparisons give 1 or 0.
void braid_binary(int op, const float *x, const float *y, float *z, long n);
/// z = x op s.
void braid_binary_scalar(int op, const float *x, float s, float *z, long n);
/// z = x op y with shapes aligned at their last axes, extents of 1 repeating (at most 8 axes, checked by the caller).
void braid_binary_broadcast(int op, const float *x, const int32_t *x_extents, int x_rank, const float *y,
                            const int32_t *y_extents, int y_rank, float *z);

/// What an operand's gradient is made of: upstream g times this, `own` being that operand and `other` the second one.
enum {
  BRAID_SLOPE_ONE,        // 1
  BRAID_SLOPE_MINUS_ONE,  // -1
  BRAID_SLOPE_OTHER,      // other
  BRAID_SLOPE_INVERSE,    // 1 / other
  BRAID_SLOPE_QUOTIENT,   // -other / own²
  BRAID_SLOPE_GREATER,    // 1 where own > other, 1/2 where equal
  BRAID_SLOPE_LESS,       // 1 where own < other, 1/2 where equal
  BRAID_SLOPE_BASE,       // other own^(other − 1), 0 where other is 0
  BRAID_SLOPE_EXPONENT    // other^own log other, 0 where other is 0 and own is not negative
};
/// gradient = g * slope + beta * gradient, same sizes; g * slope is 0 where g is 0, even if the slope is infinite or NaN.
void braid_binary_gradient(int slope, const float *g, const float *own, const float *other, float beta, float *gradient, long n);
/// The same with broadcast operands: summed over the axes along which `own` was repeated, in `totals` (as many as `own` has)
/// unless that is NULL.
void braid_binary_broadcast_gradient(int slope, const float *g, const float *own, const int32_t *own_extents, int own_rank,
                                     const float *other, const int32_t *other_extents, int other_rank, float beta,
                                     double *totals, float *gradient);

/// y = a where the mask is not 0, b elsewhere; same sizes.
void braid_select(const float *mask, const float *a, const float *b, float *y, long n);
/// gradient = g + beta * gradient where (mask is not 0) equals `kept`; beta * gradient elsewhere.
void braid_select_gradient(const float *mask, int kept, const float *g, float beta, float *gradient, long n);
/// y = x, but `low` below it and `high` above it; NaN stays.
void braid_clamp(const float *x, float low, float high, float *y, long n);
/// gx = g where low <= x <= high, 0 elsewhere, + beta * gx.
void braid_clamp_gradient(const float *x, float low, float high, const float *g, float beta, float *gx, long n);

/// y[r, c] = x[r, c] * weights[r]; exactly 0 where the weight is 0, whatever x holds. y = … + beta * y.
void braid_scale_rows(const float *x, const float *weights, long rows, long columns, float beta, float *y);

/// y[b, i, j] = u[b, i] * v[b, j].
void braid_outer(const float *u, const float *v, long batch, long m, long n, float *y);
/// gu[b, i] = Σ_j g[b, i, j] v[b, j] + beta * gu[b, i].
void braid_outer_gradient_first(const float *g, const float *v, long batch, long m, long n, float beta, float *gu);
/// gv[b, j] = Σ_i g[b, i, j] u[b, i] + beta * gv[b, j].
void braid_outer_gradient_second(const float *g, const float *u, long batch, long m, long n, float beta, float *gv);
