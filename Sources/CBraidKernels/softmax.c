#include "CBraidKernels.h"
#include "broadcast.h"
#include "vector_math.h"

typedef float lanes __attribute__((ext_vector_type(16)));

// `A` where that is larger, else `B`: one instruction, which takes B, never NaN here, for an A that is.
#define LARGER(A, B) ((A) > (B) ? (A) : (B))
#define TURNED(A, ...) __builtin_shufflevector(A, A, __VA_ARGS__, __VA_ARGS__)

// The largest element that is not NaN; −∞ if there is none. Two halves of a row do not wait for each other.
BRAID_INLINE float row_maximum(const float *x, long n) {
  float m = -INFINITY;
  if (n >= 16) {
    lanes a = (lanes)(-INFINITY), b = a, v, w;
    long i = 0;
    for (; i + 32 <= n; i += 32) {
      memcpy(&v, x + i, sizeof v);
      memcpy(&w, x + i + 16, sizeof w);
      a = LARGER(v, a);
      b = LARGER(w, b);
    }
    if (i + 16 <= n) { memcpy(&v, x + i, sizeof v); a = LARGER(v, a); }
    memcpy(&w, x + n - 16, sizeof w);  // the last lanes, perhaps some of them twice
    b = LARGER(w, b);
    a = LARGER(a, b);
    b = TURNED(a, 8, 9, 10, 11, 12, 13, 14, 15); a = LARGER(a, b);
    b = TURNED(a, 4, 5, 6, 7, 0, 1, 2, 3); a = LARGER(a, b);
    b = TURNED(a, 2, 3, 0, 1, 6, 7, 4, 5); a = LARGER(a, b);
    return a[0] > a[1] ? a[0] : a[1];
  }
  for (long i = 0; i < n; i++) m = x[i] > m ? x[i] : m;
  return m;
}

// y = e^(x − max), with −∞ giving exactly 0; returns the sum.
BRAID_INLINE float row_exponentials(const float *x, float max, float *y, long n) {
  BRAID_REASSOCIATE
  float s = 0;
  for (long i = 0; i < n; i++) { float e = vexp(x[i] - max); y[i] = e; s += e; }
  return s;
}

// The limit of a row whose largest element is infinite: equal shares for those at +∞, and of −∞ alone nothing, with
// `count` 0. NaNs are passed on. Returns log count.
static float shares_at_infinity(const float *x, float max, float *y, long n) {
  float count = 0;
  for (long i = 0; i < n; i++) {
    y[i] = x[i] != x[i] ? x[i] : x[i] == INFINITY ? 1 : 0;
    count += y[i];
  }
  if (max == INFINITY) for (long i = 0; i < n; i++) y[i] /= count;
  return logf(count);
}

BRAID_INLINE void softmax_row(int logarithm, const float *x, float *y, long n) {
  float max = row_maximum(x, n);
  if (max - max != 0) {
    float shift = shares_at_infinity(x, max, y, n);
    if (logarithm) for (long i = 0; i < n; i++) y[i] = y[i] == 0 ? -INFINITY : y[i] != y[i] ? y[i] : -shift;
    return;
  }
  if (logarithm) {
    BRAID_REASSOCIATE
    float s = 0;
    for (long i = 0; i < n; i++) s += vexp(x[i] - max);
    float shift = logf(s);
    for (long i = 0; i < n; i++) y[i] = x[i] - max - shift;
  } else {
    float scale = 1.0f / row_exponentials(x, max, y, n);
    for (long i = 0; i < n; i++) y[i] *= scale;
  }
}

BRAID_KERNEL void braid_softmax(int logarithm, const float *x, const int32_t *extents, const float *mask,
                                const int32_t *mask_extents, int rank, float *restrict_ y) {
  long n = extents[rank - 1], rows = 1;
  for (int k = 0; k < rank - 1; k++) rows *= extents[k];
  if (rows == 0 || n == 0) return;
  if (!mask) {
    for (long r = 0; r < rows; r++, x += n, y += n) softmax_row(logarithm, x, y, n);
    return;
  }
  long width = mask_extents[rank - 1], step = width == 1 ? 0 : 1;
  Walk w = walk_over(extents, rank - 1, mask_extents, rank - 1);  // over rows; strides count rows
  long index[8] = {0};
  const float *unused = x;
  for (int k = 0; k < w.rank; k++) { w.ys[k] *= width; w.xs[k] = 0; }
  do {
    const float *m = mask;
    for (long r = 0; r < w.n[0]; r++, x += n, y += n, m += w.ys[0]) {
      // the excluded become −∞ in y, then the row is taken from there
      if (step) for (long i = 0; i < n; i++) y[i] = m[i] != 0 ? x[i] : -INFINITY;
      else for (long i = 0; i < n; i++) y[i] = *m != 0 ? x[i] : -INFINITY;
      softmax_row(logarithm, y, y, n);
    }
  } while (walk_on(&w, index, &unused, &mask));
}

BRAID_KERNEL void braid_softmax_gradient(int logarithm, const float *y, const float *g, long rows, long columns, float beta,
                                         float *restrict_ gx) {
  for (long r = 0; r < rows; r++, y += columns, g += columns, gx += columns) {
    BRAID_REASSOCIATE
    float s = 0;
    if (logarithm) {
      for (long i = 0; i < columns; i++) s += y[i] == -INFINITY ? 0 : g[i];
      if (beta == 0) for (long i = 0; i < columns; i++) gx[i] = y[i] == -INFINITY ? 0 : g[i] - vexp(y[i]) * s;
      else for (long i = 0; i < columns; i++) gx[i] += y[i] == -INFINITY ? 0 : g[i] - vexp(y[i]) * s;
    } else {
      for (long i = 0; i < columns; i++) s += g[i] * y[i];
      if (beta == 0) for (long i = 0; i < columns; i++) gx[i] = y[i] * (g[i] - s);
      else for (long i = 0; i < columns; i++) gx[i] += y[i] * (g[i] - s);
    }
  }
}

// The loss where a number is infinite, added up again without ∞ − ∞ and 0 · ∞, and the probabilities of the rows concerned:
// a class of probability 0 costs ∞, unless its weight is 0, and a row of −∞ alone gives none any.
static double cross_entropy_at_infinity(const float *x, const int32_t *classes, const float *weights, float smoothing,
                                        long ignored, long rows, long columns, float *p) {
  double loss = 0, even = smoothing / (double)columns;
  for (long r = 0; r < rows; r++, x += columns, p += columns) {
    if (classes[r] == ignored) continue;
    const float max = row_maximum(x, columns);
    const int isEndless = max - max != 0;
    float shift = 0;
    if (isEndless) shift = shares_at_infinity(x, max, p, columns);
    else for (long i = 0; i < columns; i++) shift += vexp(x[i] - max);
    if (!isEndless) shift = logf(shift);
    for (long i = 0; i < columns; i++) {
      double share = even * (weights ? weights[i] : 1);
      if (i == classes[r]) share += (1 - (double)smoothing) * (weights ? weights[i] : 1);
      if (share == 0) continue;
      loss += share * (isEndless ? (p[i] == 0 ? INFINITY : shift + 0 * p[i]) : (double)shift - (x[i] - max));
    }
  }
  return loss;
}

BRAID_KERNEL float braid_cross_entropy(const float *restrict_ x, const int32_t *classes, const float *weights, float smoothing,
                                       long ignored, long rows, long columns, float *restrict_ p, float *norm, long *bad) {
  double loss = 0, total = 0, even = smoothing / (double)columns;
  const float *first = x;
  float *shares = p;
  *bad = -1;
  for (long r = 0; r < rows; r++, x += columns, p += columns) {
    long k = classes[r];
    if (k == ignored) continue;
    if (k < 0 || k >= columns) { *bad = r; return 0; }
    float max = row_maximum(x, columns), sum = row_exponentials(x, max, p, columns), scale = 1.0f / sum, shift = logf(sum);
    for (long i = 0; i < columns; i++) p[i] *= scale;
    double w = weights ? weights[k] : 1;
    total += w;
    loss += (1 - (double)smoothing) * w * ((double)shift - (x[k] - max));
    if (smoothing > 0) {
      BRAID_REASSOCIATE
      float s = 0;
      if (weights) for (long i = 0; i < columns; i++) s += weights[i] * (shift - (x[i] - max));
      else for (long i = 0; i < columns; i++) s += shift - (x[i] - max);
      loss += even * s;
    }
  }
  *norm = (float)total;
  if (loss != loss) loss = cross_entropy_at_infinity(first, classes, weights, smoothing, ignored, rows, columns, shares);
  return total == 0 ? 0 : (float)(loss / total);
}

BRAID_KERNEL void braid_cross_entropy_gradient(const float *restrict_ p, const int32_t *classes, const float *weights,
                                               float smoothing, long ignored, long rows, long columns, float norm,
                                               float scale, float beta, float *restrict_ gx) {
  float unit = norm == 0 ? 0 : scale / norm, even = smoothing / (float)columns, all = (float)columns;
  if (weights) {
    BRAID_REASSOCIATE
    all = 0;
    for (long i = 0; i < columns; i++) all += weights[i];
  }
  for (long r = 0; r < rows; r++, p += columns, gx += columns) {
    // of p: what class and smoothing terms multiply it by; the class itself is taken off below
    long k = classes[r];
    if (k == ignored) {
      if (beta == 0) for (long i = 0; i < columns; i++) gx[i] = 0;
      continue;
    }
    float w = weights ? weights[k] : 1, of_p = unit * ((1 - smoothing) * w + even * all), of_one = unit * even;
    if (beta == 0) for (long i = 0; i < columns; i++) gx[i] = of_p * p[i];
    else for (long i = 0; i < columns; i++) gx[i] += of_p * p[i];
    if (smoothing > 0) {
      if (weights) for (long i = 0; i < columns; i++) gx[i] -= of_one * weights[i];
      else for (long i = 0; i < columns; i++) gx[i] -= of_one;
    }
    gx[k] -= unit * (1 - smoothing) * w;
  }
}

// e^(scale (x − most)); where the largest is +∞ 1 for those that are too, and of −∞ alone nothing.
static float paired_share(float x, float most, float scale) {
  if (most - most == 0 || x != x) return vexp_below(scale * (x - most));
  return most == INFINITY && x == most;
}

// −log of a share of its row or column, whose largest is `most` and whose sum is `part`.
static double paired_cost(float own, float most, float part, float scale) {
  if (most - most == 0 || own != own) return logf(part) + scale * (double)(most - own);
  return most == INFINITY && own == most ? logf(part) : INFINITY;
}

// The loss where a number is infinite, without ∞ − ∞, and 1 / Σ of the shares in place of what lies in `statistics`.
static double paired_cross_entropy_at_infinity(const float *x, float scale, long n, float *statistics) {
  float *row_most = statistics, *row_part = row_most + n, *column_most = row_part + n, *column_part = column_most + n;
  double loss = 0;
  for (long i = 0; i < n; i++) {
    float of_row = 0, of_column = 0;
    for (long j = 0; j < n; j++) {
      of_row += paired_share(x[i * n + j], row_most[i], scale);
      of_column += paired_share(x[j * n + i], column_most[i], scale);
    }
    const float own = x[i * n + i];
    loss += paired_cost(own, row_most[i], of_row, scale) + paired_cost(own, column_most[i], of_column, scale);
    row_part[i] = of_row == 0 ? 0 : 1 / of_row;
    column_part[i] = of_column == 0 ? 0 : 1 / of_column;
  }
  return loss;
}

static int all_finite(const float *x, long n) {
  float zero = 0;
  for (long i = 0; i < n; i++) zero += x[i] - x[i];
  return zero == 0;
}

// Where no row's or column's maximum lies far below the largest of all, that serves them all, and one exponential an
// element is enough. Within e⁸ of it nothing underflows, and the argument's rounding stays below 1e-6.
BRAID_KERNEL float braid_paired_cross_entropy(const float *restrict_ x, float scale, long n, float *restrict_ statistics) {
  float *row_most = statistics, *row_part = row_most + n, *column_most = row_part + n, *column_part = column_most + n;
  for (long j = 0; j < n; j++) { column_most[j] = -INFINITY; column_part[j] = 0; }
  for (long i = 0; i < n; i++) {
    const float *row = x + i * n;
    row_most[i] = row_maximum(row, n);
    for (long j = 0; j < n; j++) column_most[j] = row[j] > column_most[j] ? row[j] : column_most[j];
  }
  float top = -INFINITY, least = INFINITY;
  for (long i = 0; i < n; i++) {
    const float more = row_most[i] > column_most[i] ? row_most[i] : column_most[i];
    const float less = row_most[i] > column_most[i] ? column_most[i] : row_most[i];
    top = more > top ? more : top;
    least = less < least ? less : least;
  }
  const int isNarrow = scale * (top - least) < 8;
  if (isNarrow)
    for (long i = 0; i < n; i++) row_most[i] = column_most[i] = top;
  for (long i = 0; i < n; i++) {
    BRAID_REASSOCIATE
    const float *row = x + i * n, most = row_most[i];
    float sum = 0;
    if (isNarrow)
      for (long j = 0; j < n; j++) {
        const float e = vexp_below(scale * (row[j] - most));
        sum += e;
        column_part[j] += e;
      }
    else
      for (long j = 0; j < n; j++) {
        sum += vexp_below(scale * (row[j] - most));
        column_part[j] += vexp_below(scale * (row[j] - column_most[j]));
      }
    row_part[i] = sum;
  }
  double loss = 0;
  for (long i = 0; i < n; i++) {
    const float own = x[i * n + i];
    loss += logf(row_part[i]) + scale * (double)(row_most[i] - own) + logf(column_part[i])
      + scale * (double)(column_most[i] - own);
    row_part[i] = 1 / row_part[i];
    column_part[i] = 1 / column_part[i];
  }
  if (loss != loss) loss = paired_cross_entropy_at_infinity(x, scale, n, statistics);
  return n == 0 ? 0 : (float)(loss / (2 * (double)n));
}

BRAID_KERNEL void braid_paired_cross_entropy_gradient(const float *restrict_ x, float scale, long n,
                                                      const float *restrict_ statistics, float g, float beta,
                                                      float *restrict_ gx) {
  const float *row_most = statistics, *row_part = row_most + n, *column_most = row_part + n, *column_part = column_most + n;
  const float unit = n == 0 ? 0 : g * scale / (2 * (float)n);
  if (!all_finite(row_most, n) || !all_finite(column_most, n)) {
    for (long i = 0; i < n; i++)
      for (long j = 0; j < n; j++, x++, gx++) {
        const float row = paired_share(*x, row_most[i], scale) * row_part[i];
        const float column = paired_share(*x, column_most[j], scale) * column_part[j];
        *gx = unit * (row + column - (i == j ? 2 : 0)) + (beta == 0 ? 0 : beta * *gx);
      }
    return;
  }
  for (long i = 0; i < n; i++, x += n, gx += n) {
    const float most = row_most[i], part = row_part[i];
#define BOTH (unit * (vexp_below(scale * (x[j] - most)) * part + vexp_below(scale * (x[j] - column_most[j])) * column_part[j]))
    if (beta == 0) for (long j = 0; j < n; j++) gx[j] = BOTH;
    else for (long j = 0; j < n; j++) gx[j] = BOTH + beta * gx[j];
#undef BOTH
    gx[i] -= 2 * unit;
  }
}

// The same where a logit is infinite: a label that agrees with it costs 0, any other ∞.
static double binary_cross_entropy_at_infinity(const float *x, const float *t, long n) {
  double total = 0;
  for (long i = 0; i < n; i++) {
    const float a = x[i], m = a > 0 ? a : 0, against = a > 0 ? 1 - t[i] : t[i];  // the share of the label it denies
    const int isEndless = a == INFINITY || a == -INFINITY;
    total += isEndless ? (against == 0 ? 0 : against * INFINITY) : m - a * t[i] + vlog1p(vexp(a > 0 ? -a : a));
  }
  return total;
}

BRAID_KERNEL float braid_binary_cross_entropy(const float *x, const float *t, long n) {
  double total = 0;
  for (long start = 0; start < n; start += 512) {
    BRAID_REASSOCIATE
    long end = start + 512 < n ? start + 512 : n;
    float s = 0;
    for (long i = start; i < end; i++) {
      float a = x[i], m = a > 0 ? a : 0;
      s += m - a * t[i] + vlog1p(vexp(a > 0 ? -a : a));
    }
    total += s;
  }
  if (total != total) total = binary_cross_entropy_at_infinity(x, t, n);
  return n == 0 ? 0 : (float)(total / (double)n);
}

BRAID_KERNEL void braid_binary_cross_entropy_gradient(const float *x, const float *t, float scale, float beta,
                                                      float *restrict_ gx, long n) {
  if (beta == 0) for (long i = 0; i < n; i++) gx[i] = scale * (vsigmoid(x[i]) - t[i]);
  else for (long i = 0; i < n; i++) gx[i] += scale * (vsigmoid(x[i]) - t[i]);
}
