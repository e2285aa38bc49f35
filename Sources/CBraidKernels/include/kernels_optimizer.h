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

/// What one RMSprop step needs.
typedef struct {
  float smoothing, one_minus_smoothing;  // of the running means
  float rate, epsilon;
  float momentum;        // used where there is a velocity
  float decay;           // added to the gradient, times p
} braid_rmsprop_step;
/// d = g + decay p; v = smoothing v + (1 - smoothing) d²; with `mean` (nullable) m likewise of d, and its square is
/// taken off v; u = d / (sqrt(v) + epsilon); p -= rate u, or with `velocity` (nullable) b = momentum b + u; p -= rate
/// b.
void braid_rmsprop(float *p, const float *g, float *square, float *mean, float *velocity, long n, const braid_rmsprop_step *step);

/// One Adadelta step: d = g + decay p; v = smoothing v + (1 - smoothing) d²; c = sqrt(u + epsilon) / sqrt(v + epsilon)
/// d; u = smoothing u + (1 - smoothing) c²; p -= rate c.
void braid_adadelta(float *p, const float *g, float *square, float *change, long n, float smoothing, float one_minus_smoothing,
                    float rate, float epsilon, float decay);

/// a += share (p - a): one step of an exponential average.
void braid_average(float *a, const float *p, long n, float share);
/// Exchanges two arrays.
void braid_exchange(float *a, float *b, long n);
