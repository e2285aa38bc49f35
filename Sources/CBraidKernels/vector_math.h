// Elementary functions written so that loops over them vectorise. Private to this room.
#pragma once
#include "kernels_common.h"
#include <math.h>
#include <string.h>

BRAID_INLINE float bits_to_float(int32_t b) { float f; memcpy(&f, &b, 4); return f; }
BRAID_INLINE int32_t float_to_bits(float f) { int32_t b; memcpy(&b, &f, 4); return b; }

// √x without the detour through errno that keeps `sqrtf` in a loop from vectorising.
BRAID_INLINE float vsqrt(float x) { return __builtin_elementwise_sqrt(x); }

// eˣ: x = k ln 2 + r with |r| ≤ ln 2 / 2 (ln 2 in two parts), Taylor to degree 7 in r, scaled by 2ᵏ in two factors so that the
// range ends at inf and, through the subnormals, at 0. Within 2 ulp. NaN stays NaN.
BRAID_INLINE float vexp(float x) {
  float c = x > 89.0f ? 89.0f : x;
  c = c < -104.0f ? -104.0f : c;
  float k = c * 1.44269504088896341f;
  k = (k + 12582912.0f) - 12582912.0f;  // to the nearest whole number
  float r = c - k * 0.693359375f;
  r = r + k * 2.12194440e-4f;
  float p = 1.9841269841e-4f;
  p = p * r + 1.3888888889e-3f;
  p = p * r + 8.3333333333e-3f;
  p = p * r + 4.1666666667e-2f;
  p = p * r + 1.6666666667e-1f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  int32_t i = (int32_t)k, h = i >> 1, l = i - h;
  float y = p * bits_to_float((h + 127) << 23) * bits_to_float((l + 127) << 23);
  return x != x ? x : y;
}

// eˣ − 1 = scale · (part + 1) − 1 for x within ±88.9, NaN aside: x = k ln 2 + r, scale = 2ᵏ (∞ from k = 128 on) and
// part = eʳ − 1, r plus r² times a least-squares fit at Chebyshev points, of relative error below 2e-8. Half the work of
// `vexp`, since one factor is enough here and k is read from the bits of the sum that rounds it.
BRAID_INLINE float vexp_part(float x, float *scale) {
  float shifted = x * 1.44269504088896341f + 12582912.0f, k = shifted - 12582912.0f;
  float r = x - k * 0.693359375f;
  r = r + k * 2.12194440e-4f;
  float p = 1.3858154065e-3f;
  p = p * r + 8.3666801296e-3f;
  p = p * r + 4.1667596799e-2f;
  p = p * r + 1.6666541941e-1f;
  p = p * r + 4.9999996746e-1f;
  *scale = bits_to_float((int32_t)(((uint32_t)float_to_bits(shifted) << 23) + (127u << 23)));
  return p * (r * r) + r;
}

// eˣ for x ≤ 0, by way of the above; below −87, where numbers lose their precision, 0. NaN stays.
BRAID_INLINE float vexp_below(float x) {
  float c = x < -87.0f ? -87.0f : x, scale;
  float part = vexp_part(c, &scale), y = scale * part + scale;
  return x < -87.0f ? 0.0f : y;
}

// 1 / (1 + e⁻ˣ): e⁻ˣ is infinite, and the result 0, below −88.4.
BRAID_INLINE float vsigmoid(float x) {
  float c = x > 87.0f ? 87.0f : x, scale;
  c = c < -88.9f ? -88.9f : c;
  float part = vexp_part(-c, &scale);
  return 1.0f / (1.0f + scale * (part + 1.0f));
}

// (e²ˣ − 1) / (e²ˣ + 1): scale − 1 is exact where it matters, so nothing cancels near 0. NaN stays, as above.
BRAID_INLINE float vtanh(float x) {
  float c = x > 10.0f ? 10.0f : x, scale;
  c = c < -10.0f ? -10.0f : c;
  float part = vexp_part(2.0f * c, &scale);
  float less = scale * part + (scale - 1.0f);
  return less / (less + 2.0f);
}

// log(1 + x) for x in [0, 1]: 2 artanh(s) with s = x / (2 + x) ≤ 1/3, as its power series.
BRAID_INLINE float vlog1p(float x) {
  float s = x / (2.0f + x), q = s * s;
  float p = 6.6666666667e-2f;
  p = p * q + 7.6923076923e-2f;
  p = p * q + 9.0909090909e-2f;
  p = p * q + 1.1111111111e-1f;
  p = p * q + 1.4285714286e-1f;
  p = p * q + 0.2f;
  p = p * q + 3.3333333333e-1f;
  return 2.0f * (s * q * p + s);
}

// erf: x times a polynomial in x² up to 1, then 1 − e^(−x²) q(1 / (1 + 0.4 |x|)); least-squares fits at Chebyshev points, of
// relative error below 6e-9 each. Beyond 4.2 the result rounds to ±1.
BRAID_INLINE float verf(float x) {
  float a = x < 0 ? -x : x, s = x * x;
  float p = 8.0068422922e-5f;
  p = p * s - 8.0537411812e-4f;
  p = p * s + 5.1929566791e-3f;
  p = p * s - 2.6856068890e-2f;
  p = p * s + 1.1283634616e-1f;
  p = p * s - 3.7612629765e-1f;
  p = p * s + 1.1283791662f;
  float c = a > 4.2f ? 4.2f : a, t = 1.0f / (1.0f + 0.4f * c);
  float q = -8.6777507211e-2f;
  q = q * t + 1.3469988601e-1f;
  q = q * t + 1.7858401288e-1f;
  q = q * t + 6.6848439876e-2f;
  q = q * t + 2.7318954782e-1f;
  q = q * t + 2.0423222683e-1f;
  q = q * t + 2.2935240392e-1f;
  q = q * t - 2.6210231804e-4f;
  float big = 1.0f - vexp(-c * c) * q;
  float y = a < 1.0f ? p * a : big;
  y = x < 0 ? -y : y;
  return x != x ? x : y;
}
