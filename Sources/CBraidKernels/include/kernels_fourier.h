#pragma once
#include "kernels_common.h"

/// How the spectra of real signals of one length n are found, f = ⌊n/2⌋ + 1 frequencies each. Tables hold complex numbers as
/// pairs (real, imaginary).
///
/// Signals are made complex ones of `length` numbers, n/2 for an even n (neighbours are one number) and n for an odd one, and
/// those are cut apart by `factors` (Stockham's and Cooley's mixed radix, decimation in frequency), in place. Lengths with
/// other factors than 2, 3, 5 and 7 are convolved with a chirp (Bluestein 1970) by a transform of `padded` numbers that has none.
typedef struct {
  long signal, length, padded;
  /// Of `padded`, each one of 2, 3, 4, 5, 7 and 8, in the order in which they are taken.
  const int32_t *factors;
  int count;
  /// [f]: where the transform leaves each frequency. For an even n, n/2 has a place of its own, number `padded`.
  const int32_t *order;
  /// For every factor r, with what is left m = n / (factors so far): e^(−2πi t j / (r m)) for t < m, 1 <= j < r.
  const float *turns;
  /// e^(−2πi k / n), k = 0 … length / 2; for an even n.
  const float *halves;
  /// e^(−πi t² / length), t < length, and the spectrum of its conjugate over `padded`, in the transform's order, divided by
  /// `padded`; NULL where padded is length.
  const float *chirp, *spectrum;
} braid_fourier;

/// Floats of memory that either function needs.
long braid_fourier_workspace(const braid_fourier *plan);
/// real_k + i imaginary_k = w_k Σ_t x_t e^(−2πi k t / n) for every row of x [rows, n]; real, imaginary: [rows, f]. w is `edge`
/// where a frequency is its own mirror image (0, and n/2 of an even n), where the imaginary part is 0, and `middle` elsewhere.
void braid_fourier_analysis(const braid_fourier *plan, const float *x, long rows, float edge, float middle, float *real,
                            float *imaginary, float *workspace);
/// x_t = Σ_k w_k (real_k cos(2π k t / n) − imaginary_k sin(2π k t / n)).
void braid_fourier_synthesis(const braid_fourier *plan, const float *real, const float *imaginary, long rows, float edge,
                             float middle, float *x, float *workspace);
/// z = a b, or conj(a) b, for complex numbers in two arrays each.
void braid_complex_product(const float *a_real, const float *a_imaginary, int conjugate, const float *b_real,
                           const float *b_imaginary, float *real, float *imaginary, long n);
