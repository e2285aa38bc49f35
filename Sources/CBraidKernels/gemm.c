#include "CBraidKernels.h"
#include "transpose.h"
#include <string.h>

#if defined(__x86_64__) && defined(__clang__)

/// Steps a panel is deep: 40 KB of it (20 KB with narrow vectors) meet the rows from the first and second cache.
#define BRAID_GEMM_DEPTH 320
/// Columns of a block.
#define BRAID_GEMM_BLOCK 512

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
  return transpose_a ? n > 32 && (k >= 128 || m > 512) : m > 192;
}

long braid_gemm_workspace(int transpose_a, long m, long n, long k) {
  return is_blocked(transpose_a, m, n, k) ? BRAID_GEMM_DEPTH * BRAID_GEMM_BLOCK + (BRAID_GEMM_DEPTH + 16) * 192 : 0;
}

int braid_gemm(const braid_gemm_operands *o, const braid_gemm_end *end, float *workspace) {
  if (o->k == 0) return 0;
  const int blocked = workspace && is_blocked(o->transpose_a, o->m, o->n, o->k);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl")) {
    if (blocked) gemm_avx512_blocked(o, *end, workspace); else gemm_avx512(o, *end);
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    if (blocked) gemm_avx2_blocked(o, *end, workspace); else gemm_avx2(o, *end);
  } else {
    return 0;
  }
  return 1;
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

#endif
