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

/// The transforms of so many signals at a time.
typedef struct {
  long lanes;
  void (*analysis)(const braid_fourier *, const float *, long, float, float, float *, float *, float *);
  void (*synthesis)(const braid_fourier *, const float *, const float *, long, float, float, float *, float *);
} kernels;

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

// As many signals at a time as vectors are wide, but no more than are left.
BRAID_INLINE const kernels *kernels_for(long rows) {
#ifdef BRAID_TILES_WIDE
  const int lanes = lanes_here();
  if (lanes > 4) return rows <= 4 ? &fourier_few_kernels : rows <= 8 || lanes == 8 ? &fourier_avx2_kernels : &fourier_avx512_kernels;
#endif
  return &fourier_plain_kernels;
}

void braid_fourier_analysis(const braid_fourier *plan, const float *x, long rows, float edge, float middle, float *real,
                            float *imaginary, float *workspace) {
  const long n = plan->signal, f = n / 2 + 1;
  for (long done = 0, part; done < rows; done += part) {
    const kernels *own = kernels_for(rows - done);
    part = rows - done < own->lanes ? rows - done : own->lanes;
    own->analysis(plan, x + done * n, part, edge, middle, real + done * f, imaginary + done * f, workspace);
  }
}

void braid_fourier_synthesis(const braid_fourier *plan, const float *real, const float *imaginary, long rows, float edge,
                             float middle, float *x, float *workspace) {
  const long n = plan->signal, f = n / 2 + 1;
  for (long done = 0, part; done < rows; done += part) {
    const kernels *own = kernels_for(rows - done);
    part = rows - done < own->lanes ? rows - done : own->lanes;
    own->synthesis(plan, real + done * f, imaginary + done * f, part, edge, middle, x + done * n, workspace);
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
