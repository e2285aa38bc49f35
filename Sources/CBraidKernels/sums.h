// Sums of many numbers: in float within a block, blocks in double, so that the error does not grow with how many they are.
// Private to this room.
#pragma once
#include "kernels_common.h"

enum { TERMS_OF_BLOCK = 512, ROWS_OF_BLOCK = 64, COLUMNS_OF_TILE = 256 };

// BODY for every block of n terms: from `first`, `count` of them.
#define BLOCKS_OF(n, ...)                                                                \
  for (long first = 0; first < (n); first += TERMS_OF_BLOCK) {                           \
    const long count = (n) - first < TERMS_OF_BLOCK ? (n) - first : TERMS_OF_BLOCK;       \
    __VA_ARGS__                                                                          \
  }

BRAID_INLINE float sum_of_block(const float *x, long n) {
  BRAID_REASSOCIATE
  float s = 0;
  for (long i = 0; i < n; i++) s += x[i];
  return s;
}

BRAID_INLINE float sum(const float *x, long n) {
  if (n <= TERMS_OF_BLOCK) return sum_of_block(x, n);
  double s = 0;
  BLOCKS_OF(n, s += sum_of_block(x + first, count);)
  return (float)s;
}

// y[c] = scale * Σ_r x[r, c] over the rows whose step is not 0; `steps` may be NULL: all of them.
BRAID_INLINE void sum_rows(const float *restrict_ x, const float *steps, long rows, long columns, float scale, float *restrict_ y) {
  if (rows <= ROWS_OF_BLOCK) {
    for (long c = 0; c < columns; c++) y[c] = 0;
    for (long r = 0; r < rows; r++, x += columns)
      if (!steps || steps[r] != 0) for (long c = 0; c < columns; c++) y[c] += x[c];
    if (scale != 1) for (long c = 0; c < columns; c++) y[c] *= scale;
    return;
  }
  for (long at = 0; at < columns; at += COLUMNS_OF_TILE) {
    const long width = columns - at < COLUMNS_OF_TILE ? columns - at : COLUMNS_OF_TILE;
    double total[COLUMNS_OF_TILE] = {0};
    for (long first = 0; first < rows; first += ROWS_OF_BLOCK) {
      const long end = rows - first < ROWS_OF_BLOCK ? rows : first + ROWS_OF_BLOCK;
      float part[COLUMNS_OF_TILE] = {0};
      for (long r = first; r < end; r++) {
        const float *row = x + r * columns + at;
        if (!steps || steps[r] != 0) for (long c = 0; c < width; c++) part[c] += row[c];
      }
      for (long c = 0; c < width; c++) total[c] += part[c];
    }
    for (long c = 0; c < width; c++) y[at + c] = scale * (float)total[c];
  }
}
