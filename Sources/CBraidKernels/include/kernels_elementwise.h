#pragma once
#include "kernels_common.h"

double braid_log_double(double x);
double braid_cos_double(double x);

/// y = x + beta * y; with beta 0, y need not be initialised.
void braid_add_scaled(const float *x, float beta, float *y, long n);
/// y = a * x + beta * y; with beta 0, y need not be initialised.
void braid_scale(float a, const float *x, float beta, float *y, long n);

enum { BRAID_ADD, BRAID_SUBTRACT, BRAID_MULTIPLY, BRAID_DIVIDE, BRAID_MAXIMUM, BRAID_MINIMUM };
/// z = x op y, same sizes.
void braid_binary(int op, const float *x, const float *y, float *z, long n);
/// z[r, c] = x[r, c] op y[c].
void braid_binary_row(int op, const float *x, const float *y, float *z, long rows, long columns);
/// z[r, c] = x[r, c] op y[r].
void braid_binary_column(int op, const float *x, const float *y, float *z, long rows, long columns);
/// z = x op s.
void braid_binary_scalar(int op, const float *x, float s, float *z, long n);
/// General broadcasting: out has `rank` extents; a stride of 0 repeats.
void braid_binary_strided(int op, const float *x, const long *xs, const float *y, const long *ys, float *z,
                          const long *extents, int rank);
