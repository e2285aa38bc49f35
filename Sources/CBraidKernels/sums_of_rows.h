// Rows added up column by column: in float within a block of rows, blocks in double, so that the error does not grow with the
// number of rows. Private to this room.
#pragma once
#include "kernels_common.h"

enum { ROWS_OF_BLOCK = 64, COLUMNS_OF_TILE = 256 };

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
