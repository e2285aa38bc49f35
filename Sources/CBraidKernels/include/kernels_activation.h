#pragma once
#include "kernels_common.h"

/// Element-wise functions of one argument.
enum { BRAID_IDENTITY, BRAID_RELU, BRAID_SIGMOID, BRAID_TANH, BRAID_GELU, BRAID_EXP, BRAID_LOG, BRAID_SQRT, BRAID_SQUARE,
       BRAID_NEGATE, BRAID_ABSOLUTE, BRAID_SOFTPLUS, BRAID_SIGNED_SQRT, BRAID_RECIPROCAL,
       BRAID_SINE, BRAID_COSINE, BRAID_LEAKY_RELU, BRAID_ELU, BRAID_SILU, BRAID_QUICK_GELU };
/// y = f(x). `slope`, here and below, is the leaky ReLU's on the left.
void braid_unary(int f, float slope, const float *x, float *y, long n);
/// gx = g * f'(x) + beta * gx, from the input x and the output y (each rule uses what it needs); g * f' is 0 where g is 0, even
/// if f' is infinite or NaN.
void braid_unary_gradient(int f, float slope, const float *x, const float *y, const float *g, float beta, float *gx, long n);
/// y[r, c] = f(y[r, c] + bias[c]) in place; bias may be NULL. `before` (may be NULL) receives the argument of f, which the
/// derivatives of all but relu, sigmoid and tanh need.
void braid_bias_activation(int f, float slope, const float *bias, float *y, float *before, long rows, long columns);
/// out[r, c] = g[r, c] * f'(.), and bias_gradient[c] = Σ_r out[r, c] + beta * bias_gradient[c] (NULL: not wanted). Rows
/// are `stride` apart. `x`, the argument, is not read for relu, sigmoid and tanh; `out` may be g.
void braid_bias_activation_gradient(int f, float slope, const float *x, const float *y, const float *g, float *out,
                                    float *bias_gradient, float beta, long rows, long columns, long stride);
