// What a matrix product reads next from memory beyond the second cache, asked for while it computes. Private to gemm.c.
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

/// The same of a b that is not transposed: `rows` steps from p on of the panel that begins at column j; of none where b is
/// done. A panel narrower than what is asked for at once brings its neighbour's numbers along, which come next.
BRAID_INLINE braid_gemm_ahead braid_gemm_panel_of_b(const braid_gemm_operands *o, long p, long j, long rows, long width) {
  if (rows <= 0) return (braid_gemm_ahead){0};
  const float *at = o->b + p * o->ldb + j;
  return (braid_gemm_ahead){at, at + width, width, o->ldb, rows};
}

/// Asks for the 32 floats from `at` on, of which some belong to the row that ends at `*end`; returns where to go on, and
/// makes `*end` nothing when all was asked for. The processor itself does not look beyond the end of a row.
BRAID_INLINE const float *braid_gemm_ask(braid_gemm_ahead *ahead, const float *at, const float **end) {
  __builtin_prefetch(at, 0, 2);
  __builtin_prefetch(at + 16, 0, 2);
  at += 32;
  if (__builtin_expect(at < *end, 1)) return at;
  if (--ahead->rows <= 0) return *end = 0;
  *end += ahead->stride;
  return *end - ahead->width;
}
