#pragma once
#include "kernels_common.h"

/// c = alpha op(a) op(b) + beta c, row-major, for products too small for a general library to reach the processor's rate:
/// op(a) is [m, k], op(b) [k, n], c [m, n] with row strides lda, ldb, ldc; a transposed operand is stored the other way round.
/// With beta 0, c need not be initialised. Returns 0, and has done nothing, when the processor has no kernel here.
int braid_gemm_small(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                     const float *b, long ldb, float beta, float *c, long ldc);
