#pragma once
#include "kernels_common.h"

/// y = log |Γ(x)|, computed in double; ∞ at 0, at negative whole numbers and at ±∞.
void braid_log_gamma(const float *x, float *y, long n);
/// gx = g ψ(x) + beta * gx with ψ the digamma function; -∞ at 0, NaN at negative whole numbers.
void braid_log_gamma_gradient(const float *x, const float *g, float beta, float *gx, long n);
/// y = ψ(x), the derivative of log Γ; -∞ at 0, NaN at negative whole numbers.
void braid_digamma(const float *x, float *y, long n);
/// gx = g ψ′(x) + beta * gx; ∞ at 0 and at negative whole numbers.
void braid_digamma_gradient(const float *x, const float *g, float beta, float *gx, long n);
