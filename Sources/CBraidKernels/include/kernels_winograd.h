#pragma once
#include "kernels_common.h"

// Convolution of stride 1 with 3 × 3 or 5 × 5 windows by minimal filtering (Winograd 1980, "Arithmetic complexity of
// computations"; Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", arXiv:1509.09308): a tile of
// 2 × 2 results takes 16 products a channel instead of 36, and 49 instead of 100.
//
// Along one axis, F(2, 3), two results of three taps, evaluates polynomials at 0, 1, −1 and ∞:
//   place 0: (d2 − d0) · −w0              y0 = m0 + m1 + m2
//   place 1: (d1 + d2) · (w0 + w1 + w2)/2  y1 = m1 − m2 + m3
//   place 2: (d2 − d1) · (w0 − w1 + w2)/2
//   place 3: (d3 − d1) · w2
// Five taps are these three and two more, w3 and w4 on d3 … d5, by F(2, 2), at 0, 1 and ∞:
//   (d3 − d4) · w3,  d4 · (w3 + w4),  (d5 − d4) · w4, which enter y0 and y1 as m0, m1 and m3 do.
// So they are further products of the places 0, 1 and 3, summed with those there: seven in four places, where ten are
// the definition's and six (Toom-Cook at six points) the fewest. But six need constants that magnify rounding errors;
// here all are 0, ±1 and 1/2, and a result is still computed from nothing but the pixels of its own window.
//
// Both axes: Y = Aᵀ [Σ (G W Gᵀ) ∘ (Bᵀ X B)] A, with X a tile of the input, W a window, Y the 2 × 2 results; the sum,
// over channels and over a place's products, is a matrix product for each of the 4 × 4 places. The derivative by the
// weight is the adjoint: dW = Gᵀ [Σ (Bᵀ X B) ∘ (A dY Aᵀ)] G, with the sum over tiles.
//
// Channels lie in panels of 16, side by side in a vector: panels[channel / 16][pixel][channel % 16].

/// Places of a tile, each with a matrix product of its own.
#define BRAID_WINOGRAD_PLACES 16

/// The products of all places in order, those of a place side by side: where the products of a place begin (0 ≤ place ≤
/// 16), and which product in row order is number n.
long braid_winograd_first(long window, long place);
long braid_winograd_product(long window, long n);

/// Where the tiles of a sample lie: `across` in a row, each 2 pixels on from the one before. Tiles are numbered row by
/// row; `first` and `count` say which are meant.
typedef struct {
  long window, across, first, count;
  /// Pixels of a row of the padded map the tiles are cut from.
  long width;
} braid_tiles;

/// x: one panel of a padded sample. transformed[tile][product][stride] = Bᵀ X B in the first 16 of `stride`.
void braid_winograd_input(const braid_tiles *t, const float *x, long stride, float *transformed);
/// product[pixel][output] = Aᵀ S A from sums[place][tile][output], places `place` floats apart, with all `stride`
/// outputs. The tiles begin a row of them, and the product with that row's upper pixels; results beyond the map's
/// [rows, columns] are dropped. Returns whether all results of the first `outputs` are finite.
int braid_winograd_output(const braid_tiles *t, const float *sums, long stride, long place, long outputs, long rows,
                          long columns, float *product);
/// g: one panel of a map padded to whole tiles. transformed[place][tile][16] = A dY Aᵀ, places `place` floats apart: a
/// panel of the product that follows.
void braid_winograd_upstream(const braid_tiles *t, const float *g, long place, float *transformed);
/// filter[place][panel][product of the place][channel][16] = G W Gᵀ for panel number `panel` of `panels`, 0 past the
/// last of `outputs`, W being the window at weight[output · of_output + channel · of_channel], read from its end if
/// `reversed` (by a convolution's transpose).
void braid_winograd_weight(long window, const float *weight, long outputs, long of_output, long channels,
                           long of_channel, int reversed, long panel, long panels, float *filter);
/// gw[output][channel] = Gᵀ S G for at most 16 outputs, from sums[place][product of the place][channel]
/// [output], rows `stride` apart.
void braid_winograd_weight_gradient(long window, const float *sums, long stride, long outputs, long channels,
                                    float *gw);
