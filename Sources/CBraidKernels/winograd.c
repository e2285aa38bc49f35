#include "CBraidKernels.h"
#include "winograd_lines.h"

#define WINOGRAD BRAID_KERNEL __attribute__((min_vector_width(512)))
#define PRODUCTS(WINDOW) ((WINDOW) == 3 ? 4 : 7)

// Along one axis: where the products of a place begin.
BRAID_INLINE long first_of_line(long window, long place) {
  static const long of_five[5] = {0, 2, 4, 5, 7};
  return window == 3 ? place : of_five[place];
}

long braid_winograd_first(long window, long place) {
  const long row = place / 4, column = place % 4, above = first_of_line(window, row);
  if (row == 4) return above * above;
  return above * PRODUCTS(window) + (first_of_line(window, row + 1) - above) * first_of_line(window, column);
}

long braid_winograd_product(long window, long n) {
  long place = 0;
  while (braid_winograd_first(window, place + 1) <= n) place++;
  const long left = first_of_line(window, place % 4), wide = first_of_line(window, place % 4 + 1) - left;
  n -= braid_winograd_first(window, place);
  return (first_of_line(window, place / 4) + n / wide) * PRODUCTS(window) + left + n % wide;
}

BRAID_INLINE void input(const int window, const braid_tiles *t, const float *x, long stride, float *to) {
  for (long i = 0; i < t->count; i++, to += PRODUCTS(window) * PRODUCTS(window) * stride) {
    const long tile = t->first + i, at = tile / t->across * 2 * t->width + tile % t->across * 2;
    BOTH_AXES(input_line, window + 1, PRODUCTS(window), x + at * 16, t->width * 16, 16, to, PRODUCTS(window) * stride,
              stride)
  }
}

WINOGRAD void braid_winograd_input(const braid_tiles *t, const float *x, long stride, float *transformed) {
  if (t->window == 3) input(3, t, x, stride, transformed);
  else input(5, t, x, stride, transformed);
}

WINOGRAD int braid_winograd_output(const braid_tiles *t, const float *sums, long stride, long place, long outputs,
                                   long rows, long columns, float *product) {
  const int window = 0;
  const long top = t->first / t->across * 2;
  lanes16 flaws = {0}, last = {0};  // NaN in the lanes of results that are not finite; lanes past the last output may
  for (long i = 0; i < t->count; i++)
    for (long c = 0; c < stride; c += BRAID_PANEL) {
      const long row = (t->first + i) / t->across * 2, column = (t->first + i) % t->across * 2;
      float results[4 * 16] __attribute__((aligned(64)));
      BOTH_AXES(output_line, 4, 2, sums + i * stride + c, 4 * place, place, results, 32, 16)
      float *to = product + ((row - top) * columns + column) * stride + c;
      const int right = column + 1 < columns, below = row + 1 < rows;
      const lanes16 flaw = (FROM(results, 0) + FROM(results, 16)) * 0 + (FROM(results, 32) + FROM(results, 48)) * 0;
      if (c + BRAID_PANEL <= outputs) flaws += flaw; else last += flaw;
      ON(to, 0) = FROM(results, 0);
      if (right) ON(to, stride) = FROM(results, 16);
      if (below) ON(to, columns * stride) = FROM(results, 32);
      if (right && below) ON(to, (columns + 1) * stride) = FROM(results, 48);
    }
  int finite = 1;
  for (long n = 0; n < BRAID_PANEL; n++) {
    finite &= flaws[n] == 0;
    if (n < outputs % BRAID_PANEL) finite &= last[n] == 0;
  }
  return finite;
}

WINOGRAD void braid_winograd_upstream(const braid_tiles *t, const float *g, long place, float *transformed) {
  const int window = 0;
  for (long i = 0; i < t->count; i++, transformed += 16) {
    const long tile = t->first + i, at = tile / t->across * 2 * t->width + tile % t->across * 2;
    BOTH_AXES(upstream_line, 2, 4, g + at * 16, t->width * 16, 16, transformed, 4 * place, place)
  }
}

// Where the products in the order of places lie in row order.
BRAID_INLINE void in_order(const int window, long order[49]) {
  for (long n = 0; n < PRODUCTS(window) * PRODUCTS(window); n++) order[n] = braid_winograd_product(window, n) * 16;
}

/// Channels whose windows are transformed together: what they write lies side by side.
#define TOGETHER 8

BRAID_INLINE void weight(const int window, const float *from, long outputs, long of_output, long channels,
                         long of_channel, int reversed, long panel, long panels, float *filter) {
  enum { SIZE = 49 * 16 };
  const long area = window * window, last = reversed ? (area - 1) * 16 : 0, tap = reversed ? -16 : 16;
  float taps[25 * 16] __attribute__((aligned(64))), products[TOGETHER * SIZE] __attribute__((aligned(64)));
  long order[49], first[BRAID_WINOGRAD_PLACES + 1];
  in_order(window, order);
  for (long place = 0; place <= BRAID_WINOGRAD_PLACES; place++) first[place] = braid_winograd_first(window, place);
  for (long c = 0; c < channels; c += TOGETHER) {
    const long some = channels - c < TOGETHER ? channels - c : TOGETHER;
    for (long i = 0; i < some; i++) {
      braid_pack_map(from + (c + i) * of_channel, of_output, area, outputs, taps);
      BOTH_AXES(weight_line, window, PRODUCTS(window), taps + last, window * tap, tap, products + i * SIZE,
                PRODUCTS(window) * 16, 16)
    }
    for (long place = 0; place < BRAID_WINOGRAD_PLACES; place++) {
      const long start = first[place], count = first[place + 1] - start;
      float *to = filter + ((start * panels + panel * count) * channels + c) * 16;
      for (long n = start; n < start + count; n++, to += channels * 16)
        for (long i = 0; i < some; i++) ON(to, i * 16) = FROM(products, i * SIZE + order[n]);
    }
  }
}

WINOGRAD void braid_winograd_weight(long window, const float *from, long outputs, long of_output, long channels,
                                    long of_channel, int reversed, long panel, long panels, float *filter) {
  if (window == 3) weight(3, from, outputs, of_output, channels, of_channel, reversed, panel, panels, filter);
  else weight(5, from, outputs, of_output, channels, of_channel, reversed, panel, panels, filter);
}

BRAID_INLINE void weight_gradient(const int window, const float *sums, long stride, long outputs, long channels,
                                  float *gw) {
  const long area = window * window;
  long order[49];
  in_order(window, order);
  for (long c = 0; c < channels; c++) {
    float taps[25 * 16] __attribute__((aligned(64))), products[49 * 16] __attribute__((aligned(64)));
    for (long n = 0; n < PRODUCTS(window) * PRODUCTS(window); n++)
      ON(products, order[n]) = FROM(sums, (n * channels + c) * stride);
    BOTH_AXES(weight_gradient_line, PRODUCTS(window), window, products, PRODUCTS(window) * 16, 16, taps, window * 16,
              16)
    for (long n = 0; n < outputs; n++) {
      float *to = gw + (n * channels + c) * area;
      for (long k = 0; k < area; k++) to[k] = taps[k * 16 + n];
    }
  }
}

WINOGRAD void braid_winograd_weight_gradient(long window, const float *sums, long stride, long outputs, long channels,
                                             float *gw) {
  if (window == 3) weight_gradient(3, sums, stride, outputs, channels, gw);
  else weight_gradient(5, sums, stride, outputs, channels, gw);
}
