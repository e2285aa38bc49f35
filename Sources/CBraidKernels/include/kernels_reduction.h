#pragma once
#include "kernels_common.h"

// An axis of n extents between `outer` blocks and `inner` elements: x is [outer, n, inner].

/// y[o, i] = scale * Σ_k x[o, k, i]; partial sums are kept in double precision.
void braid_sum_axis(const float *x, long outer, long n, long inner, float scale, float *y);
/// y[o, k, i] = scale * x[o, i] + beta * y[o, k, i].
void braid_spread_axis(const float *x, long outer, long n, long inner, float scale, float beta, float *y);
/// y[o, i] = the largest x[o, k, i]; NaN if there is one.
void braid_maximum_axis(const float *x, long outer, long n, long inner, float *y);
/// y[o, i] = the smallest x[o, k, i]; NaN if there is one.
void braid_minimum_axis(const float *x, long outer, long n, long inner, float *y);
/// Adds g[o, i] at the first k where x[o, k, i] equals y[o, i], the largest or the smallest; with beta 0, gx is cleared before.
void braid_extreme_axis_gradient(const float *x, const float *y, const float *g, long outer, long n, long inner, float beta,
                                 float *gx);
/// y[o, i] = Π_k x[o, k, i], multiplied in double precision; 1 for n = 0.
void braid_product_axis(const float *x, long outer, long n, long inner, float *y);
/// gx[o, k, i] = g[o, i] * the product of the elements other than k + beta * gx. workspace: (n + 1) inner doubles.
void braid_product_axis_gradient(const float *x, const float *g, long outer, long n, long inner, float beta, double *workspace,
                                 float *gx);
/// Sum of n elements; partial sums are kept in double precision.
float braid_sum(const float *x, long n);

// Sequences x [B, T, d] with steps [B, T]: 0 marks padding. `steps` may be NULL: all real.

/// y[b] = mean over the real steps, 0 without any; partial sums are kept in double precision.
void braid_steps_mean(const float *x, const float *steps, long batch, long time, long width, float *y);
void braid_steps_mean_gradient(const float *g, const float *steps, long batch, long time, long width, float beta, float *gx);
/// y[b] = largest over the real steps, 0 without any.
void braid_steps_maximum(const float *x, const float *steps, long batch, long time, long width, float *y);
/// The first real step that attains the maximum gets the gradient.
void braid_steps_maximum_gradient(const float *x, const float *y, const float *g, const float *steps, long batch, long time,
                                  long width, float beta, float *gx);
/// y[b] = x at the last real step, 0 without any.
void braid_steps_last(const float *x, const float *steps, long batch, long time, long width, float *y);
void braid_steps_last_gradient(const float *g, const float *steps, long batch, long time, long width, float beta, float *gx);
