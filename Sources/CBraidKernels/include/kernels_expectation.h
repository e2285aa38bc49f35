#pragma once
#include "kernels_common.h"

/// y[r] = Σ_k p[r, k] v[r, k], where a term with p = 0 is 0 even if v is not finite.
void braid_expectation(const float *p, const float *v, long rows, long columns, float *y);
/// gp = g[r] v + beta * gp, with 0 for g v where p is 0 and v is not finite.
void braid_expectation_gradient(const float *g, const float *p, const float *v, long rows, long columns, float beta, float *gp);
