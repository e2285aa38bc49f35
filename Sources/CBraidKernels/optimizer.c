#include "CBraidKernels.h"
#include "vector_math.h"

BRAID_KERNEL double braid_square_sum(const float *x, long n) {
  double total = 0;
  for (long start = 0; start < n; start += 4096) {
    BRAID_REASSOCIATE
    long end = start + 4096 < n ? start + 4096 : n;
    float sum = 0;
    for (long i = start; i < end; i++) sum += x[i] * x[i];
    double exact = sum;
    if (!(sum > 1e-20f && sum < 1e38f)) {  // squares may have left what a float can hold; those of floats are doubles
      exact = 0;
      for (long i = start; i < end; i++) exact += (double)x[i] * x[i];
    }
    total += exact;
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

// The flags are constants where this is called, so that each of the four loops has no branch.
BRAID_INLINE void rmsprop(float *restrict_ p, const float *restrict_ g, float *restrict_ v, float *restrict_ m,
                          float *restrict_ b, long n, braid_rmsprop_step s, int centered, int momentum) {
  for (long i = 0; i < n; i++) {
    float d = g[i] + s.decay * p[i];
    float square = s.smoothing * v[i] + s.one_minus_smoothing * (d * d), variance = square;
    v[i] = square;
    if (centered) {
      float mean = s.smoothing * m[i] + s.one_minus_smoothing * d;
      m[i] = mean;
      // rounding may take it below 0; squares beyond a float's range leave it there, as without centring; NaN stays
      float spread = square - mean * mean;
      variance = square == INFINITY ? square : spread < 0 ? 0 : spread;
    }
    float step = d / (vsqrt(variance) + s.epsilon);
    if (momentum) {
      step = s.momentum * b[i] + step;
      b[i] = step;
    }
    p[i] -= s.rate * step;
  }
}

BRAID_KERNEL void braid_rmsprop(float *p, const float *g, float *square, float *mean, float *velocity, long n,
                                const braid_rmsprop_step *step) {
  if (mean && velocity) rmsprop(p, g, square, mean, velocity, n, *step, 1, 1);
  else if (mean) rmsprop(p, g, square, mean, 0, n, *step, 1, 0);
  else if (velocity) rmsprop(p, g, square, 0, velocity, n, *step, 0, 1);
  else rmsprop(p, g, square, 0, 0, n, *step, 0, 0);
}

BRAID_KERNEL void braid_adadelta(float *restrict_ p, const float *restrict_ g, float *restrict_ square, float *restrict_ change,
                                 long n, float smoothing, float one_minus_smoothing, float rate, float epsilon, float decay) {
  for (long i = 0; i < n; i++) {
    float d = g[i] + decay * p[i];
    float v = smoothing * square[i] + one_minus_smoothing * (d * d);
    float step = vsqrt(change[i] + epsilon) / vsqrt(v + epsilon) * d;
    square[i] = v;
    change[i] = smoothing * change[i] + one_minus_smoothing * (step * step);
    p[i] -= rate * step;
  }
}

BRAID_KERNEL void braid_average(float *restrict_ a, const float *restrict_ p, long n, float share) {
  for (long i = 0; i < n; i++) a[i] += share * (p[i] - a[i]);
}

BRAID_KERNEL void braid_exchange(float *restrict_ a, float *restrict_ b, long n) {
  for (long i = 0; i < n; i++) {
    float x = a[i];
    a[i] = b[i];
    b[i] = x;
  }
}
