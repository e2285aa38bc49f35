#pragma once
#include "kernels_common.h"

/// Doubles that one sequence of so many steps and labels needs as memory below.
long braid_temporal_classification_workspace(long time, long count);

/// log p(labels): over all ways to write the labels, in their order, a step each, with repetitions and blanks between
/// them, the sum of the products of their probabilities (Graves et al. 2006, equation 3). −∞ if there is no such way.
/// `l` [time, classes] holds log-probabilities; steps where `mask` (may be NULL) is 0 are passed over. Two equal labels
/// next to each other need a blank between them. `memory` receives the forward variables (equations 5 to 8, as
/// logarithms) of the real steps.
double braid_temporal_classification(const float *l, const float *mask, const int32_t *labels, long count, int32_t blank,
                                     long time, long classes, double *memory);
/// gamma += the probability, the labels being known, that a step writes a class [time, classes], from what the forward pass
/// left in `memory` and its result `log_p` (equations 9 to 15). Nothing where `log_p` is −∞; NaN for a NaN.
void braid_temporal_classification_posterior(const float *l, const float *mask, const int32_t *labels, long count,
                                             int32_t blank, long time, long classes, double log_p, double *memory,
                                             float *gamma);
