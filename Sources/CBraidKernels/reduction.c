#include "CBraidKernels.h"
#include "sums.h"

BRAID_KERNEL float braid_sum(const float *x, long n) { return sum(x, n); }

BRAID_KERNEL void braid_sum_axis(const float *restrict_ x, long outer, long n, long inner, float scale, float *restrict_ y) {
  if (inner == 1) {
    for (long o = 0; o < outer; o++, x += n) y[o] = scale * sum(x, n);
    return;
  }
  for (long o = 0; o < outer; o++, x += n * inner, y += inner) sum_rows(x, NULL, n, inner, scale, y);
}

BRAID_KERNEL void braid_spread_axis(const float *restrict_ x, long outer, long n, long inner, float scale, float beta,
                                    float *restrict_ y) {
  if (inner == 1) {
    for (long o = 0; o < outer; o++, y += n) {
      float v = scale * x[o];
      if (beta == 0) for (long k = 0; k < n; k++) y[k] = v;
      else for (long k = 0; k < n; k++) y[k] += v;
    }
    return;
  }
  for (long o = 0; o < outer; o++, x += inner)
    for (long k = 0; k < n; k++, y += inner) {
      if (beta == 0) for (long i = 0; i < inner; i++) y[i] = scale * x[i];
      else for (long i = 0; i < inner; i++) y[i] += scale * x[i];
    }
}

#define EXTREME_AXIS(COMPARED) \
  for (long o = 0; o < outer; o++, y += inner) { \
    for (long i = 0; i < inner; i++) y[i] = x[i]; \
    x += inner; \
    for (long k = 1; k < n; k++, x += inner) \
      for (long i = 0; i < inner; i++) y[i] = ((x[i] COMPARED y[i]) | (x[i] != x[i])) ? x[i] : y[i]; \
  }
BRAID_KERNEL void braid_maximum_axis(const float *restrict_ x, long outer, long n, long inner, float *restrict_ y) {
  EXTREME_AXIS(>)
}
BRAID_KERNEL void braid_minimum_axis(const float *restrict_ x, long outer, long n, long inner, float *restrict_ y) {
  EXTREME_AXIS(<)
}
#undef EXTREME_AXIS

void braid_extreme_axis_gradient(const float *x, const float *y, const float *g, long outer, long n, long inner, float beta,
                                 float *gx) {
  if (beta == 0) for (long i = 0; i < outer * n * inner; i++) gx[i] = 0;
  for (long o = 0; o < outer; o++, x += n * inner, gx += n * inner, y += inner, g += inner)
    for (long i = 0; i < inner; i++)
      for (long k = 0; k < n; k++) {
        float v = x[k * inner + i];
        if (v == y[i] || v != v) { gx[k * inner + i] += g[i]; break; }
      }
}

// In double, as are the products of the derivative: what a float cannot hold on the way (up to 10³⁰⁸) may still meet a 0.
BRAID_KERNEL void braid_product_axis(const float *restrict_ x, long outer, long n, long inner, float *restrict_ y) {
  for (long o = 0; o < outer; o++, x += n * inner)
    for (long at = 0; at < inner; at += COLUMNS_OF_TILE) {
      const long width = inner - at < COLUMNS_OF_TILE ? inner - at : COLUMNS_OF_TILE;
      double product[COLUMNS_OF_TILE];
      for (long i = 0; i < width; i++) product[i] = 1;
      for (long k = 0; k < n; k++)
        for (long i = 0; i < width; i++) product[i] *= x[k * inner + at + i];
      for (long i = 0; i < width; i++) *y++ = (float)product[i];
    }
}

BRAID_KERNEL void braid_product_axis_gradient(const float *restrict_ x, const float *restrict_ g, long outer, long n, long inner,
                                              float beta, double *restrict_ workspace, float *restrict_ gx) {
  if (n == 0) return;
  double *after = workspace, *before = workspace + inner;  // products of the elements behind, and of those in front of each
  for (long o = 0; o < outer; o++, x += n * inner, gx += n * inner, g += inner) {
    for (long i = 0; i < inner; i++) after[i] = before[i] = 1;
    for (long k = 1; k < n; k++)
      for (long i = 0; i < inner; i++) before[k * inner + i] = before[(k - 1) * inner + i] * x[(k - 1) * inner + i];
    for (long k = n - 1; k >= 0; k--)
      for (long i = 0; i < inner; i++) {
        const long at = k * inner + i;
        const float v = g[i] == 0 ? 0 : (float)(g[i] * (before[at] * after[i]));
        gx[at] = beta == 0 ? v : gx[at] + v;
        after[i] *= x[at];
      }
  }
}

BRAID_INLINE int is_real(const float *steps, long t) { return !steps || steps[t] != 0; }

BRAID_INLINE long real_steps(const float *steps, long time) {
  if (!steps) return time;
  long count = 0;
  for (long t = 0; t < time; t++) count += steps[t] != 0;
  return count;
}

BRAID_KERNEL void braid_steps_mean(const float *restrict_ x, const float *steps, long batch, long time, long width,
                                   float *restrict_ y) {
  for (long b = 0; b < batch; b++, x += time * width, y += width) {
    long count = real_steps(steps, time);
    sum_rows(x, steps, time, width, count ? 1.0f / (float)count : 0.0f, y);
    if (steps) steps += time;
  }
}

BRAID_KERNEL void braid_steps_mean_gradient(const float *restrict_ g, const float *steps, long batch, long time, long width,
                                            float beta, float *restrict_ gx) {
  for (long b = 0; b < batch; b++, g += width) {
    long count = real_steps(steps, time);
    float scale = count ? 1.0f / (float)count : 0.0f;
    for (long t = 0; t < time; t++, gx += width) {
      if (!is_real(steps, t)) { if (beta == 0) for (long i = 0; i < width; i++) gx[i] = 0; }
      else if (beta == 0) for (long i = 0; i < width; i++) gx[i] = scale * g[i];
      else for (long i = 0; i < width; i++) gx[i] += scale * g[i];
    }
    if (steps) steps += time;
  }
}

BRAID_KERNEL void braid_steps_maximum(const float *restrict_ x, const float *steps, long batch, long time, long width,
                                      float *restrict_ y) {
  for (long b = 0; b < batch; b++, y += width) {
    int found = 0;
    for (long t = 0; t < time; t++, x += width) {
      if (!is_real(steps, t)) continue;
      if (found) for (long i = 0; i < width; i++) y[i] = ((x[i] > y[i]) | (x[i] != x[i])) ? x[i] : y[i];
      else for (long i = 0; i < width; i++) y[i] = x[i];
      found = 1;
    }
    if (!found) for (long i = 0; i < width; i++) y[i] = 0;
    if (steps) steps += time;
  }
}

void braid_steps_maximum_gradient(const float *x, const float *y, const float *g, const float *steps, long batch, long time,
                                  long width, float beta, float *gx) {
  if (beta == 0) for (long i = 0; i < batch * time * width; i++) gx[i] = 0;
  for (long b = 0; b < batch; b++, x += time * width, gx += time * width, y += width, g += width) {
    for (long i = 0; i < width; i++)
      for (long t = 0; t < time; t++) {
        float v = x[t * width + i];
        if (is_real(steps, t) && (v == y[i] || v != v)) { gx[t * width + i] += g[i]; break; }
      }
    if (steps) steps += time;
  }
}

BRAID_INLINE long last_real(const float *steps, long time) {
  long t = time - 1;
  while (t >= 0 && !is_real(steps, t)) t--;
  return t;
}

void braid_steps_last(const float *x, const float *steps, long batch, long time, long width, float *y) {
  for (long b = 0; b < batch; b++, x += time * width, y += width) {
    long t = last_real(steps, time);
    for (long i = 0; i < width; i++) y[i] = t < 0 ? 0 : x[t * width + i];
    if (steps) steps += time;
  }
}

void braid_steps_last_gradient(const float *g, const float *steps, long batch, long time, long width, float beta, float *gx) {
  if (beta == 0) for (long i = 0; i < batch * time * width; i++) gx[i] = 0;
  for (long b = 0; b < batch; b++, g += width, gx += time * width) {
    long t = last_real(steps, time);
    if (t >= 0) for (long i = 0; i < width; i++) gx[t * width + i] += g[i];
    if (steps) steps += time;
  }
}
