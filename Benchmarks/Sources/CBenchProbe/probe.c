#include "probe.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// The program's own definitions come before the C library's, which do the work.
#if defined(__linux__) && defined(__GLIBC__)
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_long asked;

static void count(void) { atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed); }

void *malloc(size_t bytes) {
  count();
  return __libc_malloc(bytes);
}

void *calloc(size_t items, size_t bytes) {
  count();
  return __libc_calloc(items, bytes);
}

void *realloc(void *block, size_t bytes) {
  count();
  return __libc_realloc(block, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
  count();
  *block = __libc_memalign(alignment, bytes);
  return *block ? 0 : ENOMEM;
}

bool probe_counts_allocations(void) { return true; }
long probe_allocations(void) { return atomic_load_explicit(&asked, memory_order_relaxed); }
#else
bool probe_counts_allocations(void) { return false; }
long probe_allocations(void) { return 0; }
#endif

// CBLAS' own numbers and prototype; its header lies in different places on different systems.
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111 };
extern void cblas_sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);

extern void openblas_set_num_threads(int);

void probe_set_blas_threads(int threads) { openblas_set_num_threads(threads); }

void probe_blas_product(const float *a, const float *b, float *y, int n) {
  cblas_sgemm(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, 1, a, n, b, n, 0, y, n);
}

uint64_t probe_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double probe_peak_megabytes(void) {
#ifdef __linux__
  // of this program alone: what getrusage says includes the parent's until exec
  FILE *status = fopen("/proc/self/status", "r");
  if (!status) return 0;
  char line[128];
  long kilobytes = 0;
  while (fgets(line, sizeof line, status) && sscanf(line, "VmHWM: %ld", &kilobytes) != 1) {}
  fclose(status);
  return (double)kilobytes / 1024;
#else
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1048576;  // bytes
#endif
}

double probe_resident_megabytes(void) {
#ifdef __linux__
  FILE *pages = fopen("/proc/self/statm", "r");
  if (!pages) return 0;
  long all = 0, held = 0;
  const int read = fscanf(pages, "%ld %ld", &all, &held);
  fclose(pages);
  return read == 2 ? (double)held * (double)sysconf(_SC_PAGESIZE) / 1048576 : 0;
#else
  return 0;
#endif
}
