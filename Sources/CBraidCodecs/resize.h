// Resizing row by row: what is decoded is used while it is in the cache, and only the
// rows that a filter needs are kept.
#pragma once
#include "CBraidCodecs.h"

typedef struct braid_resizer braid_resizer;

/// NULL when there is no memory or the taps do not fit the picture.
braid_resizer *braid_resizer_make(const braid_resizing *resizing);
/// Where the next `ahead` rows are to be put, four bytes a pixel; `ahead` is below `braid_resizer_room`.
uint8_t *braid_resizer_slot(braid_resizer *resizer, int32_t ahead);
/// How many rows can be put there.
int32_t braid_resizer_room(const braid_resizer *resizer);
/// Takes that many rows out of the slots.
void braid_resizer_take(braid_resizer *resizer, int32_t rows);
void braid_resizer_free(braid_resizer *resizer);
