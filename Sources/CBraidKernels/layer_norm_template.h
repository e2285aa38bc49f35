// Layer normalisation of rows that are whole vectors, for the vector width of vectors_template.h. The equations and what
// the statistics are stand in kernels_norm.h.

#define AT(pointer) (*(const VECTOR *)((pointer) + c))

// With `stays` (a constant, as `columns` is then) a row is of at most eight vectors, and stays in registers.
TILES_TARGET BRAID_INLINE void NAME(_norm_of)(const int stays, const long columns, const float *x, const float *residual,
                                              const float *gain, const float *bias, float epsilon, float *y,
                                              float *statistics, long rows) {
  const float part = 1 / (float)columns;
  VECTOR row[8];
#define ROW (stays ? row[c / LANES] : AT(from))
#define EACH_VECTOR _Pragma("clang loop unroll_count(8)") for (long c = 0; c < columns; c += LANES)
  for (long r = 0; r < rows; r++, x += columns, y += columns, statistics += 3) {
    const float *from = residual ? y : x;
    VECTOR sum = (VECTOR)(0.0f), rest = sum, square = sum;
    EACH_VECTOR {
      VECTOR s = residual ? AT(x) + AT(residual) : AT(x);
      if (stays) row[c / LANES] = s; else if (residual) *(VECTOR *)(y + c) = s;
      sum += s;
    }
    if (residual) residual += columns;
    const float mean = NAME(_total)(sum) * part;
    EACH_VECTOR {
      VECTOR d = ROW - mean;
      rest += d;
      square += d * d;
    }
    const float left = NAME(_total)(rest) * part, whole = NAME(_total)(square) * part - left * left;
    const float scale = 1 / vsqrt((whole < 0 ? 0 : whole) + epsilon);  // NaN stays NaN
    statistics[0] = mean;
    statistics[1] = left;
    statistics[2] = scale;
    EACH_VECTOR {
      VECTOR h = ((ROW - mean) - left) * scale;
      if (gain) h *= AT(gain);
      if (bias) h += AT(bias);
      *(VECTOR *)(y + c) = h;
    }
  }
#undef EACH_VECTOR
#undef ROW
}

#if LANES == 16
#define QUARTER(I) I, I + 1, I + 2, I + 3
#define QUARTERS(A, B, I, J, K, L) __builtin_shufflevector(A, B, QUARTER(I), QUARTER(J), QUARTER(K), QUARTER(L))
typedef float NAME(_four) __attribute__((ext_vector_type(4), aligned(4)));

// The totals of four vectors, each added in the order of _total.
TILES_TARGET BRAID_INLINE NAME(_four) NAME(_totals)(const VECTOR x[4]) {
  const VECTOR a = QUARTERS(x[0], x[1], 0, 4, 24, 28) + QUARTERS(x[0], x[1], 8, 12, 16, 20);
  const VECTOR b = QUARTERS(x[2], x[3], 0, 4, 24, 28) + QUARTERS(x[2], x[3], 8, 12, 16, 20);
  const VECTOR q = QUARTERS(a, b, 0, 8, 16, 24) + QUARTERS(a, b, 4, 12, 20, 28);
  const VECTOR pair = q + __builtin_shufflevector(q, q, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  return __builtin_shufflevector(pair, pair, 0, 4, 8, 12) + __builtin_shufflevector(pair, pair, 1, 5, 9, 13);
}

// What _norm_of gives, to the bit, for few columns. A row's three steps wait for each other's totals, for longer than a
// processor looks ahead: so a step is done for a block of rows, which stays in the nearest cache, before the next step
// begins, and the totals, roots and divisions of four rows are taken together.
TILES_TARGET BRAID_INLINE void NAME(_norm_of_blocks)(const long columns, const float *x, const float *residual,
                                                     const float *gain, const float *bias, float epsilon, float *y,
                                                     float *statistics, long rows) {
  const float part = 1 / (float)columns;
  const long most = 1024 / columns;
  float means[1024 / 32];
  VECTOR factor[8], shift[8];
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (long c = 0; c < columns; c += LANES)
#define EACH_OF_FOUR _Pragma("clang loop unroll(full)") for (long i = r; i < r + 4; i++) EACH_VECTOR
#define EACH_FOUR for (long r = 0; r < block; r += 4)
#define NEXT(P, ROW, WRITTEN) __builtin_prefetch((P) + (block + (ROW)) * columns + c, WRITTEN)
  EACH_VECTOR {
    factor[c / LANES] = gain ? AT(gain) : (VECTOR)(1.0f);
    shift[c / LANES] = bias ? AT(bias) : (VECTOR)(-0.0f);  // added to -0 it stays -0
  }
  while (rows >= 4) {
    const long block = rows < most ? rows / 4 * 4 : most;
    const float *from = residual ? y : x;
    EACH_FOUR {
      VECTOR sum[4] = {0};
      EACH_OF_FOUR {
        VECTOR s = AT(x + i * columns);
        if (residual) *(VECTOR *)(y + i * columns + c) = s += AT(residual + i * columns);
        sum[i - r] += s;
      }
      *(NAME(_four) *)(means + r) = NAME(_totals)(sum) * part;
    }
    EACH_FOUR {
      VECTOR rest[4] = {0}, square[4] = {0};
      EACH_OF_FOUR {
        VECTOR d = AT(from + i * columns) - means[i];
        rest[i - r] += d;
        square[i - r] += d * d;
        if (residual) NEXT(y, i, 1);
      }
      const NAME(_four) mean = *(NAME(_four) *)(means + r), left = NAME(_totals)(rest) * part;
      const NAME(_four) whole = NAME(_totals)(square) * part - left * left;
      const NAME(_four) scale = 1 / __builtin_elementwise_sqrt((whole < 0 ? 0 : whole) + epsilon);  // NaN stays NaN
      const VECTOR two = __builtin_shufflevector(mean, left, 0, 4, 0, 1, 5, 0, 2, 6, 0, 3, 7, 0, 0, 0, 0, 0);
      const VECTOR last = __builtin_shufflevector(scale, scale, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0);
      const VECTOR all = __builtin_shufflevector(two, last, 0, 1, 18, 3, 4, 21, 6, 7, 24, 9, 10, 27, 0, 0, 0, 0);
      memcpy(statistics + 3 * r, &all, 12 * sizeof(float));
    }
    for (long r = 0; r < block; r++) {
      const float mean = statistics[3 * r], left = statistics[3 * r + 1], scale = statistics[3 * r + 2];
      EACH_VECTOR {
        VECTOR h = ((AT(from + r * columns) - mean) - left) * scale;
        h *= factor[c / LANES];
        h += shift[c / LANES];
        *(VECTOR *)(y + r * columns + c) = h;
        NEXT(x, r, 0);
        if (residual) NEXT(residual, r, 0);
      }
    }
    rows -= block, x += block * columns, y += block * columns, statistics += 3 * block;
    if (residual) residual += block * columns;
  }
#undef NEXT
#undef EACH_FOUR
#undef EACH_OF_FOUR
#undef EACH_VECTOR
  NAME(_norm_of)(1, columns, x, residual, gain, bias, epsilon, y, statistics, rows);
}
#undef QUARTERS
#undef QUARTER
#endif

TILES_TARGET static void NAME(_norm)(const float *x, const float *residual, const float *gain, const float *bias, float epsilon,
                                     float *y, float *statistics, long rows, long columns) {
#define OF(STAYS, COLUMNS) NAME(_norm_of)(STAYS, COLUMNS, x, residual, gain, bias, epsilon, y, statistics, rows)
#if LANES == 16
#define OF_WIDTH(COLUMNS) NAME(_norm_of_blocks)(COLUMNS, x, residual, gain, bias, epsilon, y, statistics, rows)
#else
#define OF_WIDTH(COLUMNS) OF(COLUMNS <= 8 * LANES, COLUMNS)
#endif
  switch (columns) {  // the widths that models mostly have
  case 32: OF_WIDTH(32); break;
  case 64: OF_WIDTH(64); break;
  case 128: OF_WIDTH(128); break;
  default: OF(0, columns);
  }
#undef OF_WIDTH
#undef OF
}

TILES_TARGET static void NAME(_norm_gradient)(const float *x, const float *residual, const float *gain, const float *statistics,
                                              const float *g, float beta, float *gx, float *gain_sums, float *bias_sums,
                                              long rows, long columns) {
  const float part = 1 / (float)columns;
  for (long r = 0; r < rows; r++, x += columns, g += columns, statistics += 3) {
    const float mean = statistics[0], left = statistics[1], scale = statistics[2];
    VECTOR sum = (VECTOR)(0.0f), product = sum;
    for (long c = 0; c < columns; c += LANES) {
      VECTOR up = AT(g), v = gain ? up * AT(gain) : up, s = residual ? AT(x) + AT(residual) : AT(x);
      VECTOR h = ((s - mean) - left) * scale;
      sum += v;
      product += v * h;
      if (gain_sums) *(VECTOR *)(gain_sums + c) += up * h;
      if (bias_sums) *(VECTOR *)(bias_sums + c) += up;
    }
    if (gx) {
      const float a = NAME(_total)(sum) * part, b = NAME(_total)(product) * part;
      for (long c = 0; c < columns; c += LANES) {
        VECTOR v = gain ? AT(g) * AT(gain) : AT(g), s = residual ? AT(x) + AT(residual) : AT(x);
        VECTOR h = ((s - mean) - left) * scale, to = (v - a - h * b) * scale;
        if (beta != 0) to += beta * AT(gx);
        *(VECTOR *)(gx + c) = to;
      }
      gx += columns;
    }
    if (residual) residual += columns;
  }
}
#undef AT
