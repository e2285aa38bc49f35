#include "CBraidKernels.h"
#include "moments_of_rows.h"
#include "sums.h"

// x [batch, channels, inner]. With inner 1 (plain vectors) the channels lie side by side. Rows, or blocks of vectors, are added
// up in double.
#define BLOCK_OF_CHANNEL(...) \
  for (long i = b * ROWS_OF_BLOCK, end = i + ROWS_OF_BLOCK < batch ? i + ROWS_OF_BLOCK : batch; i < end; i++) { __VA_ARGS__ }
BRAID_KERNEL void braid_batch_statistics(const float *x, float epsilon, float *mean, float *variance, float *statistics,
                                         long batch, long channels, long inner) {
  float n = (float)(batch * inner);
  for (long c = 0; c < channels; c++) {
    double total = 0, rest = 0, square = 0;
    const long runs = inner == 1 ? (batch + ROWS_OF_BLOCK - 1) / ROWS_OF_BLOCK : batch;
    for (long b = 0; b < runs; b++) {
      BRAID_REASSOCIATE
      float a = 0;
      if (inner == 1) BLOCK_OF_CHANNEL(a += x[i * channels + c];)
      else a = sum(x + (b * channels + c) * inner, inner);
      total += a;
    }
    const float m = (float)total / n;
    for (long b = 0; b < runs; b++) {
      BRAID_REASSOCIATE
      float a = 0, d = 0;
      if (inner == 1) BLOCK_OF_CHANNEL(float v = less(x[i * channels + c], m); a += v; d += v * v;)
      else add_moments(x + (b * channels + c) * inner, m, inner, &rest, &square);
      rest += a;
      square += d;
    }
    float *s = statistics + 3 * c;
    variance[c] = finish(m, (float)rest, (float)square, n, epsilon, s);
    mean[c] = s[0] + s[1];
  }
}

// BODY for every row of one channel: `at` is where it begins.
#define CHANNEL_ROWS(...)                                                                                        \
  for (long b = 0; b < batch; b++)                                                                               \
    for (long c = 0; c < channels; c++) {                                                                        \
      long at = (b * channels + c) * inner;                                                                      \
      const float *s = statistics + 3 * c;                                                                       \
      __VA_ARGS__                                                                                                \
    }

BRAID_KERNEL void braid_batch_norm(const float *x, const float *statistics, const float *gain, const float *bias,
                                   float *restrict_ y, long batch, long channels, long inner) {
  CHANNEL_ROWS({
    float k = gain ? gain[c] : 1, l = bias ? bias[c] : 0;
    float m[3] = {s[0], s[1], s[2]};
    for (long i = at; i < at + inner; i++) y[i] = normalised(x[i], m) * k + l;
  })
}

BRAID_KERNEL void braid_batch_norm_sums(const float *x, const float *statistics, const float *g, double *totals,
                                        float *sums, long batch, long channels, long inner) {
  for (long c = 0; c < 2 * channels; c++) totals[c] = 0;
  CHANNEL_ROWS({
    float m[3] = {s[0], s[1], s[2]};
    add_products(g + at, x + at, m, inner, totals + c, totals + channels + c);
  })
  for (long c = 0; c < 2 * channels; c++) sums[c] = (float)totals[c];
}

BRAID_KERNEL void braid_batch_norm_gradient(const float *x, const float *statistics, const float *gain, const float *g,
                                            const float *sums, float beta, float *gx, long batch, long channels,
                                            long inner) {
  float n = (float)(batch * inner);
  CHANNEL_ROWS({
    float k = gain ? gain[c] * s[2] : s[2], m[3] = {s[0], s[1], s[2]};
    if (!sums) {  // statistics that do not depend on x, which may be infinite
      for (long i = at; i < at + inner; i++) gx[i] = beta == 0 ? g[i] * k : g[i] * k + beta * gx[i];
      continue;
    }
    float a = sums[c] / n, d = sums[channels + c] / n;
    if (beta == 0) for (long i = at; i < at + inner; i++) gx[i] = (g[i] - a - normalised(x[i], m) * d) * k;
    else for (long i = at; i < at + inner; i++) gx[i] = (g[i] - a - normalised(x[i], m) * d) * k + beta * gx[i];
  })
}

// A group is `size` channels of `inner` elements, all side by side. Gain and bias belong to channels.
BRAID_KERNEL void braid_group_norm(const float *x, const float *gain, const float *bias, float epsilon,
                                   float *restrict_ y, float *restrict_ statistics, long batch, long channels,
                                   long groups, long inner) {
  long size = channels / groups, n = size * inner;
  for (long row = 0; row < batch * groups; row++, x += n, y += n, statistics += 3) {
    const float mean = sum(x, n) / n;
    double rest = 0, square = 0;
    add_moments(x, mean, n, &rest, &square);
    finish(mean, (float)rest, (float)square, n, epsilon, statistics);
    float s[3] = {statistics[0], statistics[1], statistics[2]};
    long first = row % groups * size;
    for (long c = 0; c < size; c++) {
      float k = gain ? gain[first + c] : 1, l = bias ? bias[first + c] : 0;
      for (long i = c * inner; i < (c + 1) * inner; i++) y[i] = normalised(x[i], s) * k + l;
    }
  }
}

BRAID_KERNEL void braid_group_norm_gradient(const float *x, const float *gain, const float *statistics, const float *g,
                                            float beta, float *gx, double *gain_totals, double *bias_totals,
                                            long batch, long channels, long groups, long inner) {
  long size = channels / groups, n = size * inner;
  for (long row = 0; row < batch * groups; row++, x += n, g += n, statistics += 3) {
    float s[3] = {statistics[0], statistics[1], statistics[2]};
    double mean = 0, slope = 0;  // of v and of v ∘ h
    long first = row % groups * size;
    for (long c = 0; c < size; c++) {
      const float k = gain ? gain[first + c] : 1;
      double a = 0, b = 0;
      add_products(g + c * inner, x + c * inner, s, inner, &a, &b);
      if (bias_totals) bias_totals[first + c] += a;
      if (gain_totals) gain_totals[first + c] += b;
      mean += k * a;
      slope += k * b;
    }
    if (!gx) continue;
    const float m = (float)(mean / n), d = (float)(slope / n);
    for (long c = 0; c < size; c++) {
      float k = gain ? gain[first + c] : 1;
      for (long i = c * inner; i < (c + 1) * inner; i++) {
        float v = (g[i] * k - m - normalised(x[i], s) * d) * s[2];
        gx[i] = beta == 0 ? v : v + beta * gx[i];
      }
    }
    gx += n;
  }
}
