#include "CBraidKernels.h"
#include "few.h"
#include "vector_math.h"

// A row's scores less the largest of those that are seen; −∞ for the others.
BRAID_INLINE void softmax_shift(float *row, const float *mask, const float *attention_mask, long seen, long keys) {
  if (mask)
    for (long j = 0; j < seen; j++) row[j] = mask[j] == 0 ? -INFINITY : row[j];
  if (attention_mask)
    for (long j = 0; j < seen; j++) row[j] = attention_mask[j] == 0 ? -INFINITY : row[j];
  for (long j = seen; j < keys; j++) row[j] = -INFINITY;
  float top = -INFINITY;
  for (long j = 0; j < seen; j++) top = row[j] > top ? row[j] : top;
  // at +∞ a key is all there is, and several share alike
  if (top == INFINITY) {
    for (long j = 0; j < seen; j++) row[j] = row[j] == top ? 0 : row[j] != row[j] ? row[j] : -INFINITY;
    top = 0;
  }
  // where no key is left (or none has a chance), everything stays −∞, and becomes 0; NaNs are passed on
  const float shift = top == -INFINITY ? 0 : top;
  for (long j = 0; j < keys; j++) row[j] -= shift;
}
BRAID_INLINE void softmax_divide(float *row, long keys) {
  BRAID_REASSOCIATE
  float sum = 0;
  for (long j = 0; j < keys; j++) sum += row[j];
  const float inverse = sum == 0 ? 0 : 1 / sum;
  for (long j = 0; j < keys; j++) row[j] *= inverse;
}

// The rows are short: their exponentials are taken all at once, between what each row does alone.
BRAID_KERNEL void braid_attention_softmax(float *scores, const float *key_mask, const float *attention_mask, int causal,
                                          long matrices, long heads, long queries, long keys) {
#define SHIFT(KEYS)                                                                                              \
  for (long m = 0; m < matrices; m++) {                                                                          \
    const float *mask = key_mask ? key_mask + m / heads * keys : NULL, *of_row = attention_mask;                 \
    for (long i = 0; i < queries; i++, row += keys, of_row += of_row ? keys : 0)                                 \
      softmax_shift(row, mask, of_row, causal && i + 1 < keys ? i + 1 : KEYS, KEYS);                             \
  }
#define DIVIDE(KEYS) for (long r = 0; r < matrices * queries; r++, row += keys) softmax_divide(row, KEYS);
  float *row = scores;
  FOR_FEW(keys, SHIFT)
  for (long n = 0; n < matrices * queries * keys; n++) scores[n] = vexp_below(scores[n]);
  row = scores;
  FOR_FEW(keys, DIVIDE)
#undef DIVIDE
#undef SHIFT
}

BRAID_INLINE void softmax_gradient(const float *p, const float *dp, float scale, float *ds, long keys) {
  BRAID_REASSOCIATE
  float sum = 0;
  for (long j = 0; j < keys; j++) sum += p[j] * dp[j];
  _Pragma("clang loop vectorize(assume_safety)") for (long j = 0; j < keys; j++) ds[j] = scale * p[j] * (dp[j] - sum);
}
BRAID_KERNEL void braid_attention_softmax_gradient(const float *p, const float *dp, float scale, float *ds, long rows, long keys) {
#define OF(KEYS) for (long r = 0; r < rows; r++, p += keys, dp += keys, ds += keys) softmax_gradient(p, dp, scale, ds, KEYS);
  FOR_FEW(keys, OF)
#undef OF
}

BRAID_KERNEL void braid_attention_scores(const float *a, const float *b, float alpha, float *s, long batch, long heads,
                                         long queries, long keys, long width) {
  BRAID_REASSOCIATE
  long stride = heads * width;
  for (long m = 0; m < batch * heads; m++, s += queries * keys) {
    const float *rows = a + (m / heads) * queries * stride + (m % heads) * width;
    const float *columns = b + (m / heads) * keys * stride + (m % heads) * width;
    for (long i = 0; i < queries; i++)
      for (long j = 0; j < keys; j++) {
        const float *x = rows + i * stride, *y = columns + j * stride;
        float sum = 0;
        for (long c = 0; c < width; c++) sum += x[c] * y[c];
        s[i * keys + j] = alpha * sum;
      }
  }
}

// One row of results: out = Σ_j weights[j · step] rows[j] + beta out, sixteen columns in registers at a time.
BRAID_INLINE void combine_row(const float *weights, long step, const float *rows, long count, long stride, float beta, float *out,
                              long width) {
  long c = 0;
  for (; c + 16 <= width; c += 16) {
    float sum[16];
    for (int k = 0; k < 16; k++) sum[k] = beta == 0 ? 0 : beta * out[c + k];
    for (long j = 0; j < count; j++) {
      float w = weights[j * step];
      const float *row = rows + j * stride + c;
      for (int k = 0; k < 16; k++) sum[k] += w * row[k];
    }
    for (int k = 0; k < 16; k++) out[c + k] = sum[k];
  }
  for (; c < width; c++) {
    float sum = beta == 0 ? 0 : beta * out[c];
    for (long j = 0; j < count; j++) sum += weights[j * step] * rows[j * stride + c];
    out[c] = sum;
  }
}

// All results of all heads, from `terms` rows each: the weights of one result are `step` apart, those of two `apart`.
BRAID_INLINE void combine(const float *s, long apart, long step, const float *from, float beta, float *out, long batch,
                          long heads, long results, const long terms, long width) {
  const long stride = heads * width;
  for (long m = 0; m < batch * heads; m++, s += results * terms) {
    const float *rows = from + m / heads * terms * stride + m % heads * width;
    float *to = out + m / heads * results * stride + m % heads * width;
    for (long i = 0; i < results; i++) combine_row(s + i * apart, step, rows, terms, stride, beta, to + i * stride, width);
  }
}

BRAID_KERNEL void braid_attention_combine(const float *s, const float *v, float beta, float *out, long batch, long heads,
                                          long queries, long keys, long width) {
#define OF(KEYS) combine(s, keys, 1, v, beta, out, batch, heads, queries, KEYS, width)
  FOR_FEW(keys, OF)
#undef OF
}

BRAID_KERNEL void braid_attention_combine_transposed(const float *s, const float *g, float beta, float *out, long batch,
                                                     long heads, long queries, long keys, long width) {
#define OF(QUERIES) combine(s, 1, keys, g, beta, out, batch, heads, keys, QUERIES, width)
  FOR_FEW(queries, OF)
#undef OF
}
