#pragma once
#include "kernels_common.h"

// Philox 4×32-10 (Salmon et al. 2011). A stream is its key; word w of it is lane w mod 4 of the block with counter w / 4, so any
// part of a stream can be made without the part before. No result depends on the processor.

/// One block.
void braid_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]);
/// words[i] = word `first` + i.
void braid_philox_words(uint64_t key, uint64_t first, uint32_t *words, long n);
/// x[i] = low + (high − low) u, u in [0, 1) from the upper 24 bits of word `first` + i.
void braid_philox_uniform(uint64_t key, uint64_t first, float low, float high, float *x, long n);
/// x[i] = mean + deviation z, z standard normal from words `first` + 2 i and + 2 i + 1 (Box and Muller 1958).
void braid_philox_normal(uint64_t key, uint64_t first, float mean, float deviation, float *x, long n);
/// x[i] = −log(−log u), u = (word `first` + i + ½) / 2³² (Gumbel 1954).
void braid_philox_gumbel(uint64_t key, uint64_t first, float *x, long n);
/// mask[i] = 1 / (1 − rate) where u ≥ rate, else 0; y = x ∘ mask.
void braid_philox_dropout(uint64_t key, uint64_t first, float rate, const float *x, float *mask, float *y, long n);
