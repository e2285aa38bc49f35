// The transforms of minimal filtering along one axis; kernels_winograd.h has their equations. Included by winograd.c
// alone.
//
// Each works on vectors `from` apart in x and writes vectors `to` apart in y. `window` is a constant, 3 or 5. Products
// of one place lie side by side: with a window of 5 they are 0 0 1 1 2 3 3.
#pragma once

// Sixteen channels: one register with AVX-512 (which the compiler would cut in halves unless told otherwise), two or
// four elsewhere.
typedef float lanes16 __attribute__((vector_size(64), aligned(4), may_alias));
#define ON(P, I) (*(lanes16 *)((P) + (I)))
#define FROM(P, I) (*(const lanes16 *)((P) + (I)))

// Bᵀ x: window + 1 values to the products of a line.
BRAID_INLINE void input_line(const int window, const float *x, long from, float *y, long to) {
  const lanes16 d0 = FROM(x, 0), d1 = FROM(x, from), d2 = FROM(x, 2 * from), d3 = FROM(x, 3 * from);
  if (window == 3) {
    ON(y, 0) = d2 - d0; ON(y, to) = d1 + d2; ON(y, 2 * to) = d2 - d1; ON(y, 3 * to) = d3 - d1;
  } else {
    const lanes16 d4 = FROM(x, 4 * from), d5 = FROM(x, 5 * from);
    ON(y, 0) = d2 - d0; ON(y, to) = d3 - d4;
    ON(y, 2 * to) = d1 + d2; ON(y, 3 * to) = d4;
    ON(y, 4 * to) = d2 - d1;
    ON(y, 5 * to) = d3 - d1; ON(y, 6 * to) = d5 - d4;
  }
}

// G x: the taps of a window to the products of a line.
BRAID_INLINE void weight_line(const int window, const float *x, long from, float *y, long to) {
  const lanes16 w0 = FROM(x, 0), w1 = FROM(x, from), w2 = FROM(x, 2 * from), even = w0 + w2;
  if (window == 3) {
    ON(y, 0) = -w0; ON(y, to) = 0.5f * (even + w1); ON(y, 2 * to) = 0.5f * (even - w1); ON(y, 3 * to) = w2;
  } else {
    const lanes16 w3 = FROM(x, 3 * from), w4 = FROM(x, 4 * from);
    ON(y, 0) = -w0; ON(y, to) = w3;
    ON(y, 2 * to) = 0.5f * (even + w1); ON(y, 3 * to) = w3 + w4;
    ON(y, 4 * to) = 0.5f * (even - w1);
    ON(y, 5 * to) = w2; ON(y, 6 * to) = w4;
  }
}

// Gᵀ x: the products of a line to the taps of a window.
BRAID_INLINE void weight_gradient_line(const int window, const float *x, long from, float *y, long to) {
  if (window == 3) {
    const lanes16 s0 = FROM(x, 0), s1 = FROM(x, from), s2 = FROM(x, 2 * from), s3 = FROM(x, 3 * from);
    ON(y, 0) = 0.5f * (s1 + s2) - s0; ON(y, to) = 0.5f * (s1 - s2); ON(y, 2 * to) = 0.5f * (s1 + s2) + s3;
  } else {
    const lanes16 s0 = FROM(x, 0), t0 = FROM(x, from), s1 = FROM(x, 2 * from), t1 = FROM(x, 3 * from);
    const lanes16 s2 = FROM(x, 4 * from), s3 = FROM(x, 5 * from), t3 = FROM(x, 6 * from);
    ON(y, 0) = 0.5f * (s1 + s2) - s0; ON(y, to) = 0.5f * (s1 - s2); ON(y, 2 * to) = 0.5f * (s1 + s2) + s3;
    ON(y, 3 * to) = t0 + t1; ON(y, 4 * to) = t1 + t3;
  }
}

// Aᵀ x: four places to two results, whatever the window.
BRAID_INLINE void output_line(const int window, const float *x, long from, float *y, long to) {
  (void)window;
  const lanes16 m0 = FROM(x, 0), m1 = FROM(x, from), m2 = FROM(x, 2 * from), m3 = FROM(x, 3 * from);
  ON(y, 0) = m0 + (m1 + m2); ON(y, to) = (m1 - m2) + m3;
}

// A x: two values to four places.
BRAID_INLINE void upstream_line(const int window, const float *x, long from, float *y, long to) {
  (void)window;
  const lanes16 g0 = FROM(x, 0), g1 = FROM(x, from);
  ON(y, 0) = g0; ON(y, to) = g0 + g1; ON(y, 2 * to) = g0 - g1; ON(y, 3 * to) = g1;
}

// A line's transform along columns, then along rows: X has `IN` × `IN` vectors, Y `OUT` × `OUT`.
#define BOTH_AXES(LINE, IN, OUT, X, ROW, COLUMN, Y, TO_ROW, TO_COLUMN)                                           \
  {                                                                                                              \
    float half[7 * 7 * 16] __attribute__((aligned(64)));                                                         \
    _Pragma("clang loop unroll(full)") for (int n_ = 0; n_ < (IN); n_++)                                         \
      LINE(window, (X) + n_ * (COLUMN), ROW, half + n_ * 16, (IN) * 16);                                         \
    _Pragma("clang loop unroll(full)") for (int n_ = 0; n_ < (OUT); n_++)                                        \
      LINE(window, half + n_ * (IN) * 16, 16, (Y) + n_ * (TO_ROW), TO_COLUMN);                                   \
  }
