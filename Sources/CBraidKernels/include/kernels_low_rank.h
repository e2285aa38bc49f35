#pragma once
#include "kernels_common.h"

// The sum of products of low-rank fusion: `count` factors [batch, rank, outputs] and weights [rank].

/// y[b, o] = Σ_r weights[r] ∏_m factors[m][b, r, o].
void braid_low_rank_product(const float *const *factors, int count, const float *weights, float *y, long batch, long rank,
                            long outputs);
/// gp[b, r, o] = g[b, o] weights[r] ∏_{m ≠ number} factors[m][b, r, o] + beta * gp[b, r, o].
void braid_low_rank_product_gradient(const float *const *factors, int count, int number, const float *weights, const float *g,
                                     float beta, float *gp, long batch, long rank, long outputs);
/// gw[r] = Σ_{b, o} g[b, o] ∏_m factors[m][b, r, o] + beta * gw[r].
void braid_low_rank_product_weights_gradient(const float *const *factors, int count, const float *g, float beta, float *gw,
                                             long batch, long rank, long outputs);
