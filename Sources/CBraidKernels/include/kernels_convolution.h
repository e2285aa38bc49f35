#pragma once
#include "kernels_common.h"

// Convolution as a product whose left operand is read through offsets, so that patches are never copied out (Dukhan
// 2019, "The indirect convolution algorithm", arXiv:1907.02129). The right operand and the result lie in panels of 16
// columns.

/// Columns of a panel.
#define BRAID_PANEL 16

/// result[m, n] = Σ_k a[base[m] + step[k]] · panels[n / 16][k][n % 16] + beta · result[m, n], beta 0 or 1.
/// result: [rows, 16 · ceil(columns / 16)]; columns past `columns` are padding whose values mean nothing.
void braid_indirect_product(const float *a, const int32_t *base, long rows, const int32_t *step, long depth,
                            const float *panels, long columns, float beta, float *result);

/// panels[n / 16][k][n % 16] = weight[offset[k] + n · stride], 0 for n ≥ columns.
void braid_pack_panels(const float *weight, const int32_t *offset, long depth, long stride, long columns,
                       float *panels);

/// A map [columns, size] (channels by pixels), of which `rows` pixels are used, into panels:
/// panels[n / 16][r][n % 16] = map[n, r], 0 for n ≥ columns.
void braid_pack_map(const float *map, long size, long rows, long columns, float *panels);

/// The same of at most 16 maps [height, width] at (top, left) of a larger panel [padded_height, padded_width, 16], the
/// rest of which becomes 0.
void braid_pack_padded(const float *map, long columns, long height, long width, long top, long left,
                       long padded_height, long padded_width, float *panel);

/// map[n, r] = f(product[r, n] + bias[n]); f is max(·, 0) if `relu`; bias may be NULL. product: [rows, stride], map:
/// [columns, size], of which `rows` are written.
void braid_unpack_map(const float *product, long stride, long rows, long columns, const float *bias, int relu,
                      float *map, long size);
/// map[n, r] = product[r, n] + beta · map[n, r], sizes as above.
void braid_unpack_sum(const float *product, long stride, long rows, long columns, float beta, float *map, long size);
/// map[n, at[r]] = product[r, n] + beta · map[n, at[r]], sizes as above.
void braid_scatter_sum(const float *product, long stride, long rows, long columns, const int32_t *at, float beta,
                       float *map, long size);

/// Planes [height, width] into planes [paddedHeight, paddedWidth] at (top, left); what lies around them stays.
void braid_pad_planes(const float *x, long planes, long height, long width, long top, long left, long padded_height,
                      long padded_width, float *padded);

/// out = g where y > 0, else 0 (y NULL: g as it is, and out may be NULL), and bias_totals[c] += Σ_pixels out (NULL:
/// not wanted).
void braid_map_gradient(const float *y, const float *g, long channels, long pixels, float *out, double *bias_totals);

/// Where the pixels of a map are read and written: pixel (r, c) at r · row + c · column.
typedef struct {
  long rows, columns, from_row, from_column, to_row, to_column;
} braid_grid;

/// A product with one column, pixels side by side: map at (r, c) = f(Σ_k a[(r, c) + step[k]] · weight[at[k]] + bias)
/// + beta · map at (r, c); f is max(·, 0) if `relu`; at NULL: weights in order.
void braid_weighted_map(const float *a, braid_grid grid, const int32_t *step, const int32_t *at, long depth,
                        const float *weight, float bias, int relu, float beta, float *map);
/// sums[k] += Σ_{r, c} a[(r, c) + step[k]] · g at (r, c), of which columns are neighbours.
void braid_map_products(const float *a, braid_grid grid, const int32_t *step, long depth, const float *g, float *sums);
