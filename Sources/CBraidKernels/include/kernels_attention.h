#pragma once
#include "kernels_common.h"

/// Rows of score matrices [matrices, queries, keys] become probabilities in place. key_mask [matrices / heads, keys]: 0 excludes
/// a key (NULL: none); causal: query i sees keys 0 … i. A row with nothing left becomes zeros.
void braid_attention_softmax(float *scores, const float *key_mask, int causal, long matrices, long heads, long queries, long keys);
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
