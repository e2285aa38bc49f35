// Copies of operands as the register tiles of the matrix product like them. Included by gemm_template.h, once a vector
// width.

// `depth` steps of `columns` columns of b side by side: panel[s][q], zeros past the last column of the panel's `width`.
GEMM_INLINE void PACK(int transpose_b, const float *b, long ldb, long depth, long columns, long width, float *panel) {
  if (!transpose_b) {
    const MASK mask = FIRST_LANES(columns - (width - LANES));
    for (long s = 0; s < depth; s++, b += ldb, panel += width) {
      if (width == WIDTH) *(VECTOR *)panel = *(const VECTOR *)b;
      *(VECTOR *)(panel + width - LANES) = (VECTOR)LOAD_SOME(b + width - LANES, mask);
    }
    return;
  }
  // b is [n, k]: read along k, write columns
  if (columns < width)
    for (long s = 0; s < depth; s++) *(VECTOR *)(panel + s * width + width - LANES) = (VECTOR){0};
  for (long q = 0; q < columns; q += 8) {
    if (q + 8 > columns && columns >= 8) q = columns - 8;  // the last eight, some of them again
    const long some = columns - q < 8 ? columns - q : 8;
    const float *from = b + q * ldb;
    long s = 0;
    if (some == 8)
      for (; s + 8 <= depth; s += 8) transpose_8(from + s, ldb, panel + s * width + q, width);
    for (; s < depth; s++)
      for (long r = 0; r < some; r++) panel[s * width + q + r] = from[r * ldb + s];
  }
}

// `depth` rows of a matrix into parts `part` columns wide: to[column / part][row][column % part]. The rows are read
// from end to end, as memory likes it. The last part is narrower when `columns` ends within it.
GEMM_INLINE void PACK_ROWS(const long part, const float *from, long stride, long depth, long columns, float *to) {
  for (long s = 0; s < depth; s++) {
    const float *row = from + s * stride;
    float *at = to + s * part;
    long q = 0;
    for (; q + part <= columns; q += part, at += depth * part) memcpy(at, row + q, part * sizeof(float));
    if (q < columns) memcpy(at, row + q, (columns - q) * sizeof(float));
  }
}
