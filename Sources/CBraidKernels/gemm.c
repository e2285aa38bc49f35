#include "CBraidKernels.h"
#include "transpose.h"
#include <string.h>

#if defined(__x86_64__) && defined(__clang__)
#include "gemm_ahead.h"
#include <immintrin.h>

/// Steps a panel is deep: 40 KB of it (20 KB with narrow vectors) meet the rows from the first and second cache.
#define BRAID_GEMM_DEPTH 320
/// Columns of a block.
#define BRAID_GEMM_BLOCK 512
/// Numbers of a right operand from which on the next panel is asked for: half a megabyte.
#define BRAID_GEMM_FAR (128 << 10)

/// The depth of the parts that a sum of k ≥ 1 products is cut into: equal ones.
BRAID_INLINE long braid_gemm_even_depth(long k) {
  const long parts = (k + BRAID_GEMM_DEPTH - 1) / BRAID_GEMM_DEPTH;
  return (k + parts - 1) / parts;
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

// Packing pays where panels meet many rows, or where a's steps are far apart.
static int is_blocked(int transpose_a, long m, long n, long k) {
  return transpose_a ? n > 32 && (k > BRAID_GEMM_DEPTH || m > 512) : m > 192;
}

long braid_gemm_workspace(int transpose_a, long m, long n, long k) {
  return is_blocked(transpose_a, m, n, k) ? BRAID_GEMM_DEPTH * BRAID_GEMM_BLOCK + (BRAID_GEMM_DEPTH + 16) * 192 : 0;
}

enum kernel { NONE, AVX2, AVX512 };
static enum kernel kernel(void) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl")) return AVX512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? AVX2 : NONE;
}

int braid_gemm(const braid_gemm_operands *o, const braid_gemm_end *end, float *workspace) {
  if (o->k == 0) return 0;
  const int blocked = workspace && is_blocked(o->transpose_a, o->m, o->n, o->k);
  switch (kernel()) {
  case AVX512: if (blocked) gemm_avx512_blocked(o, *end, workspace); else gemm_avx512(o, *end); return 1;
  case AVX2: if (blocked) gemm_avx2_blocked(o, *end, workspace); else gemm_avx2(o, *end); return 1;
  case NONE: return 0;
  }
}

long braid_gemm_packed_size(long n, long k) { return kernel() == NONE ? 0 : (n + 31) / 32 * 32 * k; }

void braid_gemm_pack(int transpose_b, long n, long k, const float *b, long ldb, float *packed) {
  if (k == 0) return;
  if (kernel() == AVX512) gemm_avx512_pack_b(transpose_b, n, k, b, ldb, packed);
  else gemm_avx2_pack_b(transpose_b, n, k, b, ldb, packed);
}

void braid_gemm_with_packed(const braid_gemm_operands *o, const braid_gemm_end *end) {
  if (o->k == 0) return;
  if (kernel() == AVX512) gemm_avx512_packed(o, *end); else gemm_avx2_packed(o, *end);
}

#else

long braid_gemm_workspace(int transpose_a, long m, long n, long k) {
  (void)transpose_a; (void)m; (void)n; (void)k;
  return 0;
}

int braid_gemm(const braid_gemm_operands *o, const braid_gemm_end *end, float *workspace) {
  (void)o; (void)end; (void)workspace;
  return 0;
}

long braid_gemm_packed_size(long n, long k) {
  (void)n; (void)k;
  return 0;
}

void braid_gemm_pack(int transpose_b, long n, long k, const float *b, long ldb, float *packed) {
  (void)transpose_b; (void)n; (void)k; (void)b; (void)ldb; (void)packed;
}

void braid_gemm_with_packed(const braid_gemm_operands *o, const braid_gemm_end *end) { (void)o; (void)end; }

#endif
