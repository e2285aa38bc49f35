#include "resize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels_common.h"  // BRAID_KERNEL

// Every sum is a product, rounded, and an addition, rounded: the same bytes on every processor.
#pragma STDC FP_CONTRACT OFF

// 1 / 255 as the sum of its first 16 bits and the rest.
#define INVERSE 0x1.0100000000000p-8f
#define REST 0x1.0101020000000p-24f

// Four rows pass through the filter at once: the channels of a pixel and of those below it fill a vector.
enum { ROWS = 4, CHANNELS = 4, BLOCK = 16 };
typedef float float4 __attribute__((vector_size(16), aligned(4)));
typedef float float16 __attribute__((vector_size(64), aligned(4)));
typedef int32_t whole16 __attribute__((vector_size(64), aligned(4)));
typedef uint8_t byte16 __attribute__((vector_size(16), aligned(1)));

struct braid_resizer {
  braid_resizing to;
  int32_t y;                 // the row of the picture that the first slot takes
  int32_t staged;            // slots filled
  int32_t done;              // rows written
  int32_t left, right;       // the columns that some column of the result needs
  int32_t top, bottom;       // the rows
  int32_t padded;            // columns of the result, in whole blocks
  int32_t kept;              // rows in `between`
  uint8_t *slots;            // [ROWS, width, CHANNELS]
  int32_t most;              // the most columns that one of the result is made of
  float *wide;               // [right - left + most, ROWS, CHANNELS], the last ones 0
  float *between;            // [kept, padded, CHANNELS]: row y is at y % kept
  float memory[];
};

static int fits(const braid_taps *taps, int32_t size) {
  if (taps->count <= 0 || size <= 0) return 0;
  for (int32_t place = 0; place < taps->count; ++place) {
    int32_t first = taps->first[place], count = taps->counts[place];
    if (first < 0 || count < 1 || count > taps->stride || first > size - count) return 0;
    if (place == 0) continue;
    int32_t before = taps->first[place - 1];
    if (first < before || first + count < before + taps->counts[place - 1]) return 0;
  }
  return 1;
}

static int32_t most_counts(const braid_taps *taps) {
  int32_t most = 0;
  for (int32_t place = 0; place < taps->count; ++place) most = taps->counts[place] > most ? taps->counts[place] : most;
  return most;
}

braid_resizer *braid_resizer_make(const braid_resizing *to) {
  if (!fits(&to->columns, to->width) || !fits(&to->rows, to->height)) return NULL;
  if (to->channels < 1 || to->channels > CHANNELS) return NULL;
  const braid_taps *columns = &to->columns, *rows = &to->rows;
  int32_t left = columns->first[0], right = columns->first[columns->count - 1] + columns->counts[columns->count - 1];
  int32_t widest = most_counts(columns);
  int32_t padded = (columns->count + BLOCK - 1) / BLOCK * BLOCK, kept = most_counts(rows) + ROWS;
  size_t slots = (size_t)ROWS * (size_t)to->width, wide = (size_t)(right - left + widest) * ROWS * CHANNELS;
  size_t between = (size_t)kept * (size_t)padded * CHANNELS;
  braid_resizer *resizer = malloc(sizeof *resizer + (slots + wide + between) * sizeof(float));
  if (!resizer) return NULL;
  *resizer = (braid_resizer){
    .to = *to, .left = left, .right = right, .top = rows->first[0],
    .bottom = rows->first[rows->count - 1] + rows->counts[rows->count - 1], .padded = padded,
    .kept = kept, .most = widest};
  resizer->wide = resizer->memory;
  resizer->between = resizer->wide + wide;
  resizer->slots = (uint8_t *)(resizer->between + between);
  memset(resizer->wide, 0, wide * sizeof(float));
  memset(resizer->between, 0, between * sizeof(float));  // the columns that fill up the last block are never written
  memset(resizer->slots, 0, slots * sizeof(float));      // nor is a slot below the last row
  return resizer;
}

void braid_resizer_free(braid_resizer *resizer) { free(resizer); }

uint8_t *braid_resizer_slot(braid_resizer *resizer, int32_t ahead) {
  return resizer->slots + (size_t)(resizer->staged + ahead) * (size_t)resizer->to.width * CHANNELS;
}

int32_t braid_resizer_room(const braid_resizer *resizer) { return ROWS - resizer->staged; }

static void make_grey(braid_resizer *resizer) {
  for (int32_t row = 0; row < resizer->staged; ++row) {
    uint8_t *pixel = resizer->slots + (size_t)row * (size_t)resizer->to.width * CHANNELS;
    for (int32_t x = 0; x < resizer->to.width; ++x, pixel += CHANNELS) {
      pixel[0] = (uint8_t)((pixel[0] * 19595u + pixel[1] * 38470u + pixel[2] * 7471u + 0x8000u) >> 16);
    }
  }
}

/// The staged rows as numbers, then at the new width. Slots that no row has filled make rows that nothing reads.
BRAID_KERNEL void braid_resizer_across(braid_resizer *resizer, int32_t y) {
  const braid_taps taps = resizer->to.columns;
  const size_t width = (size_t)resizer->to.width * CHANNELS;
  const int32_t left = resizer->left, right = resizer->right, count = resizer->most;
  const uint8_t *pixel = resizer->slots + (size_t)left * CHANNELS;
  float *const wide = resizer->wide;
  for (int32_t x = left; x < right; ++x, pixel += CHANNELS) {
    byte16 four;
    for (size_t row = 0; row < ROWS; ++row) memcpy((uint8_t *)&four + row * CHANNELS, pixel + row * width, CHANNELS);
    *(float16 *)(wide + (size_t)(x - left) * ROWS * CHANNELS) = __builtin_convertvector(four, float16);
  }
  float *out[ROWS];
  for (int32_t row = 0; row < ROWS; ++row) {
    out[row] = resizer->between + (size_t)((y + row) % resizer->kept) * (size_t)resizer->padded * CHANNELS;
  }
  float *const out0 = out[0], *const out1 = out[1], *const out2 = out[2], *const out3 = out[3];
  for (int32_t x = 0; x < taps.count; ++x) {
    const float *from = wide + (size_t)(taps.first[x] - left) * ROWS * CHANNELS;
    const float *weights = taps.weights + (size_t)x * (size_t)taps.stride;
    float16 sum = {0};  // equally many taps everywhere, which the processor foresees: weights past `counts` add 0
    for (int32_t tap = 0; tap < count; ++tap) sum += weights[tap] * *(const float16 *)(from + tap * ROWS * CHANNELS);
    const size_t at = (size_t)x * CHANNELS;
    *(float4 *)(out0 + at) = __builtin_shufflevector(sum, sum, 0, 1, 2, 3);
    *(float4 *)(out1 + at) = __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
    *(float4 *)(out2 + at) = __builtin_shufflevector(sum, sum, 8, 9, 10, 11);
    *(float4 *)(out3 + at) = __builtin_shufflevector(sum, sum, 12, 13, 14, 15);
  }
}

/// A row of the result out of those between.
BRAID_KERNEL void braid_resizer_down(braid_resizer *resizer, int32_t y) {
  const braid_resizing to = resizer->to;
  const float *weights = to.rows.weights + (size_t)y * (size_t)to.rows.stride;
  const size_t length = (size_t)resizer->padded * CHANNELS;
  const int32_t kept = resizer->kept, count = to.rows.counts[y], first = to.rows.first[y] % kept;
  const float16 least = {0}, most = least + 255.0f;
  for (int32_t x = 0; x < to.columns.count; x += BLOCK) {
    float16 sum[4];  // four pixels each
    for (int32_t k = 0; k < 4; ++k) sum[k] = least + 0.5f;
    int32_t place = first;
    for (int32_t tap = 0; tap < count; ++tap) {
      const float *from = resizer->between + (size_t)place * length + (size_t)x * CHANNELS;
      for (int32_t k = 0; k < 4; ++k) sum[k] += weights[tap] * *(const float16 *)(from + k * 4 * CHANNELS);
      place = place + 1 == kept ? 0 : place + 1;
    }
    whole16 part[4];
    for (int32_t k = 0; k < 4; ++k) {
      const float16 inside = __builtin_elementwise_min(__builtin_elementwise_max(sum[k], least), most);
      part[k] = __builtin_convertvector(inside, whole16);
    }
    // [pixel, channel] -> [channel, pixel]
    whole16 channel[4];
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29)
#define ODD(a, b) __builtin_shufflevector(a, b, 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31)
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#define HIGH(a, b) __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
    whole16 early = EVEN(part[0], part[1]), late = EVEN(part[2], part[3]);
    channel[0] = LOW(early, late);
    channel[1] = HIGH(early, late);
    early = ODD(part[0], part[1]);
    late = ODD(part[2], part[3]);
    channel[2] = LOW(early, late);
    channel[3] = HIGH(early, late);
    const int32_t columns = to.columns.count - x < BLOCK ? to.columns.count - x : BLOCK;
    for (int32_t c = 0; c < to.channels; ++c) {
      const ptrdiff_t at = y * to.down + x * to.across + c * to.next;
      if (to.floats) {
        // Byte / 255, rounded once, for each of the 256 bytes: the first product is exact, the second completes it.
        float16 byte = __builtin_convertvector(channel[c], float16), values = byte * INVERSE + byte * REST;
        if (columns == BLOCK && to.across == 1) memcpy(to.floats + at, &values, sizeof values);
        else for (int32_t k = 0; k < columns; ++k) to.floats[at + k * to.across] = values[k];
      } else {
        byte16 values = __builtin_convertvector(channel[c], byte16);
        if (columns == BLOCK && to.across == 1) memcpy(to.bytes + at, &values, sizeof values);
        else for (int32_t k = 0; k < columns; ++k) to.bytes[at + k * to.across] = values[k];
      }
    }
  }
}

void braid_resizer_take(braid_resizer *resizer, int32_t rows) {
  resizer->staged += rows;
  int32_t end = resizer->y + resizer->staged;
  if (resizer->staged < ROWS && end < resizer->bottom) return;
  if (end > resizer->top && resizer->y < resizer->bottom) {
    if (resizer->to.grey) make_grey(resizer);
    braid_resizer_across(resizer, resizer->y);
    const braid_taps *taps = &resizer->to.rows;
    while (resizer->done < taps->count && taps->first[resizer->done] + taps->counts[resizer->done] <= end) {
      braid_resizer_down(resizer, resizer->done++);
    }
  }
  resizer->y = end;
  resizer->staged = 0;
}

int braid_resize(const braid_resizing *resizing, const uint8_t *pixels, int32_t channels, char *message) {
  braid_resizer *resizer = braid_resizer_make(resizing);
  if (!resizer) {
    snprintf(message, BRAID_MESSAGE, "out of memory");
    return 1;
  }
  for (int32_t y = 0; y < resizer->bottom; ++y) {
    const uint8_t *from = pixels + (size_t)y * (size_t)resizing->width * (size_t)channels;
    uint8_t *slot = braid_resizer_slot(resizer, 0);
    if (channels == CHANNELS) memcpy(slot, from, (size_t)resizing->width * CHANNELS);
    else if (channels == 3) {
      for (int32_t x = 0; x < resizing->width; ++x, from += 3, slot += CHANNELS) {
        slot[0] = from[0];
        slot[1] = from[1];
        slot[2] = from[2];
      }
    } else {
      for (int32_t x = 0; x < resizing->width; ++x, from += channels, slot += CHANNELS) {
        for (int32_t c = 0; c < channels; ++c) slot[c] = from[c];
      }
    }
    braid_resizer_take(resizer, 1);
  }
  braid_resizer_free(resizer);
  return 0;
}
