#pragma once
#include "kernels_common.h"

/// One head of one sample: rows of q [queries, width] and of k [keys, width] lie `stride` apart, as do those of their
/// gradients; rows of v [keys, value_width], of the output and of their gradients `value_stride`.
typedef struct {
  long queries, keys, width, stride, value_width, value_stride;
  const float *q, *k, *v;
  float scale;
  /// [keys] and [queries, keys]: 0 excludes; [queries, keys]: what each probability is multiplied by before it weighs its
  /// value. NULL: none. causal: query i sees keys 0 … i.
  const float *key_mask, *mask, *probability_mask;
  int causal;
} braid_attention_head;

/// Where a head's gradients are written (beta 0) or added to (1); NULL: not wanted.
typedef struct {
  float *q, *k, *v;
  float q_beta, k_beta, v_beta;
} braid_attention_sinks;

/// Floats of memory one head needs, either way.
long braid_attention_workspace(long queries, long keys, long width, long value_width);
/// out = (softmax(scale · q kᵀ) ∘ probability_mask) v over what the masks keep, a strip of queries at a time; a query with
/// no key gives zeros. The probabilities go to p [queries, keys] unless that is NULL.
void braid_attention_head_forward(const braid_attention_head *head, float *p, float *out, float *workspace);
/// The derivative, with p as it was given out and g the upstream gradient. dv is written first, then dq, then dk: they may
/// be one memory.
void braid_attention_head_backward(const braid_attention_head *head, const float *p, const float *g,
                                   const braid_attention_sinks *to, float *workspace);

/// Two sequences of one sample that look at each other: a [rows, width] and b [columns, width]. The masks, [rows] and
/// [columns], are NULL or 0 for steps that nobody sees.
typedef struct {
  long rows, columns, width;
  const float *a, *b;
  float scale;
  const float *a_mask, *b_mask;
} braid_attention_pair;

/// Floats of memory a pair needs.
long braid_attention_pair_workspace(long rows, long columns, long width);
/// With S = scale · a bᵀ, made once: from_b = softmax_rows(S) b [rows, width] and from_a = softmax_columns(S)ᵀ a
/// [columns, width]. A step that sees nothing gets zeros. The probabilities go to of_rows [rows, columns] and of_columns
/// [columns, rows] unless those are NULL.
void braid_attention_pair_forward(const braid_attention_pair *pair, float *of_rows, float *of_columns, float *from_b,
                                  float *from_a, float *workspace);

/// Rows of score matrices [matrices, queries, keys] become probabilities in place. key_mask [matrices / heads, keys] and
/// mask [queries, keys]: 0 excludes (NULL: none); causal: query i sees keys 0 … i. A row with nothing left becomes zeros.
void braid_attention_softmax(float *scores, const float *key_mask, const float *mask, int causal, long matrices, long heads,
                             long queries, long keys);
/// ds = scale * p * (dp - Σ_keys p dp), row by row; ds may be dp or p.
void braid_attention_softmax_gradient(const float *p, const float *dp, float scale, float *ds, long rows, long keys);

// Products of all heads at once, for sequences so short that a call of a matrix library costs more than the product. Sequences are
// [batch, time, heads·width]; weights s [batch, heads, queries, keys].

/// s[i, j] = alpha * a[i] · b[j].
void braid_attention_scores(const float *a, const float *b, float alpha, float *s, long batch, long heads, long queries,
                            long keys, long width);
/// out[i] = Σ_j s[i, j] v[j] + beta * out[i].
void braid_attention_combine(const float *s, const float *v, float beta, float *out, long batch, long heads, long queries,
                             long keys, long width);
/// out[j] = Σ_i s[i, j] g[i] + beta * out[j].
void braid_attention_combine_transposed(const float *s, const float *g, float beta, float *out, long batch, long heads,
                                        long queries, long keys, long width);
