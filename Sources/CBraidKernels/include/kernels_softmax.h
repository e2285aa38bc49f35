#pragma once
#include "kernels_common.h"

/// y = softmax of every row of the last axis, or its logarithm.
/// `mask` (may be NULL) has as many axes as x, each of x's extent or 1; 0 excludes. Excluded places get 0 (−∞ in the logarithm),
/// and so does a row with nothing to choose from.
void braid_softmax(int logarithm, const float *x, const int32_t *extents, const float *mask, const int32_t *mask_extents,
                   int rank, float *y);
/// From the output y: gx = y ∘ (g − Σ g ∘ y) + beta * gx; for the logarithm gx = g − eʸ Σ g, 0 where y is −∞.
void braid_softmax_gradient(int logarithm, const float *y, const float *g, long rows, long columns, float beta, float *gx);

/// Row r's softmax into p, and (Σ_r of −Σ_k t_k log p_k) / Σ_r weights[class_r] as the result, where t = (1 − smoothing) at the
/// class times its weight + smoothing / columns times every class's weight. weights may be NULL: ones. `bad` receives the first
/// row whose class is outside 0 ..< columns (the result is then 0), or -1; `norm` the denominator. 0 rows give 0. Rows whose class
/// is `ignored` do not count and get nothing in p; where all count, that is a number no class has.
float braid_cross_entropy(const float *x, const int32_t *classes, const float *weights, float smoothing, long ignored, long rows,
                          long columns, float *p, float *norm, long *bad);
/// gx = scale * d(loss)/dx + beta * gx, from p.
void braid_cross_entropy_gradient(const float *p, const int32_t *classes, const float *weights, float smoothing, long ignored,
                                  long rows, long columns, float norm, float scale, float beta, float *gx);

/// Mean of −log softmax over the rows of scale · x [n, n] at its diagonal, and the same over its columns, halved; 0 for
/// n = 0. `scale` is above 0. `statistics` [4, n] receives every row's maximum of x, or a number near it, and
/// 1 / Σ e^(scale (x − that)), then every column's.
float braid_paired_cross_entropy(const float *x, float scale, long n, float *statistics);
/// gx = g * d(loss)/dx + beta * gx, from the statistics.
void braid_paired_cross_entropy_gradient(const float *x, float scale, long n, const float *statistics, float g, float beta,
                                         float *gx);

/// Mean of −t log σ(x) − (1 − t) log(1 − σ(x)); 0 for n = 0.
float braid_binary_cross_entropy(const float *x, const float *t, long n);
/// gx = scale * (σ(x) − t) + beta * gx.
void braid_binary_cross_entropy_gradient(const float *x, const float *t, float scale, float beta, float *gx, long n);
