#pragma once
#include "kernels_common.h"

// Along the middle axis of x [outer, n, inner].

/// y[o, k, i] = Σ x[o, j, i] over j <= k (j < k when exclusive; from the other end when reversed) + beta * y.
void braid_cumulative_sum(const float *x, long outer, long n, long inner, int exclusive, int reversed, float beta,
                          float *y);
/// y[o, k, i] = Π_{j <= k} x[o, j, i].
void braid_cumulative_product(const float *x, long outer, long n, long inner, float *y);
/// gx_k = y_{k-1} R_k + beta * gx_k with R_k = g_k + x_{k+1} R_{k+1}: no division, so zeros are no special case.
void braid_cumulative_product_gradient(const float *x, const float *y, const float *g, long outer, long n, long inner,
                                       float beta,
                                       float *gx);
/// indices[o, k, i] = the last j <= k where x[o, j, i] is the largest so far; from a NaN on, the last NaN.
void braid_cumulative_maximum(const float *x, long outer, long n, long inner, int32_t *indices);
