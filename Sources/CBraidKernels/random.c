#include "CBraidKernels.h"
#include <math.h>

enum { blocks = 32, words_at_once = 4 * blocks };

BRAID_INLINE void rounds(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d, uint32_t k, uint32_t l) {
  for (int round = 0; round < 10; round++, k += 0x9E3779B9u, l += 0xBB67AE85u) {
    uint64_t p = (uint64_t)*a * 0xD2511F53u, q = (uint64_t)*c * 0xCD9E8D57u;
    *a = (uint32_t)(q >> 32) ^ *b ^ k; *b = (uint32_t)q;
    *c = (uint32_t)(p >> 32) ^ *d ^ l; *d = (uint32_t)p;
  }
}

void braid_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]) {
  for (int k = 0; k < 4; k++) block[k] = counter[k];
  rounds(block, block + 1, block + 2, block + 3, key[0], key[1]);
}

// `words_at_once` words from a block boundary on.
BRAID_INLINE void fill(uint64_t key, uint64_t counter, uint32_t *words) {
  for (int k = 0; k < blocks; k++) {
    uint64_t n = counter + (uint64_t)k;
    uint32_t a = (uint32_t)n, b = (uint32_t)(n >> 32), c = 0, d = 0;
    rounds(&a, &b, &c, &d, (uint32_t)key, (uint32_t)(key >> 32));
    words[4 * k] = a; words[4 * k + 1] = b; words[4 * k + 2] = c; words[4 * k + 3] = d;
  }
}

// Runs BODY over the words of a stream: `w` points at `count` of them, which are for the elements from `i` on.
#define FOR_WORDS(PER_ELEMENT, BODY) \
  uint32_t words[words_at_once]; \
  uint64_t counter = first / 4; \
  long skip = (long)(first % 4), i = 0; \
  while (i < n) { \
    fill(key, counter, words); \
    const uint32_t *w = words + skip; \
    long count = (words_at_once - skip) / PER_ELEMENT; \
    if (count > n - i) count = n - i; \
    BODY \
    long next = skip + count * PER_ELEMENT; /* an element may straddle: its words are made again */ \
    counter += (uint64_t)(next / 4); skip = next % 4; i += count; \
  }

BRAID_INLINE float unit(uint32_t word) { return (float)(int32_t)(word >> 8) * 0x1p-24f; }

BRAID_KERNEL void braid_philox_words(uint64_t key, uint64_t first, uint32_t *out, long n) {
  FOR_WORDS(1, for (long j = 0; j < count; j++) out[i + j] = w[j];)
}

// No fused multiply-add in these: the same numbers on every processor.
BRAID_KERNEL void braid_philox_uniform(uint64_t key, uint64_t first, float low, float high, float *x, long n) {
#pragma clang fp contract(off)
  // far from 0 the sum may be rounded up to the end, which does not belong to the range
  float width = high - low, last = nextafterf(high, low);
  FOR_WORDS(1, for (long j = 0; j < count; j++) {
    float v = width * unit(w[j]);
    v = low + v;
    x[i + j] = v == high ? last : v;
  })
}

BRAID_KERNEL void braid_philox_normal(uint64_t key, uint64_t first, float mean, float deviation, float *x, long n) {
#pragma clang fp contract(off)
  FOR_WORDS(2, for (long j = 0; j < count; j++) {
    double radius = sqrt(-2.0 * log((double)(1.0f - unit(w[2 * j]))));
    float z = (float)(radius * cos(6.283185307179586 * (double)unit(w[2 * j + 1])));
    float v = deviation * z;
    x[i + j] = mean + v;
  })
}

BRAID_KERNEL void braid_philox_gumbel(uint64_t key, uint64_t first, float *x, long n) {
  FOR_WORDS(1, for (long j = 0; j < count; j++) x[i + j] = (float)-log(-log(((double)w[j] + 0.5) * 0x1p-32));)
}

BRAID_KERNEL void braid_philox_dropout(uint64_t key, uint64_t first, float rate, const float *restrict_ x,
                                       float *restrict_ mask, float *restrict_ y, long n) {
  float keep = 1.0f / (1.0f - rate);
  FOR_WORDS(1, for (long j = 0; j < count; j++) {
    float m = unit(w[j]) >= rate ? keep : 0.0f;
    mask[i + j] = m;
    y[i + j] = m * x[i + j];
  })
}
