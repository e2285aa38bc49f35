#pragma once
#include "kernels_common.h"

// Means are taken in two passes: a first mean, then the mean of what is left, so that rows far from 0 lose nothing.

/// Numbers kept a row (or channel) by the norms: mean, what the mean's rounding left out, 1 / √(variance + epsilon).
#define BRAID_NORM_STATISTICS 3

/// y = (s − mean) / √(variance + epsilon) · gain + bias for every row of s = x + residual. residual, gain, bias may be
/// NULL. statistics: [rows, 3].
void braid_layer_norm(const float *x, const float *residual, const float *gain, const float *bias, float epsilon,
                      float *y, float *statistics, long rows, long columns);
/// The derivative. gain_gradient and bias_gradient (NULL: not wanted) are the sums over these rows, overwritten; gx (NULL:
/// not wanted) is written, or added to with beta 1.
void braid_layer_norm_gradient(const float *x, const float *residual, const float *gain, const float *statistics,
                               const float *g, float beta, float *gx, float *gain_gradient, float *bias_gradient,
                               long rows, long columns);

/// Mean and biased variance of every channel of x [batch, channels, inner], partial sums kept in double precision;
/// statistics: [channels, 3].
void braid_batch_statistics(const float *x, float epsilon, float *mean, float *variance, float *statistics, long batch,
                            long channels, long inner);
/// y = (x − mean) · inverse deviation · gain + bias a channel, from the statistics. gain and bias may be NULL.
void braid_batch_norm(const float *x, const float *statistics, const float *gain, const float *bias, float *y,
                      long batch, long channels, long inner);
/// sums[c] = Σ g, sums[channels + c] = Σ g · normalised x; totals: workspace of 2 channels doubles.
void braid_batch_norm_sums(const float *x, const float *statistics, const float *g, double *totals, float *sums, long batch,
                           long channels, long inner);
/// gx = gain · inverse deviation · (g − (sums[c] + normalised x · sums[channels + c]) / elements) + beta · gx; sums
/// NULL: the statistics are constants, and only the first term stays.
void braid_batch_norm_gradient(const float *x, const float *statistics, const float *gain, const float *g,
                               const float *sums, float beta, float *gx, long batch, long channels, long inner);

/// y = (x − mean) / √(variance + epsilon) · gain + bias, with the statistics of every (sample, group) of
/// x [batch, channels, inner], whose channels are cut into `groups` equal parts. gain and bias [channels] may be NULL.
/// statistics: [batch · groups, 3].
void braid_group_norm(const float *x, const float *gain, const float *bias, float epsilon, float *y, float *statistics,
                      long batch, long channels, long groups, long inner);
/// The derivative. gain_totals and bias_totals (NULL: not wanted) are added to; gx (NULL: not wanted) is written,
/// or added to with beta 1.
void braid_group_norm_gradient(const float *x, const float *gain, const float *statistics, const float *g, float beta,
                               float *gx, double *gain_totals, double *bias_totals, long batch, long channels,
                               long groups, long inner);
