// The matrix product for one vector width. Before including: LANES (floats a vector), ROWS (rows of a register tile),
// GEMM (what the functions' names begin with) and GEMM_TARGET (its instruction set).
//
// Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication": a panel of b, `DEPTH` steps deep and
// two vectors wide, is packed so that it stays in the first cache; ROWS rows of a meet it in registers. Around that,
// large products go through a in blocks of rows and through b in blocks of panels that stay in the second cache.
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define GEMM_INLINE BRAID_INLINE GEMM_TARGET
#define VECTOR PASTE(GEMM, _vector)
#define BITS PASTE(GEMM, _bits)
#define TILE PASTE(GEMM, _tile)
#define LAST_ROWS PASTE(GEMM, _last_rows)
#define PANEL PASTE(GEMM, _panel)
#define FIRST PASTE(GEMM, _first)
#define ANY_PANEL PASTE(GEMM, _any_panel)
#define NEW_PANEL PASTE(GEMM, _new_panel)
#define PACK PASTE(GEMM, _pack)
#define PACK_ROWS PASTE(GEMM, _pack_rows)
#define PART_END PASTE(GEMM, _part_end)
#define WIDTH (2 * LANES)
#define BLOCK_ROWS (16 * ROWS)
#define BLOCK_COLUMNS (BRAID_GEMM_BLOCK / WIDTH * WIDTH)

// The first `n` lanes of a vector, and what is read and written through them.
#if LANES == 16
#define MASK __mmask16
#define FIRST_LANES(n) ((MASK)((1u << (n)) - 1))
#define LOAD_SOME(p, mask) ((VECTOR)_mm512_maskz_loadu_ps(mask, p))
#define STORE_SOME(p, mask, v) _mm512_mask_storeu_ps(p, mask, (__m512)(v))
#else
#define MASK __m256i
#define FIRST_LANES(n) _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define LOAD_SOME(p, mask) ((VECTOR)_mm256_maskload_ps(p, mask))
#define STORE_SOME(p, mask, v) _mm256_maskstore_ps(p, mask, (__m256)(v))
#endif

typedef float VECTOR __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t BITS __attribute__((vector_size(LANES * 4), aligned(4)));

#include "gemm_tile.h"
#include "gemm_pack.h"

// What follows the part of the sum over k that begins at p: the first adds to beta c, the last applies the rest.
GEMM_INLINE braid_gemm_end PART_END(braid_gemm_end end, long p, long depth, long k) {
  if (p > 0) end.beta = 1;
  if (p + depth < k) {
    end.bias = 0;
    end.rectifies = 0;
  }
  return end;
}

// For small operands: each panel is packed and used up at once, or read where it lies, if it lies well or few rows
// meet it. Of a b that the second cache may not hold the next panel is asked for while rows meet one.
GEMM_TARGET static void GEMM(const braid_gemm_operands *o, braid_gemm_end end) {
  float panel[BRAID_GEMM_DEPTH * WIDTH] __attribute__((aligned(64)));
  const long m = o->m, lda = o->lda, ldb = o->ldb, ldc = o->ldc, even = braid_gemm_even_depth(o->k);
  const int asks = o->n * o->k >= BRAID_GEMM_FAR;
  for (long p = 0; p < o->k; p += even) {
    const long depth = o->k - p < even ? o->k - p : even, left = o->k - p - depth;
    const braid_gemm_end part = PART_END(end, p, depth, o->k);
    const float *a = o->a + (o->transpose_a ? p * lda : p);
    const long strip = o->transpose_a ? ROWS : ROWS * lda;
    for (long j = 0, columns; j < o->n; j += columns) {
      const long width = o->n - j > LANES ? WIDTH : LANES;
      columns = o->n - j < width ? o->n - j : width;
      const float *b = o->b + (o->transpose_b ? j * ldb + p : p * ldb + j);
      float *c = o->c + j;
      if (!o->transpose_b && columns == width && (ldb == width || m <= 2 * ROWS)) {
        ANY_PANEL(o->transpose_a, m, depth, a, lda, strip, b, ldb, &part, c, ldc, j, columns, 0);
      } else if (!o->transpose_b && m >= ROWS) {
        const long next = left < even ? left : even;
        braid_gemm_ahead ahead = j + columns < o->n ? braid_gemm_panel_of_b(o, p, j + columns, depth, WIDTH)
                                                    : braid_gemm_panel_of_b(o, p + depth, 0, next, WIDTH);
        NEW_PANEL(o->transpose_a, m, depth, a, lda, strip, b, ldb, panel, &part, c, ldc, j, columns,
                  asks ? &ahead : 0);
      } else {
        PACK(o->transpose_b, b, ldb, depth, columns, width, panel);
        ANY_PANEL(o->transpose_a, m, depth, a, lda, strip, panel, width, &part, c, ldc, j, columns, 0);
      }
    }
  }
}

// All panels of b as `packed`: part after part of the sum, panel after panel.
GEMM_TARGET static void PASTE(GEMM, _pack_b)(int transpose_b, long n, long k, const float *b, long ldb, float *packed) {
  const long even = braid_gemm_even_depth(k);
  for (long p = 0; p < k; p += even) {
    const long depth = k - p < even ? k - p : even;
    for (long j = 0; j < n; j += WIDTH) {
      const long width = n - j > LANES ? WIDTH : LANES, columns = n - j < width ? n - j : width;
      PACK(transpose_b, b + (transpose_b ? j * ldb + p : p * ldb + j), ldb, depth, columns, width, packed);
      packed += depth * width;
    }
  }
}

// For a b that was packed before.
GEMM_TARGET static void PASTE(GEMM, _packed)(const braid_gemm_operands *o, braid_gemm_end end) {
  const long lda = o->lda, ldc = o->ldc, even = braid_gemm_even_depth(o->k);
  const float *panel = o->b;
  for (long p = 0; p < o->k; p += even) {
    const long depth = o->k - p < even ? o->k - p : even;
    const braid_gemm_end part = PART_END(end, p, depth, o->k);
    const float *a = o->a + (o->transpose_a ? p * lda : p);
    for (long j = 0; j < o->n; j += WIDTH) {
      const long width = o->n - j > LANES ? WIDTH : LANES, columns = o->n - j < width ? o->n - j : width;
      ANY_PANEL(o->transpose_a, o->m, depth, a, lda, o->transpose_a ? ROWS : ROWS * lda, panel, width, &part, o->c + j,
                ldc, j, columns, 0);
      panel += depth * width;
    }
  }
}

// For large ones. The workspace holds a block of b as panels, and a block of a where its rows are packed: as strips
// ROWS wide when it is stored the other way round, as they are when its stride would put them all into the same places
// of the first cache. While one block of a is multiplied, the next one comes into the second cache.
GEMM_TARGET static void PASTE(GEMM, _blocked)(const braid_gemm_operands *o, braid_gemm_end end, float *workspace) {
  const long even = braid_gemm_even_depth(o->k), ldb = o->ldb, ldc = o->ldc;
  const int copies = o->lda % 1024 == 0 && o->n > 2 * WIDTH;
  float *panels = workspace, *rows_of_a = workspace + even * BLOCK_COLUMNS;
  for (long j0 = 0; j0 < o->n; j0 += BLOCK_COLUMNS) {
    const long block = o->n - j0 < BLOCK_COLUMNS ? o->n - j0 : BLOCK_COLUMNS;
    for (long p = 0; p < o->k; p += even) {
      const long depth = o->k - p < even ? o->k - p : even;
      const braid_gemm_end part = PART_END(end, p, depth, o->k);
      for (long i0 = 0; i0 < o->m; i0 += BLOCK_ROWS) {
        const long rows = o->m - i0 < BLOCK_ROWS ? o->m - i0 : BLOCK_ROWS, next = i0 + rows;
        braid_gemm_ahead ahead = next < o->m ? braid_gemm_block_of_a(o, next, p, BLOCK_ROWS, even)
                                             : braid_gemm_block_of_a(o, 0, p + depth, BLOCK_ROWS, even);
        const float *a = o->a + (o->transpose_a ? p * o->lda + i0 : i0 * o->lda + p);
        long stride = o->lda, strip = ROWS * stride;
        if (o->transpose_a) {
          PACK_ROWS(ROWS, a, o->lda, depth, rows, rows_of_a);
          a = rows_of_a;
          stride = ROWS;
          strip = ROWS * depth;
        } else if (copies) {
          stride = BRAID_GEMM_DEPTH + 16;
          strip = ROWS * stride;
          for (long i = 0; i < rows; i++) memcpy(rows_of_a + i * stride, a + i * o->lda, depth * sizeof(float));
          a = rows_of_a;
        }
        for (long j = 0; j < block; j += WIDTH) {
          const long width = block - j > LANES ? WIDTH : LANES, columns = block - j < width ? block - j : width;
          const long at = j0 + j;
          const float *b = o->b + (o->transpose_b ? at * ldb + p : p * ldb + at);
          float *panel = panels + j * depth, *c = o->c + i0 * ldc + at;
          if (i0 == 0 && !o->transpose_b && rows >= ROWS) {
            NEW_PANEL(o->transpose_a, rows, depth, a, stride, strip, b, ldb, panel, &part, c, ldc, at, columns, &ahead);
          } else {
            if (i0 == 0) PACK(o->transpose_b, b, ldb, depth, columns, width, panel);
            ANY_PANEL(o->transpose_a, rows, depth, a, stride, strip, panel, width, &part, c, ldc, at, columns, &ahead);
          }
        }
      }
    }
  }
}

#undef PASTE_
#undef PASTE
#undef GEMM_INLINE
#undef VECTOR
#undef BITS
#undef TILE
#undef LAST_ROWS
#undef PANEL
#undef FIRST
#undef ANY_PANEL
#undef NEW_PANEL
#undef PACK
#undef PACK_ROWS
#undef PART_END
#undef WIDTH
#undef BLOCK_ROWS
#undef BLOCK_COLUMNS
#undef MASK
#undef FIRST_LANES
#undef LOAD_SOME
#undef STORE_SOME
#undef LANES
#undef ROWS
#undef GEMM
#undef GEMM_TARGET
