#include "CBraidKernels.h"

#if defined(__x86_64__) && defined(__clang__)

typedef float eight __attribute__((vector_size(32), aligned(4)));

// to[c, r] = from[r, c] for 8 × 8 numbers: pairs, then pairs of pairs, then halves change places.
BRAID_INLINE void transpose_8(const float *from, long from_stride, float *to, long to_stride) {
  eight r[8], s[8];
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) r[i] = *(const eight *)(from + i * from_stride);
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
#pragma clang loop unroll(full)
  for (int h = 0; h < 8; h += 4)
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
      r[h + i] = __builtin_shufflevector(s[h + i], s[h + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[h + i + 2] = __builtin_shufflevector(s[h + i], s[h + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    *(eight *)(to + i * to_stride) = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(eight *)(to + (i + 4) * to_stride) = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

#define LANES 8
#define ROWS 6
#define GEMM gemm_avx2
#define GEMM_TARGET __attribute__((target("avx2,fma")))
#include "gemm_template.h"

#define LANES 16
#define ROWS 12
#define GEMM gemm_avx512
#define GEMM_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma")))
#include "gemm_template.h"

int braid_gemm_small(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                     const float *b, long ldb, float beta, float *c, long ldc) {
  if (k == 0) return 0;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl"))
    gemm_avx512(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    gemm_avx2(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  else
    return 0;
  return 1;
}

#else

int braid_gemm_small(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
                     const float *b, long ldb, float beta, float *c, long ldc) {
  (void)transpose_a; (void)transpose_b; (void)m; (void)n; (void)k; (void)alpha; (void)a; (void)lda;
  (void)b; (void)ldb; (void)beta; (void)c; (void)ldc;
  return 0;
}

#endif
