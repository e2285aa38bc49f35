// Complex transforms of LANES signals side by side, in place, for the vector width of vectors_template.h. Number t of all
// signals is a line: LANES real parts, then LANES imaginary ones. Rounds go forward from numbers in their order to
// frequencies in the order of the factors, and inverse rounds back.

#define COMPLEX NAME(_complex)
#define LINE (2 * LANES)

typedef struct { VECTOR re, im; } COMPLEX;

TILES_TARGET BRAID_INLINE COMPLEX NAME(_line)(const float *z) {
  return (COMPLEX){*(const VECTOR *)z, *(const VECTOR *)(z + LANES)};
}

TILES_TARGET BRAID_INLINE void NAME(_put)(COMPLEX a, float *z) {
  *(VECTOR *)z = a.re;
  *(VECTOR *)(z + LANES) = a.im;
}

TILES_TARGET BRAID_INLINE COMPLEX NAME(_plus)(COMPLEX a, COMPLEX b) { return (COMPLEX){a.re + b.re, a.im + b.im}; }
TILES_TARGET BRAID_INLINE COMPLEX NAME(_minus)(COMPLEX a, COMPLEX b) { return (COMPLEX){a.re - b.re, a.im - b.im}; }

// a (c + i s).
TILES_TARGET BRAID_INLINE COMPLEX NAME(_turned)(COMPLEX a, float c, float s) {
  return (COMPLEX){a.re * c - a.im * s, a.im * c + a.re * s};
}

// −i a, or i a.
TILES_TARGET BRAID_INLINE COMPLEX NAME(_quarter)(int inverse, COMPLEX a) {
  return inverse ? (COMPLEX){-a.im, a.re} : (COMPLEX){a.im, -a.re};
}

TILES_TARGET BRAID_INLINE void NAME(_of_two)(COMPLEX *a, COMPLEX *b) {
  COMPLEX sum = NAME(_plus)(*a, *b);
  *b = NAME(_minus)(*a, *b);
  *a = sum;
}

TILES_TARGET BRAID_INLINE void NAME(_of_four)(int inverse, COMPLEX *a, COMPLEX *b, COMPLEX *c, COMPLEX *d) {
  NAME(_of_two)(a, c);
  NAME(_of_two)(b, d);
  NAME(_of_two)(a, b);  // frequencies 0 and 2
  COMPLEX first = NAME(_plus)(*c, NAME(_quarter)(inverse, *d)), third = NAME(_minus)(*c, NAME(_quarter)(inverse, *d));
  *c = *b;
  *b = first;
  *d = third;
}

TILES_TARGET BRAID_INLINE void NAME(_of_eight)(int inverse, COMPLEX *a) {
  const float h = 0x1.6a09e6p-1f, s = inverse ? h : -h;  // √½
  NAME(_of_four)(inverse, a, a + 2, a + 4, a + 6);
  NAME(_of_four)(inverse, a + 1, a + 3, a + 5, a + 7);
  a[3] = NAME(_turned)(a[3], h, s);
  a[5] = NAME(_quarter)(inverse, a[5]);
  a[7] = NAME(_turned)(a[7], -h, s);
  COMPLEX even[4] = {a[0], a[2], a[4], a[6]}, odd[4] = {a[1], a[3], a[5], a[7]};
#pragma clang loop unroll(full)
  for (int k = 0; k < 4; k++) {
    a[k] = NAME(_plus)(even[k], odd[k]);
    a[k + 4] = NAME(_minus)(even[k], odd[k]);
  }
}

// r odd: numbers j and r − j meet the same cosines and opposite sines.
TILES_TARGET BRAID_INLINE void NAME(_of_odd)(const int r, int inverse, const float *cosines, const float *sines, COMPLEX *a) {
  COMPLEX first = a[0];
#pragma clang loop unroll(full)
  for (int j = 1; j <= r / 2; j++) {
    NAME(_of_two)(&a[j], &a[r - j]);
    a[0] = NAME(_plus)(a[0], a[j]);
  }
  COMPLEX p[3], q[3];
#pragma clang loop unroll(full)
  for (int k = 1; k <= r / 2; k++) {
    COMPLEX even = first, odd = {(VECTOR)(0.0f), (VECTOR)(0.0f)};
#pragma clang loop unroll(full)
    for (int j = 1; j <= r / 2; j++) {
      const float c = cosines[j * k % r], s = sines[j * k % r];
      even = (COMPLEX){even.re + c * a[j].re, even.im + c * a[j].im};
      odd = j == 1 ? (COMPLEX){s * a[r - j].re, s * a[r - j].im}
                   : (COMPLEX){odd.re + s * a[r - j].re, odd.im + s * a[r - j].im};
    }
    p[k - 1] = even;
    q[k - 1] = NAME(_quarter)(inverse, odd);
  }
#pragma clang loop unroll(full)
  for (int k = 1; k <= r / 2; k++) {
    a[k] = NAME(_plus)(p[k - 1], q[k - 1]);
    a[r - k] = NAME(_minus)(p[k - 1], q[k - 1]);
  }
}

TILES_TARGET BRAID_INLINE void NAME(_butterfly)(const int r, int inverse, COMPLEX *a) {
  if (r == 2) NAME(_of_two)(a, a + 1);
  else if (r == 4) NAME(_of_four)(inverse, a, a + 1, a + 2, a + 3);
  else if (r == 8) NAME(_of_eight)(inverse, a);
  else if (r == 3) NAME(_of_odd)(3, inverse, cosines_3, sines_3, a);
  else if (r == 5) NAME(_of_odd)(5, inverse, cosines_5, sines_5, a);
  else NAME(_of_odd)(7, inverse, cosines_7, sines_7, a);
}

// One round of factor r over `blocks` blocks of r m lines.
TILES_TARGET BRAID_INLINE void NAME(_pass)(const int r, const int inverse, float *z, long blocks, const long m,
                                           const float *turns) {
  for (long b = 0; b < blocks; b++, z += r * m * LINE)
    for (long t = 0; t < m; t++) {
      COMPLEX a[8];
      const float *w = turns + 2 * (r - 1) * t - 2;
      float *own = z + t * LINE;
#pragma clang loop unroll(full)
      for (int j = 0; j < r; j++) {
        a[j] = NAME(_line)(own + j * m * LINE);
        if (inverse && m > 1 && j > 0) a[j] = NAME(_turned)(a[j], w[2 * j], -w[2 * j + 1]);
      }
      NAME(_butterfly)(r, inverse, a);
#pragma clang loop unroll(full)
      for (int j = 0; j < r; j++) {
        if (!inverse && m > 1 && j > 0) a[j] = NAME(_turned)(a[j], w[2 * j], w[2 * j + 1]);
        NAME(_put)(a[j], own + j * m * LINE);
      }
    }
}

// The last round turns nothing.
#define PASS(r, inverse) \
  if (m == 1) NAME(_pass)(r, inverse, z, blocks, 1, turns); \
  else NAME(_pass)(r, inverse, z, blocks, m, turns); \
  break;
#define ROUND(inverse) \
  switch (r) { \
    case 2: PASS(2, inverse) \
    case 3: PASS(3, inverse) \
    case 4: PASS(4, inverse) \
    case 5: PASS(5, inverse) \
    case 7: PASS(7, inverse) \
    default: PASS(8, inverse) \
  }
TILES_TARGET static void NAME(_round)(int r, float *z, long blocks, long m, const float *turns) { ROUND(0) }
TILES_TARGET static void NAME(_inverse_round)(int r, float *z, long blocks, long m, const float *turns) { ROUND(1) }
#undef ROUND
#undef PASS

// All rounds over `blocks` blocks of n lines. What does not fit the nearest cache is finished part by part.
TILES_TARGET static void NAME(_forward)(float *z, long blocks, long n, const int32_t *factors, int count, const float *turns) {
  if (count == 0) return;
  const int r = *factors;
  const long m = n / r;
  NAME(_round)(r, z, blocks, m, turns);
  turns += 2 * (r - 1) * m;
  if (n * LINE <= NEAR_FLOATS) NAME(_forward)(z, blocks * r, m, factors + 1, count - 1, turns);
  else for (int j = 0; j < r; j++) NAME(_forward)(z + j * m * LINE, 1, m, factors + 1, count - 1, turns);
}

TILES_TARGET static void NAME(_inverse)(float *z, long blocks, long n, const int32_t *factors, int count, const float *turns) {
  if (count == 0) return;
  const int r = *factors;
  const long m = n / r;
  const float *others = turns + 2 * (r - 1) * m;
  if (n * LINE <= NEAR_FLOATS) NAME(_inverse)(z, blocks * r, m, factors + 1, count - 1, others);
  else for (int j = 0; j < r; j++) NAME(_inverse)(z + j * m * LINE, 1, m, factors + 1, count - 1, others);
  NAME(_inverse_round)(r, z, blocks, m, turns);
}
