#pragma once
#include "kernels_common.h"

// Recurrent layers work on time-major buffers in processing order: place s holds step s, or step T − 1 − s when reversed.
// A mask has one number a (sample, step), 0 for a masked step; `mask` points at the step's column and `mask_stride` is the
// distance between samples. NULL: every step is real.

/// xs[s, b, :] = x[b, step(s), :]; rows of masked steps become zeros, so that nothing under a mask is ever read again.
void braid_time_major(const float *x, const float *steps, int reversed, float *xs, long batch, long time, long width);
/// xs[b, :] = x[b, :], whose rows are `x_stride` apart; zeros where the sample's mask is 0.
void braid_gather_step(const float *x, long x_stride, const float *mask, long mask_stride, float *xs, long batch, long width);
/// x[b, step(s), :] = xs[s, b, :] + beta * x[b, step(s), :].
void braid_batch_major(const float *xs, int reversed, float beta, float *x, long batch, long time, long width);

/// One LSTM step. gates [batch, 4·units] (i, f, g, o) holds the two products; on return the gates' activations.
/// c, h [batch, units] are the state before, c_next and h_next after, which may be the same memory. y: this step's output rows, `y_stride` apart.
void braid_lstm_step(float *gates, const float *bias, const float *c, const float *h, const float *mask, long mask_stride,
                     float *c_next, float *h_next, float *y, long y_stride, long batch, long units);
/// Its derivative. gates: activations in, derivatives of their arguments out. gy: gradient of the output rows. dh, dc
/// [batch, units]: gradients of the state after in; on return dc is that of the state before, and dh what bypasses the gates
/// (the caller adds gates · Uᵀ).
void braid_lstm_step_gradient(float *gates, const float *c, const float *c_next, const float *mask, long mask_stride,
                              const float *gy, long gy_stride, float *dh, float *dc, long batch, long units);

/// One GRU step. gates [batch, 3·units] (r, z, n) holds the input product, `recurrent` the product with the state; on return
/// gates holds the activations and q [batch, units] the recurrent part of n's argument before r multiplies it.
void braid_gru_step(float *gates, const float *recurrent, const float *bias, const float *recurrent_bias, const float *h,
                    const float *mask, long mask_stride, float *q, float *h_next, float *y, long y_stride, long batch, long units);
/// Its derivative. gates: activations in, derivatives of r's, z's and n's arguments out; q: likewise in, its derivative out.
/// dh as for the LSTM.
void braid_gru_step_gradient(float *gates, float *q, const float *h, const float *mask, long mask_stride, const float *gy,
                             long gy_stride, float *dh, long batch, long units);

/// One step of a plain recurrent network, with tanh or, if `relu`, max(·, 0). gates [batch, units] holds the two
/// products; on return the new state.
void braid_rnn_step(int relu, float *gates, const float *bias, const float *h, const float *mask, long mask_stride, float *h_next,
                    float *y, long y_stride, long batch, long units);
/// Its derivative. gates: the state in, the derivative of the activation's argument out. dh as for the LSTM.
void braid_rnn_step_gradient(int relu, float *gates, const float *mask, long mask_stride, const float *gy, long gy_stride,
                             float *dh, long batch, long units);
