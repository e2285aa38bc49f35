#include "CBraidKernels.h"
#include "broadcast.h"
#include <math.h>

double braid_log_double(double x) { return log(x); }
double braid_cos_double(double x) { return cos(x); }
double braid_pow_double(double x, double p) { return pow(x, p); }

BRAID_KERNEL void braid_add_scaled(const float *restrict_ x, float beta, float *restrict_ y, long n) {
  if (beta == 0) for (long i = 0; i < n; i++) y[i] = x[i];
  else if (beta == 1) for (long i = 0; i < n; i++) y[i] += x[i];
  else for (long i = 0; i < n; i++) y[i] = x[i] + beta * y[i];
}

BRAID_KERNEL void braid_scale(float a, const float *x, float beta, float *y, long n) {
  if (beta == 0) for (long i = 0; i < n; i++) y[i] = a * x[i];
  else for (long i = 0; i < n; i++) y[i] = a * x[i] + beta * y[i];
}

void braid_scale_gradient(float a, const float *g, float beta, float *gx, long n) {
  if (isfinite(a)) return braid_scale(a, g, beta, gx, n);
  for (long i = 0; i < n; i++) gx[i] = (g[i] == 0 ? 0 : a * g[i]) + (beta == 0 ? 0 : beta * gx[i]);
}

BRAID_KERNEL void braid_affine(float a, const float *restrict_ x, float b, float *restrict_ y, long n) {
  for (long i = 0; i < n; i++) y[i] = a * x[i] + b;
}

#define SWITCH(LOOP) \
  switch (op) { \
  case BRAID_ADD: LOOP(a + b) break; \
  case BRAID_SUBTRACT: LOOP(a - b) break; \
  case BRAID_MULTIPLY: LOOP(a * b) break; \
  case BRAID_DIVIDE: LOOP(a / b) break; \
  case BRAID_MAXIMUM: LOOP(((a > b) | (a != a)) ? a : b) break; \
  case BRAID_POWER: LOOP(powf(a, b)) break; \
  case BRAID_IS_GREATER: LOOP(a > b ? 1.0f : 0.0f) break; \
  case BRAID_IS_AT_LEAST: LOOP(a >= b ? 1.0f : 0.0f) break; \
  case BRAID_IS_EQUAL: LOOP(a == b ? 1.0f : 0.0f) break; \
  case BRAID_IS_DIFFERENT: LOOP(a != b ? 1.0f : 0.0f) break; \
  default: LOOP(((a < b) | (a != a)) ? a : b) break; \
  }
#define EACH(EXPRESSION) for (long i = 0; i < n; i++) { float a = x[i], b = y[i]; z[i] = (EXPRESSION); }
#define RIGHT(EXPRESSION) for (long i = 0; i < n; i++) { float a = x[i]; z[i] = (EXPRESSION); }
#define LEFT(EXPRESSION) for (long i = 0; i < n; i++) { float b = y[i]; z[i] = (EXPRESSION); }
#define NEITHER(EXPRESSION) { float v = (EXPRESSION); for (long i = 0; i < n; i++) z[i] = v; }

BRAID_KERNEL void braid_binary(int op, const float *restrict_ x, const float *restrict_ y, float *restrict_ z, long n) {
  SWITCH(EACH)
}

BRAID_KERNEL void braid_binary_scalar(int op, const float *restrict_ x, float s, float *restrict_ z, long n) {
  float b = s;
  SWITCH(RIGHT)
}

BRAID_KERNEL void braid_binary_broadcast(int op, const float *x, const int32_t *x_extents, int x_rank, const float *y,
                                         const int32_t *y_extents, int y_rank, float *restrict_ z) {
  Walk w = walk_over(x_extents, x_rank, y_extents, y_rank);
  if (w.total == 0) return;
  long index[8] = {0}, n = w.n[0];
  do {
    if (w.xs[0] && w.ys[0]) { SWITCH(EACH) }
    else if (w.xs[0]) { float b = *y; SWITCH(RIGHT) }
    else if (w.ys[0]) { float a = *x; SWITCH(LEFT) }
    else { float a = *x, b = *y; SWITCH(NEITHER) }
    z += n;
  } while (walk_on(&w, index, &x, &y));
}
#undef SWITCH

// The slope of every rule, times upstream u; a = own operand, b = the other. Where the result does not matter (u = 0) neither
// does the operand, however steep the function is there.
#define UNLESS_0(EXPRESSION) (u == 0 ? 0.0f : (EXPRESSION))
#define SWITCH(LOOP) \
  switch (slope) { \
  case BRAID_SLOPE_ONE: LOOP(u) break; \
  case BRAID_SLOPE_MINUS_ONE: LOOP(-u) break; \
  case BRAID_SLOPE_OTHER: LOOP(UNLESS_0(u * b)) break; \
  case BRAID_SLOPE_INVERSE: LOOP(UNLESS_0(u / b)) break; \
  case BRAID_SLOPE_QUOTIENT: LOOP(UNLESS_0(-u * (b / a) / a)) break; \
  case BRAID_SLOPE_GREATER: LOOP(a > b ? u : a == b ? 0.5f * u : 0.0f) break; \
  case BRAID_SLOPE_BASE: LOOP(((b == 0) | (u == 0)) ? 0.0f : u * b * powf(a, b - 1)) break; \
  case BRAID_SLOPE_EXPONENT: LOOP((((b == 0) & (a >= 0)) | (u == 0)) ? 0.0f : u * powf(b, a) * logf(b)) break; \
  default: LOOP(a < b ? u : a == b ? 0.5f * u : 0.0f) break; \
  }
#define WRITE(EXPRESSION) \
  for (long i = 0; i < n; i++) { float u = g[i], a = own[i], b = other[i]; (void)a; (void)b; gx[i] = (EXPRESSION); }
#define ADD(EXPRESSION) \
  for (long i = 0; i < n; i++) { float u = g[i], a = own[i], b = other[i]; (void)a; (void)b; gx[i] += (EXPRESSION); }
BRAID_KERNEL void braid_binary_gradient(int slope, const float *restrict_ g, const float *restrict_ own,
                                        const float *restrict_ other, float beta, float *restrict_ gx, long n) {
  if (beta == 0) { SWITCH(WRITE) } else { SWITCH(ADD) }
}

// Sums, over runs of the innermost axis, into `sums`: floats, or doubles where many are added up.
#define ADD_EQUAL(EXPRESSION) \
  for (long i = 0; i < n; i++) { float u = g[i], a = own[i], b = other[i]; (void)a; (void)b; sums[i] += (EXPRESSION); }
#define ADD_RIGHT(EXPRESSION) \
  for (long i = 0; i < n; i++) { float u = g[i], a = own[i]; (void)a; sums[i] += (EXPRESSION); }
#define SUM_LEFT(EXPRESSION) \
  { BRAID_REASSOCIATE SUM s = 0; for (long i = 0; i < n; i++) { float u = g[i], b = other[i]; (void)b; s += (EXPRESSION); } *sums += s; }
#define SUM_NEITHER(EXPRESSION) \
  { BRAID_REASSOCIATE SUM s = 0; for (long i = 0; i < n; i++) { float u = g[i]; s += (EXPRESSION); } *sums += s; }
#define ADD_UP(TOTALS) \
  do { \
    SUM *restrict_ sums = TOTALS + (own - first); \
    if (w.xs[0] && w.ys[0]) { SWITCH(ADD_EQUAL) } \
    else if (w.xs[0]) { float b = *other; (void)b; SWITCH(ADD_RIGHT) } \
    else if (w.ys[0]) { float a = *own; (void)a; SWITCH(SUM_LEFT) } \
    else { float a = *own, b = *other; (void)a; (void)b; SWITCH(SUM_NEITHER) } \
    g += n; \
  } while (walk_on(&w, index, &own, &other));
BRAID_KERNEL void braid_binary_broadcast_gradient(int slope, const float *g, const float *own, const int32_t *own_extents,
                                                  int own_rank, const float *other, const int32_t *other_extents,
                                                  int other_rank, float beta, double *totals, float *gradient) {
  long count = 1;
  for (int k = 0; k < own_rank; k++) count *= own_extents[k];
  if (beta == 0) for (long i = 0; i < count; i++) gradient[i] = 0;
  Walk w = walk_over(own_extents, own_rank, other_extents, other_rank);
  if (w.total == 0) return;
  long index[8] = {0}, n = w.n[0];
  const float *first = own;
  if (totals) {
    for (long i = 0; i < count; i++) totals[i] = gradient[i];
#define SUM double
    ADD_UP(totals)
#undef SUM
    for (long i = 0; i < count; i++) gradient[i] = (float)totals[i];
  } else {
#define SUM float
    ADD_UP(gradient)
#undef SUM
  }
}
#undef UNLESS_0
#undef SWITCH

BRAID_KERNEL void braid_select(const float *mask, const float *a, const float *b, float *restrict_ y, long n) {
  for (long i = 0; i < n; i++) y[i] = mask[i] != 0 ? a[i] : b[i];
}

BRAID_KERNEL void braid_select_gradient(const float *mask, int kept, const float *g, float beta, float *restrict_ gradient,
                                        long n) {
  for (long i = 0; i < n; i++) {
    float v = (mask[i] != 0) == kept ? g[i] : 0.0f;
    gradient[i] = beta == 0 ? v : gradient[i] + v;
  }
}

BRAID_KERNEL void braid_clamp(const float *restrict_ x, float low, float high, float *restrict_ y, long n) {
  for (long i = 0; i < n; i++) { float a = x[i]; y[i] = a < low ? low : a > high ? high : a; }
}

BRAID_KERNEL void braid_clamp_gradient(const float *restrict_ x, float low, float high, const float *restrict_ g, float beta,
                                       float *restrict_ gx, long n) {
  for (long i = 0; i < n; i++) {
    float v = ((x[i] >= low) & (x[i] <= high)) ? g[i] : 0.0f;
    gx[i] = beta == 0 ? v : gx[i] + v;
  }
}

BRAID_KERNEL void braid_scale_rows(const float *restrict_ x, const float *weights, long rows, long columns, float beta,
                                   float *restrict_ y) {
  for (long r = 0; r < rows; r++, x += columns, y += columns) {
    float w = weights[r];
    if (w == 0) { if (beta == 0) for (long c = 0; c < columns; c++) y[c] = 0; }
    else if (beta == 0) for (long c = 0; c < columns; c++) y[c] = w * x[c];
    else for (long c = 0; c < columns; c++) y[c] += w * x[c];
  }
}

BRAID_KERNEL void braid_outer(const float *u, const float *v, long batch, long m, long n, float *restrict_ y) {
  for (long b = 0; b < batch; b++, u += m, v += n)
    for (long i = 0; i < m; i++, y += n)
      for (long j = 0; j < n; j++) y[j] = u[i] * v[j];
}

BRAID_KERNEL void braid_outer_gradient_first(const float *g, const float *v, long batch, long m, long n, float beta, float *gu) {
  for (long b = 0; b < batch; b++, v += n)
    for (long i = 0; i < m; i++, g += n, gu++) {
      BRAID_REASSOCIATE
      float s = 0;
      for (long j = 0; j < n; j++) s += g[j] * v[j];
      *gu = beta == 0 ? s : *gu + s;
    }
}

BRAID_KERNEL void braid_outer_gradient_second(const float *g, const float *u, long batch, long m, long n, float beta,
                                              float *restrict_ gv) {
  for (long b = 0; b < batch; b++, u += m, gv += n) {
    if (beta == 0) for (long j = 0; j < n; j++) gv[j] = 0;
    for (long i = 0; i < m; i++, g += n)
      for (long j = 0; j < n; j++) gv[j] += u[i] * g[j];
  }
}
