#pragma once
#include <stddef.h>
#include <stdint.h>

// BRAID_KERNEL: the function is compiled for baseline x86-64, AVX2 + FMA and AVX-512 and picked when the program is loaded.
// On other processors there is one version.
#if defined(__x86_64__) && defined(__linux__) && defined(__clang__)
#define BRAID_KERNEL __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define BRAID_KERNEL
#endif
#define BRAID_INLINE static inline __attribute__((always_inline))
// Inside a function's first block: sums may be taken in any order, so that they vectorise. Only in reductions.
#define BRAID_REASSOCIATE _Pragma("clang fp reassociate(on)")
#define restrict_ __restrict__

/// Tells the processor that the thread is waiting in a loop.
static inline void braid_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
