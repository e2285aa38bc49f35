// Which vector width a processor gets. Private to this room.
#pragma once
#include "CBraidKernels.h"
#include "transpose.h"
#include "vector_math.h"

#if defined(__x86_64__) && defined(__clang__)
#define BRAID_TILES_WIDE 1
#define BRAID_AVX2 __attribute__((target("avx2,fma")))
#define BRAID_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))

/// 16, 8 or 4: floats a vector of this processor.
BRAID_INLINE int lanes_here(void) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl"))
    return 16;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 4;
}
#else
BRAID_INLINE int lanes_here(void) { return 4; }
#endif
