// Small products out of registers for the vector width of vectors_template.h, and what attention does between them. Before
// including: REGISTERS, the vectors a tile may sum in.

// One register tile of c = factor · a b + beta c: `rows` rows, `vectors` vectors of columns (both constants), of which
// `columns` are stored. Element (r, p) of a is a[r · row + p · step]; rows of b are whole vectors, `ldb` apart.
TILES_TARGET BRAID_INLINE void NAME(_tile)(const int rows, const int vectors, long depth, const float *a, long row, long step,
                              const float *b, long ldb, const float *factors, long factor_step, float beta, float *c,
                              long ldc, long columns) {
  VECTOR sum[REGISTERS / 2][4];  // as many of them as the tile has stay in registers
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[r][v] = (VECTOR)(0.0f);
  // every third row has a pointer, and the two after it are reached by the processor's own addressing
  const float *third[(REGISTERS / 2 + 2) / 3];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r += 3) third[r / 3] = a + r * row;
  for (long p = 0; p < depth; p++, b += ldb) {
    VECTOR y[4];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) y[v] = *(const VECTOR *)(b + v * LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      float x = third[r / 3][r % 3 * row];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[r][v] += x * y[v];
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r += 3) {
      third[r / 3] += step;
      __asm__("" : "+r"(third[r / 3]));  // or the compiler makes sums of one pointer
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++, factors += factor_step) {
    float *to = c + r * ldc;
    if (columns == vectors * LANES) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        VECTOR y = *factors * sum[r][v];
        if (beta != 0) y += beta * *(const VECTOR *)(to + v * LANES);
        *(VECTOR *)(to + v * LANES) = y;
      }
    } else {
      float y[4 * LANES];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) *(VECTOR *)(y + v * LANES) = *factors * sum[r][v];
      for (long j = 0; j < columns; j++) to[j] = beta == 0 ? y[j] : y[j] + beta * to[j];
    }
  }
}

// The product of any size; every element is summed in the order of the steps, whatever tile it falls into.
#define SOME_ROWS(ROWS, VECTORS)                                                                                \
  for (; i + (ROWS) <= m; i += (ROWS))                                                                          \
    NAME(_tile)(ROWS, VECTORS, depth, a + i * row, row, step, b + j, ldb, factors + i * factor_step, factor_step, \
                beta, c + i * ldc + j, ldc, columns);
TILES_TARGET static __attribute__((noinline)) void NAME(_product)(long m, long n, long depth, const float *a, long row, long step,
                                                                  const float *b, long ldb, const float *factors,
                                                                  long factor_step, float beta, float *c, long ldc) {
  for (long j = 0; j < n;) {
    long i = 0, left = n - j, columns = left;
    if (left > 2 * LANES) {
      if (columns > 4 * LANES) columns = 4 * LANES;
      if (columns <= 3 * LANES) { SOME_ROWS(REGISTERS / 3, 3) SOME_ROWS(2, 3) SOME_ROWS(1, 3) }
      else { SOME_ROWS(REGISTERS / 4, 4) SOME_ROWS(2, 4) SOME_ROWS(1, 4) }
    } else if (left > LANES) {
      SOME_ROWS(REGISTERS / 2, 2) SOME_ROWS(4, 2) SOME_ROWS(2, 2) SOME_ROWS(1, 2)
    } else {
      SOME_ROWS(REGISTERS / 2, 1) SOME_ROWS(4, 1) SOME_ROWS(1, 1)
    }
    j += columns;
  }
}
#undef SOME_ROWS

// to[c · width + r] = from[r · stride + c] with zeros for r in rows … width − 1.
TILES_TARGET static void NAME(_transpose)(const float *from, long stride, long rows, long columns, float *to, long width) {
  if (rows % LANES)  // the last vector of every column: what it has is written over these zeros
    for (long c = 0; c < columns; c++) *(VECTOR *)(to + c * width + rows / LANES * LANES) = (VECTOR)(0.0f);
  long r = 0;
  for (; r + 8 <= rows; r += 8) {
    long c = 0;
    for (; c + 8 <= columns; c += 8) transpose_8(from + r * stride + c, stride, to + c * width + r, width);
    for (; c < columns; c++)
      for (long k = 0; k < 8; k++) to[c * width + r + k] = from[(r + k) * stride + c];
  }
  for (; r < rows; r++)
    for (long c = 0; c < columns; c++) to[c * width + r] = from[r * stride + c];
}

// Rows of whole vectors: those given, or copies with zeros behind. Sets the distance between them.
TILES_TARGET static const float *NAME(_whole)(const float *from, long *stride, long rows, long columns, float *copy) {
  if (columns % LANES == 0) return from;
  const long width = WHOLE(columns);
  for (long r = 0; r < rows; r++) {
    for (long c = 0; c < columns; c++) copy[r * width + c] = from[r * *stride + c];
    for (long c = columns; c < width; c++) copy[r * width + c] = 0;
  }
  *stride = width;
  return copy;
}

// eˣ for x ≤ 0, as `vexp_below`; below −87, where numbers lose their precision, 0. NaN stays NaN.
TILES_TARGET BRAID_INLINE VECTOR NAME(_exponential)(VECTOR x) {
  VECTOR shifted = x * 1.44269504088896341f + 12582912.0f, k = shifted - 12582912.0f;  // k: to the nearest whole number
  VECTOR r = x - k * 0.693359375f;
  r = r + k * 2.12194440e-4f;
  VECTOR p = 1.3858154065e-3f * r + 8.3666801296e-3f;
  p = p * r + 4.1667596799e-2f;
  p = p * r + 1.6666541941e-1f;
  p = p * r + 4.9999996746e-1f;
  VECTOR scale = (VECTOR)(((BITS)shifted << 23) + (127 << 23)), part = p * (r * r) + r;
  VECTOR y = scale * part + scale;
  return x < -87.0f ? (VECTOR)(0.0f) : y;
}

// Elements from `count` to `width` become −∞: whole vectors at a time, or reading them again would wait for the writing.
TILES_TARGET BRAID_INLINE void NAME(_cut)(float *x, long count, long width) {
  static const int32_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (long j = count / LANES * LANES; j < width; j += LANES) {
    VECTOR y = *(const VECTOR *)(x + j);
    *(VECTOR *)(x + j) = *(const BITS *)numbers < (int32_t)(count - j) ? y : (VECTOR)(-INFINITY);
  }
}

// x (whole vectors) becomes e^(x − max); returns 1 / Σ, the last factor of a softmax. Where everything is −∞: zeros; where
// something is +∞: ones there, zeros elsewhere.
TILES_TARGET BRAID_INLINE float NAME(_softmax)(float *x, long width) {
  VECTOR most = (VECTOR)(-INFINITY), sum = (VECTOR)(0.0f);
  for (long j = 0; j < width; j += LANES) {
    VECTOR y = *(const VECTOR *)(x + j);
    most = y > most ? y : most;  // passes over NaN
  }
  const float top = NAME(_top)(most);
  if (top - top != 0) {  // infinite; NaNs are passed on
    float all = 0;
    for (long j = 0; j < width; j++) { x[j] = x[j] != x[j] ? x[j] : x[j] == INFINITY ? 1 : 0; all += x[j]; }
    return top == INFINITY ? 1 / all : all;
  }
  for (long j = 0; j < width; j += LANES) {
    VECTOR y = NAME(_exponential)(*(const VECTOR *)(x + j) - top);
    *(VECTOR *)(x + j) = y;
    sum += y;
  }
  return 1 / NAME(_total)(sum);
}
