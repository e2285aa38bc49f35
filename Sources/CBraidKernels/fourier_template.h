// Spectra of LANES real signals at a time, for the vector width of vectors_template.h.

// lines[t, lane] = x[lane, t]; lanes without a row are zeros.
TILES_TARGET static void NAME(_read)(const float *x, long stride, long rows, long columns, float *lines, long line) {
  long t = 0;
#if LANES >= 8
  if (rows == LANES) {
    for (; t + 8 <= columns; t += 8)
      for (int h = 0; h < LANES; h += 8) transpose_8(x + h * stride + t, stride, lines + t * line + h, line);
  }
#endif
  for (; t < columns; t++)
    for (long r = 0; r < LANES; r++) lines[t * line + r] = r < rows ? x[r * stride + t] : 0;
}

// x[lane, t] = lines[t, lane].
TILES_TARGET static void NAME(_write)(const float *lines, long line, long rows, long columns, float *x, long stride) {
  long t = 0;
#if LANES >= 8
  if (rows == LANES) {
    for (; t + 8 <= columns; t += 8)
      for (int h = 0; h < LANES; h += 8) transpose_8(lines + t * line + h, line, x + h * stride + t, stride);
  }
#endif
  for (; t < columns; t++)
    for (long r = 0; r < rows; r++) x[r * stride + t] = lines[t * line + r];
}

// With c the chirp, or its conjugate for the inverse: y_k = c_k Σ_t c_t z_t conj(c_{k−t}), a convolution, for k < outputs
// and numbers z_t of which all from `inputs` on are 0.
TILES_TARGET static void NAME(_chirped)(const braid_fourier *o, int inverse, float *z, long inputs, long outputs) {
  const float sign = inverse ? -1 : 1;
  for (long t = 0; t < inputs; t++)
    NAME(_put)(NAME(_turned)(NAME(_line)(z + t * LINE), o->chirp[2 * t], sign * o->chirp[2 * t + 1]), z + t * LINE);
  memset(z + inputs * LINE, 0, (size_t)((o->padded - inputs) * LINE) * sizeof(float));
  NAME(_forward)(z, 1, o->padded, o->factors, o->count, o->turns);
  for (long t = 0; t < o->padded; t++)
    NAME(_put)(NAME(_turned)(NAME(_line)(z + t * LINE), o->spectrum[2 * t], sign * o->spectrum[2 * t + 1]), z + t * LINE);
  NAME(_inverse)(z, 1, o->padded, o->factors, o->count, o->turns);
  for (long t = 0; t < outputs; t++)
    NAME(_put)(NAME(_turned)(NAME(_line)(z + t * LINE), o->chirp[2 * t], sign * o->chirp[2 * t + 1]), z + t * LINE);
}

// Between the transform Z of z_t = x_2t + i x_2t+1 and twice the spectrum X of x, h = n/2 long: with w = e^(−2πi/n),
// 2 X_k = (Z_k + Z̄_h−k) − i w^k (Z_k − Z̄_h−k), and back, Z_k = (X_k + X̄_h−k) + i w^−k (X_k − X̄_h−k).
TILES_TARGET static void NAME(_pair)(const braid_fourier *o, int inverse, float *z) {
  const long h = o->length;
  if (!inverse) memcpy(z + o->order[h] * LINE, z + o->order[0] * LINE, LINE * sizeof(float));  // Z_h is Z_0
  for (long k = 0; k <= h / 2; k++) {
    float *near = z + o->order[k] * LINE, *far = z + o->order[h - k] * LINE;
    COMPLEX a = NAME(_line)(near), b = NAME(_line)(far);
    COMPLEX sum = {a.re + b.re, a.im - b.im}, rest = {a.re - b.re, a.im + b.im};
    rest = NAME(_turned)(rest, o->halves[2 * k], inverse ? -o->halves[2 * k + 1] : o->halves[2 * k + 1]);
    rest = NAME(_quarter)(inverse, rest);
    NAME(_put)(NAME(_plus)(sum, rest), near);
    NAME(_put)((COMPLEX){sum.re - rest.re, rest.im - sum.im}, far);
  }
}

TILES_TARGET static void NAME(_analysis)(const braid_fourier *o, const float *x, long rows, float edge, float middle, float *real,
                                         float *imaginary, float *z) {
  const long n = o->signal, f = n / 2 + 1, pairs = n % 2 == 0;
  if (pairs) {
    NAME(_read)(x, n, rows, n, z, LANES);
    edge /= 2;
    middle /= 2;
  } else {
    NAME(_read)(x, n, rows, n, z, LINE);
    for (long t = 0; t < n; t++) *(VECTOR *)(z + t * LINE + LANES) = (VECTOR)(0.0f);
  }
  if (o->chirp) NAME(_chirped)(o, 0, z, o->length, pairs ? o->length : f);
  else NAME(_forward)(z, 1, o->length, o->factors, o->count, o->turns);
  if (pairs) NAME(_pair)(o, 0, z);
  for (long k = 0; k < f; k += 8) {
    const long columns = f - k < 8 ? f - k : 8;
    float re[8 * LANES], im[8 * LANES];
    for (long j = 0; j < columns; j++) {
      const int isEdge = k + j == 0 || 2 * (k + j) == n;
      const float weight = isEdge ? edge : middle;
      COMPLEX a = NAME(_line)(z + o->order[k + j] * LINE);
      *(VECTOR *)(re + j * LANES) = weight * a.re;
      *(VECTOR *)(im + j * LANES) = isEdge ? (VECTOR)(0.0f) : weight * a.im;
    }
    NAME(_write)(re, LANES, rows, columns, real + k, f);
    NAME(_write)(im, LANES, rows, columns, imaginary + k, f);
  }
}

TILES_TARGET static void NAME(_synthesis)(const braid_fourier *o, const float *real, const float *imaginary, long rows, float edge,
                                          float middle, float *x, float *z) {
  const long n = o->signal, f = n / 2 + 1, pairs = n % 2 == 0;
  if (pairs) middle /= 2;  // the mirror image has the other half
  else memset(z, 0, (size_t)(o->length * LINE) * sizeof(float));
  for (long k = 0; k < f; k += 8) {
    const long columns = f - k < 8 ? f - k : 8;
    float re[8 * LANES], im[8 * LANES];
    NAME(_read)(real + k, f, rows, columns, re, LANES);
    NAME(_read)(imaginary + k, f, rows, columns, im, LANES);
    for (long j = 0; j < columns; j++) {
      const int isEdge = k + j == 0 || 2 * (k + j) == n;
      const float weight = isEdge ? edge : middle;
      COMPLEX a = {weight * *(const VECTOR *)(re + j * LANES),
                   isEdge ? (VECTOR)(0.0f) : weight * *(const VECTOR *)(im + j * LANES)};
      NAME(_put)(a, z + o->order[k + j] * LINE);
    }
  }
  if (pairs) NAME(_pair)(o, 1, z);
  if (o->chirp) NAME(_chirped)(o, 1, z, pairs ? o->length : f, o->length);
  else NAME(_inverse)(z, 1, o->length, o->factors, o->count, o->turns);
  NAME(_write)(z, pairs ? LANES : LINE, rows, n, x, n);
}

static const kernels NAME(_kernels) = {LANES, NAME(_analysis), NAME(_synthesis)};
#undef LINE
#undef COMPLEX
