#include "CBraidKernels.h"
#include <math.h>

double braid_log_double(double x) { return log(x); }
double braid_cos_double(double x) { return cos(x); }

BRAID_KERNEL void braid_add_scaled(const float *restrict_ x, float beta, float *restrict_ y, long n) {
  if (beta == 0) for (long i = 0; i < n; i++) y[i] = x[i];
  else if (beta == 1) for (long i = 0; i < n; i++) y[i] += x[i];
  else for (long i = 0; i < n; i++) y[i] = x[i] + beta * y[i];
}

BRAID_KERNEL void braid_scale(float a, const float *restrict_ x, float beta, float *restrict_ y, long n) {
  if (beta == 0) for (long i = 0; i < n; i++) y[i] = a * x[i];
  else for (long i = 0; i < n; i++) y[i] = a * x[i] + beta * y[i];
}

#define EACH(EXPRESSION) for (long i = 0; i < n; i++) { float a = x[i], b = y[i]; z[i] = (EXPRESSION); }
#define SWITCH(LOOP) \
  switch (op) { \
  case BRAID_ADD: LOOP(a + b) break; \
  case BRAID_SUBTRACT: LOOP(a - b) break; \
  case BRAID_MULTIPLY: LOOP(a * b) break; \
  case BRAID_DIVIDE: LOOP(a / b) break; \
  case BRAID_MAXIMUM: LOOP(a > b ? a : b) break; \
  default: LOOP(a < b ? a : b) break; \
  }

BRAID_KERNEL void braid_binary(int op, const float *x, const float *y, float *z, long n) { SWITCH(EACH) }

#define ROW(EXPRESSION) \
  for (long r = 0; r < rows; r++) \
    for (long c = 0; c < columns; c++) { float a = x[r * columns + c], b = y[c]; z[r * columns + c] = (EXPRESSION); }
BRAID_KERNEL void braid_binary_row(int op, const float *x, const float *y, float *z, long rows, long columns) { SWITCH(ROW) }

#define COLUMN(EXPRESSION) \
  for (long r = 0; r < rows; r++) { \
    float b = y[r]; \
    for (long c = 0; c < columns; c++) { float a = x[r * columns + c]; z[r * columns + c] = (EXPRESSION); } \
  }
BRAID_KERNEL void braid_binary_column(int op, const float *x, const float *y, float *z, long rows, long columns) { SWITCH(COLUMN) }

#define SCALAR(EXPRESSION) for (long i = 0; i < n; i++) { float a = x[i], b = s; z[i] = (EXPRESSION); }
BRAID_KERNEL void braid_binary_scalar(int op, const float *x, float s, float *z, long n) { SWITCH(SCALAR) }

#define INNER(EXPRESSION) \
  for (long i = 0; i < n; i++) { float a = x[i * sx], b = y[i * sy]; z[i] = (EXPRESSION); }
BRAID_KERNEL static void inner(int op, const float *x, long sx, const float *y, long sy, float *z, long n) { SWITCH(INNER) }

void braid_binary_strided(int op, const float *x, const long *xs, const float *y, const long *ys, float *z,
                          const long *extents, int rank) {
  if (rank == 0) { inner(op, x, 0, y, 0, z, 1); return; }
  long index[16] = {0}, n = extents[rank - 1], total = 1;
  for (int k = 0; k < rank; k++) total *= extents[k];
  if (total == 0) return;
  for (;;) {
    inner(op, x, xs[rank - 1], y, ys[rank - 1], z, n);
    z += n;
    int k = rank - 2;
    for (; k >= 0; k--) {
      index[k]++; x += xs[k]; y += ys[k];
      if (index[k] < extents[k]) break;
      x -= xs[k] * extents[k]; y -= ys[k] * extents[k]; index[k] = 0;
    }
    if (k < 0) return;
  }
}
