#pragma once
#include "kernels_common.h"

/// Sizes of a pooling over planes: [height, width] → [rows, columns].
typedef struct {
  long planes, height, width, rows, columns, window_height, window_width, stride_y, stride_x, top, left;
  int counts_padding;  // an average's divisor is the whole window
} braid_pooling;

/// y = the largest element of each window. NaN wins.
void braid_max_pool(const braid_pooling *p, const float *x, float *y);
/// gx = beta · gx, plus g at the first element of each window that is not below its maximum; beta 0 or 1.
void braid_max_pool_gradient(const braid_pooling *p, const float *x, const float *y, const float *g, float beta,
                             float *gx);
/// y = the sum of the elements of each window that lie inside the plane, divided by their number, or by the window's
/// size if `counts_padding`.
void braid_average_pool(const braid_pooling *p, const float *x, float *y);
/// gx = beta · gx, plus g / (that divisor) for each element of the window inside the plane; beta 0 or 1.
void braid_average_pool_gradient(const braid_pooling *p, const float *g, float beta, float *gx);

// Bins that cut a plane into rows × columns parts of nearly one size: bin i of n along an axis of m elements is
// ⌊i m / n⌋ ..< ⌈(i + 1) m / n⌉. They overlap where n does not divide m. Only planes, height, width, rows and columns are
// read; height and width are at least 1.

/// y = the mean of each bin.
void braid_bin_average(const braid_pooling *p, const float *x, float *y);
/// gx = beta · gx, plus g / (elements of the bin) for each of them; beta 0 or 1.
void braid_bin_average_gradient(const braid_pooling *p, const float *g, float beta, float *gx);
/// y = the largest element of each bin. NaN wins.
void braid_bin_maximum(const braid_pooling *p, const float *x, float *y);
/// gx = beta · gx, plus g at the first element of each bin that is not below its maximum; beta 0 or 1.
void braid_bin_maximum_gradient(const braid_pooling *p, const float *x, const float *y, const float *g, float beta,
                                float *gx);
