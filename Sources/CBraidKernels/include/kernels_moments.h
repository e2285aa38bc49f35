#pragma once
#include "kernels_common.h"

// Along the middle axis of x [outer, n, inner]; sums run in double.

/// y[o, i] = √Σ_k x[o, k, i]².
void braid_norm_axis(const float *x, long outer, long n, long inner, float *y);
/// gx = g x / y + beta * gx, 0 where y is 0.
void braid_norm_axis_gradient(const float *x, const float *y, const float *g, long outer, long n, long inner,
                              float beta, float *gx);

/// y[o, i] = Σ_k (x[o, k, i] − mean[o, i])² / divisor, or the root of that.
void braid_variance_axis(const float *x, long outer, long n, long inner, double divisor, int root, float *y);
/// gx = 2 g (x − mean) / divisor + beta * gx; of the root (y given, not NULL) g (x − mean) / (divisor y), 0 where y is
/// 0.
void braid_variance_axis_gradient(const float *x, const float *y, const float *g, long outer, long n, long inner,
                                  double divisor,
                                  float beta, float *gx);

/// y[o, i] = log Σ_k e^x[o, k, i], without overflow; −∞ when every x is.
void braid_log_sum_exp_axis(const float *x, long outer, long n, long inner, float *y);
/// gx = g e^x / Σ e^x + beta * gx; 0 where every x is −∞, shared by those at ∞ where there are any.
void braid_log_sum_exp_axis_gradient(const float *x, const float *g, long outer, long n, long inner, float beta,
                                     float *gx);
