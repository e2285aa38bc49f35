#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// BRAID_KERNEL: the function is compiled for baseline x86-64, AVX2 + FMA and AVX-512 and picked when the program is loaded.
// On other processors there is one version, and under the thread sanitizer: the pick is made before its runtime has
// started.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BRAID_UNDER_THREAD_SANITIZER
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && defined(__clang__) && !defined(BRAID_UNDER_THREAD_SANITIZER)
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

/// The calling thread's floating-point settings, as the processor holds them; 0 where none are known.
static inline uint64_t braid_arithmetic(void) {
#if defined(__x86_64__)
  return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__)
  uint64_t settings;
  __asm__ volatile("mrs %0, fpcr" : "=r"(settings));
  return settings;
#else
  return 0;
#endif
}

/// Gives the calling thread such settings.
static inline void braid_set_arithmetic(uint64_t settings) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((unsigned)settings);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(settings));
#else
  (void)settings;
#endif
}

/// The same settings, but denormal results become 0, and denormal operands count as 0.
static inline uint64_t braid_without_denormals(uint64_t settings) {
#if defined(__x86_64__)
  return settings | 0x8040;  // flush to zero, denormals are zeros
#elif defined(__aarch64__)
  return settings | (uint64_t)1 << 24;  // flush to zero, both ways
#else
  return settings;
#endif
}

// What tells the thread sanitizer, which cannot look into Swift's Mutex, who holds a lock. In ordinary builds a lock has no
// name, and nothing is told.
#ifdef BRAID_UNDER_THREAD_SANITIZER
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define UNDER_THREAD_SANITIZER(CALL, OTHERWISE) CALL
#else
#define UNDER_THREAD_SANITIZER(CALL, OTHERWISE) OTHERWISE
#endif

/// An address that stands for a lock: memory of its own, since asking where the lock's value lies would already count as a
/// use of that.
static inline uintptr_t braid_lock_name(void) { return UNDER_THREAD_SANITIZER((uintptr_t)malloc(1), 0); }
/// Says that there will be no lock of this name any more.
static inline void braid_lock_forget(uintptr_t name) { UNDER_THREAD_SANITIZER(free((void *)name), (void)name); }
/// Says that the lock was just taken.
static inline void braid_lock_taken(uintptr_t name) { UNDER_THREAD_SANITIZER(__tsan_acquire((void *)name), (void)name); }
/// Says that the lock is about to be given back.
static inline void braid_lock_given_back(uintptr_t name) {
  UNDER_THREAD_SANITIZER(__tsan_release((void *)name), (void)name);
}
#undef UNDER_THREAD_SANITIZER

/// Whether memory that nobody refers to any more is given out again, as in ordinary builds. The thread sanitizer does not
/// see that a count of references orders what two threads do: under it every tensor has new memory.
static inline int braid_memory_is_used_again(void) {
#ifdef BRAID_UNDER_THREAD_SANITIZER
  return 0;
#else
  return 1;
#endif
}
