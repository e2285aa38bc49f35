#include "CBraidKernels.h"
#include "sums.h"
#include "vector_math.h"

#define ROOT_2_INVERSE 0.70710678118654752f
#define ROOT_2PI_INVERSE 0.39894228040143268f
#define QUICK 1.702f

// Beyond 32 deviations both have reached their limits, which an infinite factor of nothing would miss. NaN stays.
BRAID_INLINE float gelu(float x) {
  float within = x < -32 ? -32 : x;
  return 0.5f * within * (1.0f + verf(within * ROOT_2_INVERSE));
}
BRAID_INLINE float gelu_slope(float x) {
  float within = x < -32 ? -32 : x > 32 ? 32 : x;
  return 0.5f * (1.0f + verf(within * ROOT_2_INVERSE)) + within * ROOT_2PI_INVERSE * vexp(-0.5f * within * within);
}

// x σ(k x). Beyond 110 / k both have reached their limits, as for gelu; k is 1 or 1.702.
BRAID_INLINE float sigmoid_linear(float x, float k) {
  float within = x * k < -110 ? -110 / k : x;
  return within * vsigmoid(within * k);
}
BRAID_INLINE float sigmoid_linear_slope(float x, float k) {
  float z = x * k, within = z < -110 ? -110 : z > 110 ? 110 : z, s = vsigmoid(within);
  return s + within * (s * (1 - s));
}

// eˣ − 1 and eˣ for x ≤ 0, without cancellation; NaN stays.
BRAID_INLINE float exp_less_one(float x) {
  float scale, part = vexp_part(x < -88 ? -88 : x > 0 ? 0 : x, &scale);
  return scale * part + (scale - 1);
}
BRAID_INLINE float elu(float x) { return x > 0 ? x : exp_less_one(x); }
BRAID_INLINE float elu_slope(float x) { return x > 0 ? 1.0f : vexp(x); }

BRAID_INLINE float softplus(float x) { return (x > 0 ? x : 0) + vlog1p(vexp(x > 0 ? -x : x)); }

#define LOOP(EXPRESSION) for (long i = 0; i < n; i++) { float a = x[i]; y[i] = (EXPRESSION); } break;
BRAID_KERNEL void braid_unary(int f, float slope, const float *x, float *y, long n) {
  switch (f) {
  case BRAID_RELU: LOOP(a < 0 ? 0 : a)
  case BRAID_SIGMOID: LOOP(vsigmoid(a))
  case BRAID_TANH: LOOP(vtanh(a))
  case BRAID_GELU: LOOP(gelu(a))
  case BRAID_EXP: LOOP(vexp(a))
  case BRAID_LOG: LOOP(logf(a))
  case BRAID_SQRT: LOOP(vsqrt(a))
  case BRAID_SQUARE: LOOP(a * a)
  case BRAID_NEGATE: LOOP(-a)
  case BRAID_ABSOLUTE: LOOP(fabsf(a))
  case BRAID_SOFTPLUS: LOOP(softplus(a))
  case BRAID_SIGNED_SQRT: LOOP(copysignf(vsqrt(fabsf(a)), a))
  case BRAID_RECIPROCAL: LOOP(1.0f / a)
  case BRAID_SINE: LOOP(sinf(a))
  case BRAID_COSINE: LOOP(cosf(a))
  case BRAID_LEAKY_RELU: LOOP(a > 0 ? a : slope * a)
  case BRAID_ELU: LOOP(elu(a))
  case BRAID_SILU: LOOP(sigmoid_linear(a, 1))
  case BRAID_QUICK_GELU: LOOP(sigmoid_linear(a, QUICK))
  default: LOOP(a)
  }
}
#undef LOOP

// The derivative of each function, with the identity used. a = input, b = output. Where the result does not matter (g = 0)
// neither does the input, however steep the function is there.
#define TIMES(EXPRESSION) (g[i] == 0 ? 0.0f : g[i] * (EXPRESSION))
#define LOOP(EXPRESSION) \
  if (beta == 0) for (long i = 0; i < n; i++) { float a = x[i], b = y[i]; (void)a; (void)b; gx[i] = TIMES(EXPRESSION); } \
  else for (long i = 0; i < n; i++) { float a = x[i], b = y[i]; (void)a; (void)b; gx[i] = TIMES(EXPRESSION) + beta * gx[i]; } \
  break;
BRAID_KERNEL void braid_unary_gradient(int f, float slope, const float *x, const float *y, const float *g, float beta,
                                       float *gx, long n) {
  switch (f) {
  case BRAID_RELU: LOOP(b > 0 ? 1.0f : 0.0f)
  case BRAID_SIGMOID: LOOP(b * (1 - b))
  case BRAID_TANH: LOOP(1 - b * b)
  case BRAID_GELU: LOOP(gelu_slope(a))
  case BRAID_EXP: LOOP(b)
  case BRAID_LOG: LOOP(1 / a)
  case BRAID_SQRT: LOOP(b > 0 ? 0.5f / b : 0.0f)  // the one-sided limit is infinite at 0: 0 is used there
  case BRAID_SQUARE: LOOP(2 * a)
  case BRAID_NEGATE: LOOP(-1.0f)
  case BRAID_ABSOLUTE: LOOP(a > 0 ? 1.0f : a < 0 ? -1.0f : 0.0f)
  case BRAID_SOFTPLUS: LOOP(vsigmoid(a))
  case BRAID_SIGNED_SQRT: LOOP(b != 0 ? 0.5f / fabsf(b) : 0.0f)  // as for sqrt
  case BRAID_RECIPROCAL: LOOP(-b * b)
  case BRAID_SINE: LOOP(cosf(a))
  case BRAID_COSINE: LOOP(-sinf(a))
  case BRAID_LEAKY_RELU: LOOP(a > 0 ? 1.0f : slope)
  case BRAID_ELU: LOOP(elu_slope(a))
  case BRAID_SILU: LOOP(sigmoid_linear_slope(a, 1))
  case BRAID_QUICK_GELU: LOOP(sigmoid_linear_slope(a, QUICK))
  default: LOOP(1.0f)
  }
}
#undef LOOP
#undef TIMES

#define LOOP(EXPRESSION) \
  for (long r = 0; r < rows; r++) { \
    float *row = y + r * columns; \
    if (bias) for (long c = 0; c < columns; c++) { float a = row[c] + bias[c]; row[c] = (EXPRESSION); } \
    else for (long c = 0; c < columns; c++) { float a = row[c]; row[c] = (EXPRESSION); } \
  } break;
BRAID_KERNEL void braid_bias_activation(int f, float slope, const float *bias, float *y, float *before, long rows,
                                        long columns) {
  if (before) {
    for (long r = 0; r < rows; r++)
      for (long c = 0; c < columns; c++) before[r * columns + c] = y[r * columns + c] + (bias ? bias[c] : 0);
  }
  switch (f) {
  case BRAID_RELU: LOOP(a < 0 ? 0 : a)
  case BRAID_SIGMOID: LOOP(vsigmoid(a))
  case BRAID_TANH: LOOP(vtanh(a))
  case BRAID_GELU: LOOP(gelu(a))
  case BRAID_SOFTPLUS: LOOP(softplus(a))
  case BRAID_LEAKY_RELU: LOOP(a > 0 ? a : slope * a)
  case BRAID_ELU: LOOP(elu(a))
  case BRAID_SILU: LOOP(sigmoid_linear(a, 1))
  case BRAID_QUICK_GELU: LOOP(sigmoid_linear(a, QUICK))
  default: if (bias) LOOP(a) break;
  }
}
#undef LOOP

// `out` may be g itself: each element is read before it is written.
#define EACH _Pragma("clang loop vectorize(assume_safety)") for (long c = 0; c < columns; c++)
#define LOOP(EXPRESSION) \
  for (long r = 0; r < rows; r++) { \
    const float *gr = g + r * stride, *yr = y + r * stride, *xr = x ? x + r * stride : yr; \
    float *or = out + r * stride; \
    if (bias_gradient) \
      EACH { \
        float a = xr[c], b = yr[c]; (void)a; (void)b; \
        float v = gr[c] * (EXPRESSION); or[c] = v; bias_gradient[c] += v; \
      } \
    else EACH { float a = xr[c], b = yr[c]; (void)a; (void)b; or[c] = gr[c] * (EXPRESSION); } \
  } break;
BRAID_INLINE void rows_gradient(int f, float slope, const float *x, const float *y, const float *g, float *out,
                                float *bias_gradient, long rows, long columns, long stride) {
  switch (f) {
  case BRAID_RELU: LOOP(b > 0 ? 1.0f : 0.0f)
  case BRAID_SIGMOID: LOOP(b * (1 - b))
  case BRAID_TANH: LOOP(1 - b * b)
  case BRAID_GELU: LOOP(gelu_slope(a))
  case BRAID_SOFTPLUS: LOOP(vsigmoid(a))
  case BRAID_LEAKY_RELU: LOOP(a > 0 ? 1.0f : slope)
  case BRAID_ELU: LOOP(elu_slope(a))
  case BRAID_SILU: LOOP(sigmoid_linear_slope(a, 1))
  case BRAID_QUICK_GELU: LOOP(sigmoid_linear_slope(a, QUICK))
  default:  // identity: `out` may be NULL, since it would equal g
    for (long r = 0; r < rows; r++) {
      if (bias_gradient) EACH bias_gradient[c] += g[r * stride + c];
      if (out) EACH out[r * stride + c] = g[r * stride + c];
    }
  }
}

// Sums of the rows as in sums.h: each block of rows into a tile of their own.
BRAID_KERNEL void braid_bias_activation_gradient(int f, float slope, const float *x, const float *y, const float *g,
                                                 float *out, float *bias_gradient, float beta, long rows, long columns,
                                                 long stride) {
  const int blocks = bias_gradient && rows > ROWS_OF_BLOCK;
  const long tile = blocks ? COLUMNS_OF_TILE : columns, block = blocks ? ROWS_OF_BLOCK : rows;
  if (bias_gradient && beta == 0) for (long c = 0; c < columns; c++) bias_gradient[c] = 0;
  for (long at = 0; at < columns; at += tile) {
    const long width = columns - at < tile ? columns - at : tile;
    double total[COLUMNS_OF_TILE];
    float part[COLUMNS_OF_TILE];
    if (blocks) for (long c = 0; c < width; c++) total[c] = bias_gradient[at + c];
    for (long first = 0; first < rows; first += block) {
      const long from = first * stride + at;
      if (blocks) for (long c = 0; c < width; c++) part[c] = 0;
      rows_gradient(f, slope, x ? x + from : x, y + from, g + from, out ? out + from : out, blocks ? part : bias_gradient,
                    rows - first < block ? rows - first : block, width, stride);
      if (blocks) for (long c = 0; c < width; c++) total[c] += part[c];
    }
    if (blocks) for (long c = 0; c < width; c++) bias_gradient[at + c] = (float)total[c];
  }
}
