#include "CBraidKernels.h"
#include "vector_math.h"

// The rows are short: their exponentials are taken all at once, between what each row does alone.
BRAID_KERNEL void braid_attention_softmax(float *scores, const float *key_mask, const float *attention_mask, int causal,
                                          long matrices, long heads, long queries, long keys) {
  float *row = scores;
  for (long m = 0; m < matrices; m++) {
    const float *mask = key_mask ? key_mask + (m / heads) * keys : NULL;
    for (long i = 0; i < queries; i++, row += keys) {
      const long seen = causal && i + 1 < keys ? i + 1 : keys;
      if (mask)
        for (long j = 0; j < seen; j++) row[j] = mask[j] == 0 ? -INFINITY : row[j];
      if (attention_mask)
        for (long j = 0; j < seen; j++) row[j] = attention_mask[i * keys + j] == 0 ? -INFINITY : row[j];
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
  }
  for (long n = 0; n < matrices * queries * keys; n++) scores[n] = vexp_below(scores[n]);
  for (long r = 0; r < matrices * queries; r++, scores += keys) {
    BRAID_REASSOCIATE
    float sum = 0;
    for (long j = 0; j < keys; j++) sum += scores[j];
    const float inverse = sum == 0 ? 0 : 1 / sum;
    for (long j = 0; j < keys; j++) scores[j] *= inverse;
  }
}

BRAID_KERNEL void braid_attention_softmax_gradient(const float *p, const float *dp, float scale, float *ds, long rows, long keys) {
  BRAID_REASSOCIATE
  for (long r = 0; r < rows; r++, p += keys, dp += keys, ds += keys) {
    float sum = 0;
    for (long j = 0; j < keys; j++) sum += p[j] * dp[j];
    _Pragma("clang loop vectorize(assume_safety)") for (long j = 0; j < keys; j++) ds[j] = scale * p[j] * (dp[j] - sum);
  }
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

BRAID_KERNEL void braid_attention_combine(const float *s, const float *v, float beta, float *out, long batch, long heads,
                                          long queries, long keys, long width) {
  long stride = heads * width;
  for (long m = 0; m < batch * heads; m++, s += queries * keys) {
    const float *rows = v + (m / heads) * keys * stride + (m % heads) * width;
    float *to = out + (m / heads) * queries * stride + (m % heads) * width;
    for (long i = 0; i < queries; i++) combine_row(s + i * keys, 1, rows, keys, stride, beta, to + i * stride, width);
  }
}

BRAID_KERNEL void braid_attention_combine_transposed(const float *s, const float *g, float beta, float *out, long batch,
                                                     long heads, long queries, long keys, long width) {
  long stride = heads * width;
  for (long m = 0; m < batch * heads; m++, s += queries * keys) {
    const float *rows = g + (m / heads) * queries * stride + (m % heads) * width;
    float *to = out + (m / heads) * keys * stride + (m % heads) * width;
    for (long j = 0; j < keys; j++) combine_row(s + j, keys, rows, queries, stride, beta, to + j * stride, width);
  }
}
