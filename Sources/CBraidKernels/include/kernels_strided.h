#pragma once
#include "kernels_common.h"

// y is dense with `rank` axes (1 … 8) of these extents; element (i_0, …) belongs to x[Σ i_k strides_k]. A stride of 0
// repeats.

/// y = those elements of x.
void braid_strided_copy(const float *x, int rank, const long *extents, const long *strides, float *y);
/// x[…] += g[…] for every element of g, shaped as y; with beta 0, the `count` elements of x are cleared before. Added up in
/// `totals` (as many as x has) unless that is NULL.
void braid_strided_add(const float *g, int rank, const long *extents, const long *strides, float beta, double *totals,
                       float *x, long count);
