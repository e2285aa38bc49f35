#pragma once
#include "kernels_common.h"

/// c = op(a) op(b), row-major: op(a) is [m, k], op(b) [k, n], c [m, n] with row strides lda, ldb, ldc; a transposed
/// operand is stored the other way round.
typedef struct {
  int transpose_a, transpose_b;
  long m, n, k;
  const float *a;
  long lda;
  const float *b;
  long ldb;
  float *c;
  long ldc;
} braid_gemm_operands;

/// What becomes of the product x before it is stored: f(alpha x + beta c + bias), f being max(·, 0) if it `rectifies`.
/// With beta 0, c need not be initialised. bias [n] may be NULL.
typedef struct {
  float alpha, beta;
  const float *bias;
  int rectifies;
} braid_gemm_end;

/// Floats of memory the product works best with; 0: it needs none.
long braid_gemm_workspace(int transpose_a, long m, long n, long k);
/// The product. `workspace` may be NULL. Every element is summed in one order, whatever m and n are: a product may be
/// cut into ranges of rows and columns. Returns 0, and has done nothing, when the processor has no kernel here (or k is
/// 0).
int braid_gemm(const braid_gemm_operands *operands, const braid_gemm_end *end, float *workspace);

/// Floats that `braid_gemm_pack` writes; 0: the processor has no kernel here, and nothing can be packed.
long braid_gemm_packed_size(long n, long k);
/// op(b) [k, n] in the order in which the kernel reads it, for several products with the same b. It is good in this
/// process only.
void braid_gemm_pack(int transpose_b, long n, long k, const float *b, long ldb, float *packed);
/// The product with such a b: operands->b is what was packed, `ldb` and `transpose_b` mean nothing. The bits are those
/// of `braid_gemm`. Meant for few rows, a hundred or two: rows are not cut into blocks.
void braid_gemm_with_packed(const braid_gemm_operands *operands, const braid_gemm_end *end);
