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

TILES_TARGET static void NAME(_norm)(const float *x, const float *residual, const float *gain, const float *bias, float epsilon,
                                     float *y, float *statistics, long rows, long columns) {
#define OF(STAYS, COLUMNS) NAME(_norm_of)(STAYS, COLUMNS, x, residual, gain, bias, epsilon, y, statistics, rows)
  switch (columns) {  // the widths that models mostly have
  case 32: OF(32 <= 8 * LANES, 32); break;
  case 64: OF(64 <= 8 * LANES, 64); break;
  case 128: OF(128 <= 8 * LANES, 128); break;
  default: OF(0, columns);
  }
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
