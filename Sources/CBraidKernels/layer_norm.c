#include "tiles_processor.h"
#include "moments_of_rows.h"
#include "vector_math.h"

#define LANES 4
#define TILES layer_plain
#define TILES_TARGET
#include "vectors_template.h"
#include "layer_norm_template.h"
#include "vectors_end.h"

#ifdef BRAID_TILES_WIDE
#define LANES 8
#define TILES layer_avx2
#define TILES_TARGET BRAID_AVX2
#include "vectors_template.h"
#include "layer_norm_template.h"
#include "vectors_end.h"

#define LANES 16
#define TILES layer_avx512
#define TILES_TARGET BRAID_AVX512
#include "vectors_template.h"
#include "layer_norm_template.h"
#include "vectors_end.h"
#endif

// Rows of any length.

BRAID_KERNEL static void any_norm(const float *x, const float *residual, const float *gain, const float *bias,
                                   float epsilon, float *restrict_ y, float *restrict_ statistics, long rows,
                                   long columns) {
  for (long r = 0; r < rows; r++, x += columns, y += columns, statistics += 3) {
    const float *from = x;
    if (residual) {
      for (long c = 0; c < columns; c++) y[c] = x[c] + residual[c];
      residual += columns;
      from = y;
    }
    const float mean = sum(from, columns) / columns;
    double rest = 0, square = 0;
    add_moments(from, mean, columns, &rest, &square);
    finish(mean, (float)rest, (float)square, columns, epsilon, statistics);
    float s[3] = {statistics[0], statistics[1], statistics[2]};
    if (gain && bias) for (long c = 0; c < columns; c++) y[c] = normalised(from[c], s) * gain[c] + bias[c];
    else if (gain) for (long c = 0; c < columns; c++) y[c] = normalised(from[c], s) * gain[c];
    else if (bias) for (long c = 0; c < columns; c++) y[c] = normalised(from[c], s) + bias[c];
    else for (long c = 0; c < columns; c++) y[c] = normalised(from[c], s);
  }
}

// With h the normalised row and v = g ∘ gain: gx = (v − mean(v) − h mean(v ∘ h)) / deviation. The flags are constants.
#define ROW_H normalised(residual ? x[c] + r[c] : x[c], s)
#define ROW_V (gained ? g[c] * gain[c] : g[c])
BRAID_INLINE void row_gradient(int residual, int gained, const float *x, const float *r, const float *gain,
                               const float *s, const float *g, float beta, float *gx, long n) {
  float a = 0, b = 0;
  {
    BRAID_REASSOCIATE
    for (long c = 0; c < n; c++) { float v = ROW_V; a += v; b += v * ROW_H; }
  }
  a /= n;
  b /= n;
  if (beta == 0) for (long c = 0; c < n; c++) gx[c] = (ROW_V - a - ROW_H * b) * s[2];
  else for (long c = 0; c < n; c++) gx[c] = (ROW_V - a - ROW_H * b) * s[2] + beta * gx[c];
}

BRAID_KERNEL static void any_norm_gradient(const float *x, const float *r, const float *gain, const float *statistics,
                                            const float *g, float beta, float *gx, float *gain_gradient,
                                            float *bias_gradient, long rows, long n) {
  for (long i = 0; i < rows; i++, x += n, g += n, statistics += 3) {
    float s[3] = {statistics[0], statistics[1], statistics[2]};
    if (gain_gradient) {
      if (r) for (long c = 0; c < n; c++) gain_gradient[c] += g[c] * normalised(x[c] + r[c], s);
      else for (long c = 0; c < n; c++) gain_gradient[c] += g[c] * normalised(x[c], s);
    }
    if (bias_gradient) for (long c = 0; c < n; c++) bias_gradient[c] += g[c];
    if (gx) {
      if (r && gain) row_gradient(1, 1, x, r, gain, s, g, beta, gx, n);
      else if (r) row_gradient(1, 0, x, r, gain, s, g, beta, gx, n);
      else if (gain) row_gradient(0, 1, x, r, gain, s, g, beta, gx, n);
      else row_gradient(0, 0, x, r, gain, s, g, beta, gx, n);
      gx += n;
    }
    if (r) r += n;
  }
}

void braid_layer_norm(const float *x, const float *residual, const float *gain, const float *bias, float epsilon, float *y,
                      float *statistics, long rows, long columns) {
#ifdef BRAID_TILES_WIDE
  const int lanes = lanes_here();
  if (lanes == 16 && columns % 16 == 0) {
    layer_avx512_norm(x, residual, gain, bias, epsilon, y, statistics, rows, columns);
    return;
  }
  if (lanes >= 8 && columns % 8 == 0) {
    layer_avx2_norm(x, residual, gain, bias, epsilon, y, statistics, rows, columns);
    return;
  }
#endif
  if (columns % 4 == 0) layer_plain_norm(x, residual, gain, bias, epsilon, y, statistics, rows, columns);
  else any_norm(x, residual, gain, bias, epsilon, y, statistics, rows, columns);
}

void braid_layer_norm_gradient(const float *x, const float *residual, const float *gain, const float *statistics, const float *g,
                               float beta, float *gx, float *gain_gradient, float *bias_gradient, long rows, long columns) {
  if (gain_gradient) memset(gain_gradient, 0, columns * sizeof(float));
  if (bias_gradient) memset(bias_gradient, 0, columns * sizeof(float));
#ifdef BRAID_TILES_WIDE
  const int lanes = lanes_here();
  if (lanes == 16 && columns % 16 == 0) {
    layer_avx512_norm_gradient(x, residual, gain, statistics, g, beta, gx, gain_gradient, bias_gradient, rows, columns);
    return;
  }
  if (lanes >= 8 && columns % 8 == 0) {
    layer_avx2_norm_gradient(x, residual, gain, statistics, g, beta, gx, gain_gradient, bias_gradient, rows, columns);
    return;
  }
#endif
  if (columns % 4 == 0)
    layer_plain_norm_gradient(x, residual, gain, statistics, g, beta, gx, gain_gradient, bias_gradient, rows, columns);
  else
    any_norm_gradient(x, residual, gain, statistics, g, beta, gx, gain_gradient, bias_gradient, rows, columns);
}
