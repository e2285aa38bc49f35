#include "CBraidKernels.h"
#include "vector_math.h"

// The cases of a switch over how many keys (or queries) there are: what is done to so few that their number is known at
// compile time takes half of the time, since their loops dissolve.
#define EACH_FEW(DO) \
  case 2: DO(2) break; case 3: DO(3) break; case 4: DO(4) break; \
  case 5: DO(5) break; case 6: DO(6) break; case 7: DO(7) break;

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
  switch (keys) { EACH_FEW(SHIFT) default: SHIFT(keys) }
  for (long n = 0; n < matrices * queries * keys; n++) scores[n] = vexp_below(scores[n]);
  row = scores;
  switch (keys) { EACH_FEW(DIVIDE) default: DIVIDE(keys) }
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
  switch (keys) { EACH_FEW(OF) default: OF(keys) }
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

BRAID_KERNEL void braid_attention_combine(const float *s, const float *v, float beta, float *out, long batch, long heads,
                                          long queries, long keys, long width) {
  const long stride = heads * width;
#define OF(KEYS)                                                                                      \
  for (long m = 0; m < batch * heads; m++, s += queries * keys) {                                     \
    const float *rows = v + m / heads * keys * stride + m % heads * width;                            \
    float *to = out + m / heads * queries * stride + m % heads * width;                               \
    for (long i = 0; i < queries; i++)                                                                \
      combine_row(s + i * keys, 1, rows, KEYS, stride, beta, to + i * stride, width);                 \
  }
  switch (keys) { EACH_FEW(OF) default: OF(keys) }
#undef OF
}

BRAID_KERNEL void braid_attention_combine_transposed(const float *s, const float *g, float beta, float *out, long batch,
                                                     long heads, long queries, long keys, long width) {
  const long stride = heads * width;
#define OF(QUERIES)                                                                                   \
  for (long m = 0; m < batch * heads; m++, s += queries * keys) {                                     \
    const float *rows = g + m / heads * queries * stride + m % heads * width;                         \
    float *to = out + m / heads * keys * stride + m % heads * width;                                  \
    for (long j = 0; j < keys; j++)                                                                   \
      combine_row(s + j, keys, rows, QUERIES, stride, beta, to + j * stride, width);                  \
  }
  switch (queries) { EACH_FEW(OF) default: OF(queries) }
#undef OF
}
