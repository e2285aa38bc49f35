// What a large matrix product reads next, asked for while it computes. Private to gemm.c.
#pragma once
#include "CBraidKernels.h"

/// Rows of memory that are not all in the second cache yet: what is left of one, from `at` to `end`, and `rows - 1`
/// more. Each is `width` floats; they lie `stride` apart.
typedef struct {
  const float *at, *end;
  long width, stride, rows;
} braid_gemm_ahead;

/// The block of a that begins at row i and step p; of no rows when a ends before.
BRAID_INLINE braid_gemm_ahead braid_gemm_block_of_a(const braid_gemm_operands *o, long i, long p, long most_rows,
                                                    long most_steps) {
  const long rows = o->m - i < most_rows ? o->m - i : most_rows, steps = o->k - p < most_steps ? o->k - p : most_steps;
  if (rows <= 0 || steps <= 0) return (braid_gemm_ahead){0};
  const float *at = o->a + (o->transpose_a ? p * o->lda + i : i * o->lda + p);
  const long width = o->transpose_a ? rows : steps;
  return (braid_gemm_ahead){at, at + width, width, o->lda, o->transpose_a ? steps : rows};
}

/// Asks for the next sixteen floats, of which there must be some. The processor itself does not look beyond the end of a row.
BRAID_INLINE void braid_gemm_ask(braid_gemm_ahead *ahead) {
  __builtin_prefetch(ahead->at, 0, 2);
  ahead->at += 16;
  if (ahead->at >= ahead->end) {
    ahead->end += ahead->stride;
    ahead->at = ahead->end - ahead->width;
    ahead->rows--;
  }
}
