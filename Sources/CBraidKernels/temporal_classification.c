#include "CBraidKernels.h"
#include <math.h>

// The states of a sequence of labels: blank, label 0, blank, label 1, …, blank. A path stays, goes to the next state, or
// leaves out a blank between two labels that differ.
typedef struct { const int32_t *labels; long count; int32_t blank; } States;

BRAID_INLINE long states_count(States a) { return 2 * a.count + 1; }

BRAID_INLINE int32_t state_class(States a, long s) { return s & 1 ? a.labels[s >> 1] : a.blank; }

// Whether a path may come to state s from s − 2.
BRAID_INLINE int may_skip_to(States a, long s) {
  return (s & 1) && s >= 3 && a.labels[s >> 1] != a.labels[(s >> 1) - 1];
}

// log(eᵃ + eᵇ); −∞ of −∞ alone, NaN if one is.
BRAID_INLINE double log_sum(double a, double b) {
  double most = a > b ? a : b, least = a > b ? b : a;
  if (least == -INFINITY) return most;
  return most + log1p(exp(least - most));
}

long braid_temporal_classification_workspace(long time, long count) { return (time + 1) * (2 * count + 1); }

double braid_temporal_classification(const float *l, const float *mask, const int32_t *labels, long count, int32_t blank,
                                     long time, long classes, double *memory) {
  const States all = {labels, count, blank};
  const long n = states_count(all);
  const double *before = NULL;
  for (long t = 0; t < time; t++, l += classes) {
    if (mask && mask[t] == 0) continue;
    double *now = memory;
    memory += n;
    for (long s = 0; s < n; s++) {
      double sum = s < 2 ? 0 : -INFINITY;  // a path begins with the first blank or the first label
      if (before) {
        sum = before[s];
        if (s >= 1) sum = log_sum(sum, before[s - 1]);
        if (may_skip_to(all, s)) sum = log_sum(sum, before[s - 2]);
      }
      now[s] = sum + l[state_class(all, s)];
    }
    before = now;
  }
  if (!before) return count == 0 ? 0 : -INFINITY;
  return count == 0 ? before[0] : log_sum(before[n - 1], before[n - 2]);
}

void braid_temporal_classification_posterior(const float *l, const float *mask, const int32_t *labels, long count,
                                             int32_t blank, long time, long classes, double log_p, double *memory,
                                             float *gamma) {
  if (log_p == -INFINITY) return;
  const States all = {labels, count, blank};
  const long n = states_count(all);
  long real = 0;
  for (long t = 0; t < time; t++) real += !mask || mask[t] != 0;
  double *after = memory + time * n;  // by state: log Σ of the paths from this step to the end
  const double *forward = memory + real * n;
  int is_last = 1;
  for (long t = time - 1; t >= 0; t--) {
    if (mask && mask[t] == 0) continue;
    forward -= n;
    const float *row = l + t * classes;
    for (long s = 0; s < n; s++) {
      double rest = s >= n - 2 ? 0 : -INFINITY;  // a path ends with the last label or the last blank
      if (!is_last) {  // those after s still hold the step after this one
        rest = after[s];
        if (s + 1 < n) rest = log_sum(rest, after[s + 1]);
        if (s + 2 < n && may_skip_to(all, s + 2)) rest = log_sum(rest, after[s + 2]);
      }
      const int32_t k = state_class(all, s);
      gamma[t * classes + k] += (float)exp(forward[s] + rest - log_p);
      after[s] = rest + row[k];
    }
    is_last = 0;
  }
}
