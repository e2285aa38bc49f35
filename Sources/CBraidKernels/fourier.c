#include "tiles_processor.h"
#include <string.h>

// Floats of the nearest cache that a part of a transform may fill: 32 KiB.
#define NEAR_FLOATS 8192

// cos and sin of 2πj/r.
static const float cosines_3[3] = {1, -0.5f, -0.5f}, sines_3[3] = {0, 0x1.bb67aep-1f, -0x1.bb67aep-1f};
static const float cosines_5[5] = {1, 0.309016994f, -0.809016994f, -0.809016994f, 0.309016994f};
static const float sines_5[5] = {0, 0.951056516f, 0.587785252f, -0.587785252f, -0.951056516f};
static const float cosines_7[7] = {1, 0.623489802f, -0.222520934f, -0.900968868f, -0.900968868f, -0.222520934f, 0.623489802f};
static const float sines_7[7] = {0, 0.781831482f, 0.974927912f, 0.433883739f, -0.433883739f, -0.974927912f, -0.781831482f};

#define LANES 4
#define TILES fourier_plain
#define TILES_TARGET
#include "vectors_template.h"
#include "fourier_passes.h"
#include "fourier_template.h"
#include "vectors_end.h"

#ifdef BRAID_TILES_WIDE
#define LANES 4
#define TILES fourier_few
#define TILES_TARGET BRAID_AVX2
#include "vectors_template.h"
#include "fourier_passes.h"
#include "fourier_template.h"
#include "vectors_end.h"

#define LANES 8
#define TILES fourier_avx2
#define TILES_TARGET BRAID_AVX2
#include "vectors_template.h"
#include "fourier_passes.h"
#include "fourier_template.h"
#include "vectors_end.h"

#define LANES 16
#define TILES fourier_avx512
#define TILES_TARGET BRAID_AVX512
#include "vectors_template.h"
#include "fourier_passes.h"
#include "fourier_template.h"
#include "vectors_end.h"
#endif

#define MOST_LANES 16

long braid_fourier_workspace(const braid_fourier *plan) { return (plan->padded + 1) * 2 * MOST_LANES; }

// As many signals at a time as vectors are wide, but no wider than the last few need.
BRAID_INLINE int lanes_for(long rows) {
  const int lanes = lanes_here();
  return rows <= 4 ? (lanes > 4 ? 5 : 4) : rows <= 8 && lanes == 16 ? 8 : lanes;
}

#ifdef BRAID_TILES_WIDE
#define WIDE(function, ...) \
  if (lanes == 16) fourier_avx512_##function(__VA_ARGS__); \
  else if (lanes == 8) fourier_avx2_##function(__VA_ARGS__); \
  else if (lanes == 5) fourier_few_##function(__VA_ARGS__); \
  else
#else
#define WIDE(function, ...)
#endif

void braid_fourier_analysis(const braid_fourier *plan, const float *x, long rows, float edge, float middle, float *real,
                            float *imaginary, float *workspace) {
  const long n = plan->signal, f = n / 2 + 1;
  while (rows > 0) {
    const int lanes = lanes_for(rows), most = lanes == 5 ? 4 : lanes;
    const long part = rows < most ? rows : most;
    WIDE(analysis, plan, x, part, edge, middle, real, imaginary, workspace)
    fourier_plain_analysis(plan, x, part, edge, middle, real, imaginary, workspace);
    x += part * n;
    real += part * f;
    imaginary += part * f;
    rows -= part;
  }
}

void braid_fourier_synthesis(const braid_fourier *plan, const float *real, const float *imaginary, long rows, float edge,
                             float middle, float *x, float *workspace) {
  const long n = plan->signal, f = n / 2 + 1;
  while (rows > 0) {
    const int lanes = lanes_for(rows), most = lanes == 5 ? 4 : lanes;
    const long part = rows < most ? rows : most;
    WIDE(synthesis, plan, real, imaginary, part, edge, middle, x, workspace)
    fourier_plain_synthesis(plan, real, imaginary, part, edge, middle, x, workspace);
    x += part * n;
    real += part * f;
    imaginary += part * f;
    rows -= part;
  }
}

BRAID_KERNEL void braid_complex_product(const float *restrict_ a_real, const float *restrict_ a_imaginary, int conjugate,
                                        const float *restrict_ b_real, const float *restrict_ b_imaginary,
                                        float *restrict_ real, float *restrict_ imaginary, long n) {
  const float sign = conjugate ? -1 : 1;
  for (long i = 0; i < n; i++) {
    const float a = a_real[i], b = sign * a_imaginary[i], c = b_real[i], d = b_imaginary[i];
    real[i] = a * c - b * d;
    imaginary[i] = a * d + b * c;
  }
}
