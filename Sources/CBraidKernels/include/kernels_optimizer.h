#pragma once
#include "kernels_common.h"

/// Σ x². Blocks of floats are summed in double, so that the error does not grow with n.
double braid_square_sum(const float *x, long n);
/// x *= a.
void braid_scale_in_place(float a, float *x, long n);

/// One step of gradient descent: p -= rate * (g + decay * p).
void braid_sgd(float *p, const float *g, long n, float rate, float decay);
/// With momentum: d = g + decay * p; v = momentum * v + d; p -= rate * v, or rate * (d + momentum * v) with `nesterov`.
void braid_sgd_momentum(float *p, const float *g, float *v, long n, float rate, float momentum, float decay, int nesterov);

/// What one Adam step needs, each computed in double by the caller.
typedef struct {
  float beta1, one_minus_beta1;  // 1 - beta is passed: in float it would lose four of its digits
  float beta2, one_minus_beta2;
  float rate;            // learning rate / (1 - beta1^t)
  float root_inverse;    // 1 / sqrt(1 - beta2^t)
  float epsilon;
  float decay;           // added to the gradient, times p
  float shrink;          // p is multiplied by this first: 1 - learning rate * decoupled decay
} braid_adam_step;
/// p *= shrink; d = g + decay * p; m = beta1 m + (1 - beta1) d; v = beta2 v + (1 - beta2) d²;
/// p -= rate * m / (sqrt(v) * root_inverse + epsilon): one pass over the four arrays.
void braid_adam(float *p, const float *g, float *m, float *v, long n, const braid_adam_step *step);
