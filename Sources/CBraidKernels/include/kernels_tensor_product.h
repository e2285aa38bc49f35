#pragma once
#include "kernels_common.h"

/// out[b] = vec(left[b] ⊗ [1; x[b]]): left [batch, n], x [batch, d], out [batch, n·(d + 1)].
void braid_product_with_one(const float *left, const float *x, float *out, long batch, long n, long d);
/// Its derivative: dleft[b, i] = Σ_j g[b, i, j] [1; x[b]]_j (NULL: not wanted), dx[b, j] = Σ_i g[b, i, j + 1] left[b, i] + beta dx.
void braid_product_with_one_gradient(const float *left, const float *x, const float *g, float *dleft, float *dx, float beta,
                                     long batch, long n, long d);
/// Columns first ..< first + count of left ⊗ right: z[b, n - first] = left[b, n / rights] * right[b, n % rights].
void braid_product_block(const float *left, const float *right, float *z, long batch, long lefts, long rights, long first,
                         long count);
/// Its derivative: dleft and dright are added to.
void braid_product_block_gradient(const float *left, const float *right, const float *dz, float *dleft, float *dright,
                                  long batch, long lefts, long rights, long first, long count);
