#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether this program sees every block of memory the process asks the system's allocator for (Linux with glibc).
bool probe_counts_allocations(void);
/// Blocks asked for so far, by any thread: malloc, calloc, realloc and their aligned relatives.
long probe_allocations(void);
/// How many threads the installed BLAS uses from now on.
void probe_set_blas_threads(int threads);
/// y = a b for square row-major matrices [n, n], by the installed BLAS.
void probe_blas_product(const float *a, const float *b, float *y, int n);
/// The clock that Python calls time.monotonic_ns.
uint64_t probe_monotonic_nanoseconds(void);
/// The most memory the process has held so far, in megabytes.
double probe_peak_megabytes(void);
/// The memory the process holds now, in megabytes; 0 where the system does not say.
double probe_resident_megabytes(void);
