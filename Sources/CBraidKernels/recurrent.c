#include "CBraidKernels.h"
#include "vector_math.h"

// The rows of one step never overlap: each loop below may be vectorised without a check.
#define EACH_UNIT _Pragma("clang loop vectorize(assume_safety)") for (long j = 0; j < units; j++)

void braid_time_major(const float *x, const float *steps, int reversed, float *xs, long batch, long time, long width) {
  for (long s = 0; s < time; s++) {
    long t = reversed ? time - 1 - s : s;
    for (long b = 0; b < batch; b++, xs += width) {
      if (steps && steps[b * time + t] == 0) memset(xs, 0, width * sizeof(float));
      else memcpy(xs, x + (b * time + t) * width, width * sizeof(float));
    }
  }
}

void braid_gather_step(const float *x, long x_stride, const float *mask, long mask_stride, float *xs, long batch,
                       long width) {
  for (long b = 0; b < batch; b++, x += x_stride, xs += width) {
    if (mask && mask[b * mask_stride] == 0) memset(xs, 0, width * sizeof(float));
    else memcpy(xs, x, width * sizeof(float));
  }
}

void braid_batch_major(const float *xs, int reversed, float beta, float *x, long batch, long time, long width) {
  for (long s = 0; s < time; s++) {
    long t = reversed ? time - 1 - s : s;
    for (long b = 0; b < batch; b++, xs += width) braid_add_scaled(xs, beta, x + (b * time + t) * width, width);
  }
}

// i = σ(·), f = σ(·), g = tanh(·), o = σ(·); c′ = f ∘ c + i ∘ g; h′ = o ∘ tanh c′ (Hochreiter & Schmidhuber 1997; Gers et al. 2000).
BRAID_KERNEL void braid_lstm_step(float *gates, const float *bias, const float *c, const float *h, const float *mask,
                                  long mask_stride, float *c_next, float *h_next, float *y, long y_stride, long batch, long units) {
  const float *bi = bias, *bf = bi + units, *bg = bf + units, *bo = bg + units;
  for (long b = 0; b < batch; b++, c += units, h += units, c_next += units, h_next += units, y += y_stride) {
    float *i = gates + b * 4 * units, *f = i + units, *g = f + units, *o = g + units;
    if (mask && mask[b * mask_stride] == 0) {
      memmove(c_next, c, units * sizeof(float));
      memmove(h_next, h, units * sizeof(float));
      memset(y, 0, units * sizeof(float));
      continue;
    }
    EACH_UNIT {
      float vi = vsigmoid(i[j] + bi[j]), vf = vsigmoid(f[j] + bf[j]), vg = vtanh(g[j] + bg[j]), vo = vsigmoid(o[j] + bo[j]);
      i[j] = vi; f[j] = vf; g[j] = vg; o[j] = vo;
      c_next[j] = vf * c[j] + vi * vg;
    }
    // in a loop of its own: what waits for the state would fill the processor's window before the next gates are reached
    EACH_UNIT {
      float out = o[j] * vtanh(c_next[j]);
      h_next[j] = out; y[j] = out;
    }
  }
}

// With s = tanh c′: do = dh ∘ s, dc′ += dh ∘ o ∘ (1 − s²); di = dc′ ∘ g, df = dc′ ∘ c, dg = dc′ ∘ i, dc = dc′ ∘ f; each gate's times its slope.
BRAID_KERNEL void braid_lstm_step_gradient(float *gates, const float *c, const float *c_next, const float *mask,
                                           long mask_stride, const float *gy, long gy_stride, float *dh, float *dc,
                                           long batch, long units) {
  for (long b = 0; b < batch; b++, c += units, c_next += units, dh += units, dc += units, gy += gy_stride) {
    float *i = gates + b * 4 * units, *f = i + units, *g = f + units, *o = g + units;
    if (mask && mask[b * mask_stride] == 0) {  // the state passes by: dh and dc stay as they are
      memset(i, 0, 4 * units * sizeof(float));
      continue;
    }
    EACH_UNIT {
      float vi = i[j], vf = f[j], vg = g[j], vo = o[j], s = vtanh(c_next[j]), out = dh[j] + gy[j];
      float state = dc[j] + out * vo * (1 - s * s);
      float di = state * vg * vi * (1 - vi), df = state * c[j] * vf * (1 - vf);
      float dg = state * vi * (1 - vg * vg), d_o = out * s * vo * (1 - vo);
      i[j] = di; f[j] = df; g[j] = dg; o[j] = d_o;
      dc[j] = state * vf; dh[j] = 0;
    }
  }
}

// r = σ(·), z = σ(·), n = tanh(x Wn + bn + r ∘ q) with q = h Un + cn; h′ = (1 − z) ∘ n + z ∘ h (Cho et al. 2014, with the reset gate applied
// after the recurrent product).
BRAID_KERNEL void braid_gru_step(float *gates, const float *recurrent, const float *bias, const float *recurrent_bias,
                                 const float *h, const float *mask, long mask_stride, float *q, float *h_next, float *y,
                                 long y_stride, long batch, long units) {
  const float *br = bias, *bz = br + units, *bn = bz + units;
  const float *cr = recurrent_bias, *cz = cr + units, *cn = cz + units;
  for (long b = 0; b < batch; b++, h += units, q += units, h_next += units, y += y_stride) {
    float *r = gates + b * 3 * units, *z = r + units, *n = z + units;
    const float *hr = recurrent + b * 3 * units, *hz = hr + units, *hn = hz + units;
    if (mask && mask[b * mask_stride] == 0) {
      memmove(h_next, h, units * sizeof(float));
      memset(y, 0, units * sizeof(float));
      continue;
    }
    EACH_UNIT {
      float vr = vsigmoid(r[j] + br[j] + (hr[j] + cr[j])), vz = vsigmoid(z[j] + bz[j] + (hz[j] + cz[j]));
      r[j] = vr; z[j] = vz; q[j] = hn[j] + cn[j];
    }
    EACH_UNIT {  // apart, as for the LSTM
      float vn = vtanh(n[j] + bn[j] + r[j] * q[j]), out = vn + z[j] * (h[j] - vn);
      n[j] = vn;
      h_next[j] = out; y[j] = out;
    }
  }
}

// dn = dh ∘ (1 − z), dz = dh ∘ (h − n), through tanh: a = dn ∘ (1 − n²); dq = a ∘ r, dr = a ∘ q; dh₋ = dh ∘ z + what the products bring.
BRAID_KERNEL void braid_gru_step_gradient(float *gates, float *q, const float *h, const float *mask, long mask_stride,
                                          const float *gy, long gy_stride, float *dh, long batch, long units) {
  for (long b = 0; b < batch; b++, h += units, q += units, dh += units, gy += gy_stride) {
    float *r = gates + b * 3 * units, *z = r + units, *n = z + units;
    if (mask && mask[b * mask_stride] == 0) {
      memset(r, 0, 3 * units * sizeof(float));
      memset(q, 0, units * sizeof(float));
      continue;
    }
    EACH_UNIT {
      float vr = r[j], vz = z[j], vn = n[j], out = dh[j] + gy[j];
      float dn = out * (1 - vz) * (1 - vn * vn), dz = out * (h[j] - vn) * vz * (1 - vz);
      float dr = dn * q[j] * vr * (1 - vr), dq = dn * vr;
      r[j] = dr; z[j] = dz; n[j] = dn; q[j] = dq;
      dh[j] = out * vz;
    }
  }
}

// h′ = f(x W + h U + b), f = tanh or max(·, 0) (Elman 1990).
BRAID_KERNEL void braid_rnn_step(int relu, float *gates, const float *bias, const float *h, const float *mask, long mask_stride,
                                 float *h_next, float *y, long y_stride, long batch, long units) {
  for (long b = 0; b < batch; b++, gates += units, h += units, h_next += units, y += y_stride) {
    if (mask && mask[b * mask_stride] == 0) {
      memmove(h_next, h, units * sizeof(float));
      memset(y, 0, units * sizeof(float));
      continue;
    }
    EACH_UNIT {
      float a = gates[j] + bias[j], out = relu ? (a < 0 ? 0 : a) : vtanh(a);
      gates[j] = out; h_next[j] = out; y[j] = out;
    }
  }
}

// From the state h′: dp = dh ∘ (1 − h′²), or dh where h′ > 0.
BRAID_KERNEL void braid_rnn_step_gradient(int relu, float *gates, const float *mask, long mask_stride, const float *gy,
                                          long gy_stride, float *dh, long batch, long units) {
  for (long b = 0; b < batch; b++, gates += units, dh += units, gy += gy_stride) {
    if (mask && mask[b * mask_stride] == 0) {  // the state passes by: dh stays as it is
      memset(gates, 0, units * sizeof(float));
      continue;
    }
    EACH_UNIT {
      float out = gates[j], d = dh[j] + gy[j];
      float slope = relu ? (out > 0 ? 1.0f : 0.0f) : 1 - out * out;
      float dp = d * slope;
      gates[j] = dp;
      dh[j] = 0;
    }
  }
}
