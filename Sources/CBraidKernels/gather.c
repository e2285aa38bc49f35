#include "CBraidKernels.h"
#include "transpose.h"
#include <string.h>

BRAID_KERNEL void braid_copy_rows(const float *restrict_ from, long from_stride, float beta, float *restrict_ to, long to_stride,
                                  long rows, long width) {
  for (long r = 0; r < rows; r++, from += from_stride, to += to_stride) {
    if (beta == 0) for (long i = 0; i < width; i++) to[i] = from[i];
    else for (long i = 0; i < width; i++) to[i] += from[i];
  }
}

BRAID_KERNEL void braid_fill_rows(float value, float *to, long stride, long rows, long width) {
  for (long r = 0; r < rows; r++, to += stride)
    for (long i = 0; i < width; i++) to[i] = value;
}

long braid_gather(const float *x, long n, const int32_t *indices, long count, long width, float *y) {
  for (long r = 0; r < count; r++, y += width) {
    if (indices[r] < 0 || indices[r] >= n) return r;
    memcpy(y, x + indices[r] * width, (size_t)width * sizeof(float));
  }
  return -1;
}

BRAID_KERNEL void braid_scatter_add(const float *restrict_ g, const int32_t *indices, long count, long width, int32_t skip,
                                    float beta, float *restrict_ gx, long n) {
  if (beta == 0) memset(gx, 0, (size_t)(n * width) * sizeof(float));
  for (long r = 0; r < count; r++, g += width) {
    if (indices[r] == skip) continue;
    float *row = gx + indices[r] * width;
    for (long i = 0; i < width; i++) row[i] += g[i];
  }
}

long braid_first_outside(const int32_t *indices, long count, long n) {
  for (long r = 0; r < count; r++) if (indices[r] < 0 || indices[r] >= n) return r;
  return -1;
}

void braid_gather_axis(const float *restrict_ x, long outer, long n, long inner, const int32_t *indices, long m, float beta,
                       float *restrict_ y) {
  for (long o = 0; o < outer; o++, x += n * inner)
    for (long k = 0; k < m; k++, indices += inner, y += inner)
      for (long i = 0; i < inner; i++) {
        float v = x[indices[i] * inner + i];
        y[i] = beta == 0 ? v : y[i] + v;
      }
}

void braid_scatter_axis(const float *restrict_ g, long outer, long m, long inner, const int32_t *indices, long n, float beta,
                        float *restrict_ x) {
  if (beta == 0) memset(x, 0, (size_t)(outer * n * inner) * sizeof(float));
  for (long o = 0; o < outer; o++, x += n * inner)
    for (long k = 0; k < m; k++, indices += inner, g += inner)
      for (long i = 0; i < inner; i++) x[indices[i] * inner + i] += g[i];
}

BRAID_KERNEL void braid_segment_sum(const float *restrict_ x, long outer, long m, long inner, const int32_t *segments,
                                    const float *weights, long n, long first, long columns, float *restrict_ y) {
  for (long o = 0; o < outer; o++, y += n * inner) {
    for (long s = 0; s < n; s++) memset(y + s * inner + first, 0, (size_t)columns * sizeof(float));
    if (inner == 1) {
      for (long k = 0; k < m; k++) y[segments[k]] += weights ? weights[k] * x[k] : x[k];
      x += m;
      continue;
    }
    for (long k = 0; k < m; k++, x += inner) {
      float *to = y + segments[k] * inner + first;
      const float *from = x + first, w = weights ? weights[k] : 1;
      for (long i = 0; i < columns; i++) to[i] += w * from[i];
    }
  }
}

BRAID_KERNEL void braid_segment_spread(const float *restrict_ g, long n, long inner, const int32_t *segments, const float *weights,
                                       long m, long first, long last, float beta, float *restrict_ gx) {
  for (long r = first; r < last;) {
    const long k = r % m, rows = m - k < last - r ? m - k : last - r;  // of one block
    const float *from = g + r / m * n * inner;
    const int32_t *own = segments + k;
    float *to = gx + r * inner;
    if (inner == 1) {
      for (long j = 0; j < rows; j++) {
        const float v = (weights ? weights[k + j] : 1) * from[own[j]];
        to[j] = beta == 0 ? v : to[j] + v;
      }
    } else {
      for (long j = 0; j < rows; j++, to += inner) {
        const float *row = from + own[j] * inner, w = weights ? weights[k + j] : 1;
        if (beta == 0) for (long i = 0; i < inner; i++) to[i] = w * row[i];
        else for (long i = 0; i < inner; i++) to[i] += w * row[i];
      }
    }
    r += rows;
  }
}

// Plain transposition in squares of 8 × 8.
BRAID_INLINE void transpose(const float *restrict_ x, long m, long n, float beta, float *restrict_ y) {
  long i = 0;
  for (; i + 8 <= m; i += 8) {
    long j = 0;
    for (; j + 8 <= n; j += 8) {
      float square[64];
      transpose_8(x + i * n + j, n, square, 8);
      for (long q = 0; q < 8; q++)
        for (long p = 0; p < 8; p++) {
          float v = square[q * 8 + p], *to = y + (j + q) * m + i + p;
          *to = beta == 0 ? v : *to + v;
        }
    }
    for (; j < n; j++)
      for (long p = 0; p < 8; p++) {
        float v = x[(i + p) * n + j], *to = y + j * m + i + p;
        *to = beta == 0 ? v : *to + v;
      }
  }
  for (; i < m; i++)
    for (long j = 0; j < n; j++) {
      float v = x[i * n + j], *to = y + j * m + i;
      *to = beta == 0 ? v : *to + v;
    }
}

BRAID_KERNEL void braid_swap_axes(const float *restrict_ x, long a, long m, long b, long n, long c, float beta,
                                  float *restrict_ y) {
  if (b == 1 && c == 1) {
    for (long k = 0; k < a; k++, x += m * n, y += m * n) transpose(x, m, n, beta, y);
    return;
  }
  for (long k = 0; k < a; k++, x += m * b * n * c)
    for (long j = 0; j < n; j++)
      for (long l = 0; l < b; l++)
        for (long i = 0; i < m; i++, y += c) {
          const float *from = x + ((i * b + l) * n + j) * c;
          if (beta == 0) for (long e = 0; e < c; e++) y[e] = from[e];
          else for (long e = 0; e < c; e++) y[e] += from[e];
        }
}
