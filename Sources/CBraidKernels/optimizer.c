#include "CBraidKernels.h"
#include "vector_math.h"

BRAID_KERNEL double braid_square_sum(const float *x, long n) {
  double total = 0;
  for (long start = 0; start < n; start += 4096) {
    BRAID_REASSOCIATE
    long end = start + 4096 < n ? start + 4096 : n;
    float sum = 0;
    for (long i = start; i < end; i++) sum += x[i] * x[i];
    total += sum;
  }
  return total;
}

BRAID_KERNEL void braid_scale_in_place(float a, float *x, long n) {
  for (long i = 0; i < n; i++) x[i] *= a;
}

BRAID_KERNEL void braid_sgd(float *restrict_ p, const float *restrict_ g, long n, float rate, float decay) {
  for (long i = 0; i < n; i++) p[i] -= rate * (g[i] + decay * p[i]);
}

BRAID_KERNEL void braid_sgd_momentum(float *restrict_ p, const float *restrict_ g, float *restrict_ v, long n, float rate,
                                     float momentum, float decay, int nesterov) {
  if (nesterov)
    for (long i = 0; i < n; i++) {
      float d = g[i] + decay * p[i];
      v[i] = momentum * v[i] + d;
      p[i] -= rate * (d + momentum * v[i]);
    }
  else
    for (long i = 0; i < n; i++) {
      v[i] = momentum * v[i] + (g[i] + decay * p[i]);
      p[i] -= rate * v[i];
    }
}

BRAID_KERNEL void braid_adam(float *restrict_ p, const float *restrict_ g, float *restrict_ m, float *restrict_ v, long n,
                             const braid_adam_step *step) {
  const braid_adam_step s = *step;
  for (long i = 0; i < n; i++) {
    float value = p[i] * s.shrink;
    float d = g[i] + s.decay * value;
    float first = s.beta1 * m[i] + s.one_minus_beta1 * d;
    float second = s.beta2 * v[i] + s.one_minus_beta2 * (d * d);
    m[i] = first;
    v[i] = second;
    p[i] = value - s.rate * first / (vsqrt(second) * s.root_inverse + s.epsilon);
  }
}
