#pragma once
#include "kernels_common.h"

/// Copies `rows` runs of `width` floats from rows `from_stride` apart to rows `to_stride` apart.
/// to = from + beta * to; with beta 0, to need not be initialised.
void braid_copy_rows(const float *from, long from_stride, float beta, float *to, long to_stride, long rows, long width);
/// Writes a value into `rows` runs of `width` floats, `stride` apart.
void braid_fill_rows(float value, float *to, long stride, long rows, long width);

/// y[r] = x[indices[r]] for rows of `width` floats. Returns -1, or the first place whose index is outside 0 ..< n.
long braid_gather(const float *x, long n, const int32_t *indices, long count, long width, float *y);
/// gx[indices[r]] += g[r], except for rows with index `skip` (-1: none); with beta 0, all n rows are cleared before.
void braid_scatter_add(const float *g, const int32_t *indices, long count, long width, int32_t skip, float beta, float *gx, long n);

/// -1, or the first place whose index is outside 0 ..< n.
long braid_first_outside(const int32_t *indices, long count, long n);
/// y[o, k, i] = x[o, indices[o, k, i], i] + beta * y: x is [outer, n, inner], indices and y are [outer, m, inner]. The indices
/// were checked.
void braid_gather_axis(const float *x, long outer, long n, long inner, const int32_t *indices, long m, float beta, float *y);
/// x[o, indices[o, k, i], i] += g[o, k, i], in row-major order; with beta 0, x is cleared before.
void braid_scatter_axis(const float *g, long outer, long m, long inner, const int32_t *indices, long n, float beta, float *x);

/// y[o, s, i] = Σ w_k x[o, k, i] over the k with segments[k] = s, in their order, for the columns first ..< first + columns of i: x is
/// [outer, m, inner], y [outer, n, inner]. weights may be NULL: ones. The segments were checked.
void braid_segment_sum(const float *x, long outer, long m, long inner, const int32_t *segments, const float *weights, long n,
                       long first, long columns, float *y);
/// gx[o, k, i] = w_k g[o, segments[k], i] + beta * gx for the rows first ..< last of all o m + k.
void braid_segment_spread(const float *g, long n, long inner, const int32_t *segments, const float *weights, long m, long first,
                          long last, float beta, float *gx);

/// y[a, j, b, i, c] = x[a, i, b, j, c] + beta * y: axes of extents m (index i) and n (index j) change places.
void braid_swap_axes(const float *x, long a, long m, long b, long n, long c, float beta, float *y);
