#include "tiles_processor.h"

#define LANES 4
#define REGISTERS 12
#define TILES attention_plain
#define TILES_TARGET
#include "vectors_template.h"
#include "tiles_template.h"
#include "attention_template.h"
#include "attention_pair_template.h"
#undef REGISTERS
#include "vectors_end.h"

#ifdef BRAID_TILES_WIDE
#define LANES 8
#define REGISTERS 12
#define TILES attention_avx2
#define TILES_TARGET BRAID_AVX2
#include "vectors_template.h"
#include "tiles_template.h"
#include "attention_template.h"
#include "attention_pair_template.h"
#undef REGISTERS
#include "vectors_end.h"

#define LANES 16
#define REGISTERS 24
#define TILES attention_avx512
#define TILES_TARGET BRAID_AVX512
#include "vectors_template.h"
#include "tiles_template.h"
#include "attention_template.h"
#include "attention_pair_template.h"
#undef REGISTERS
#include "vectors_end.h"
#endif

long braid_attention_workspace(long queries, long keys, long width, long value_width) {
  if (value_width > width) width = value_width;
  const long whole = (keys + 15) / 16 * 16, wide = (width + 15) / 16 * 16, longest = queries > keys ? queries : keys;
  const long rows = queries > STRIP ? queries : STRIP;
  return whole * width + whole + longest * wide + rows * whole;
}

void braid_attention_head_forward(const braid_attention_head *o, float *p, float *out, float *workspace) {
  if (o->queries == 0) return;
#ifdef BRAID_TILES_WIDE
  const int lanes = lanes_here();
  if (lanes == 16) { attention_avx512_forward(o, p, out, workspace); return; }
  if (lanes == 8) { attention_avx2_forward(o, p, out, workspace); return; }
#endif
  attention_plain_forward(o, p, out, workspace);
}

void braid_attention_head_backward(const braid_attention_head *o, const float *p, const float *g, const braid_attention_sinks *to,
                                   float *workspace) {
#ifdef BRAID_TILES_WIDE
  const int lanes = lanes_here();
  if (lanes == 16) { attention_avx512_backward(o, p, g, to, workspace); return; }
  if (lanes == 8) { attention_avx2_backward(o, p, g, to, workspace); return; }
#endif
  attention_plain_backward(o, p, g, to, workspace);
}

long braid_attention_pair_workspace(long rows, long columns, long width) {
  const long whole = (columns + 15) / 16 * 16, wide = (width + 15) / 16 * 16, longest = rows > columns ? rows : columns;
  return whole * (width + 2 + rows + STRIP) + longest * wide;
}

void braid_attention_pair_forward(const braid_attention_pair *o, float *of_rows, float *of_columns, float *from_b,
                                  float *from_a, float *workspace) {
#ifdef BRAID_TILES_WIDE
  const int lanes = lanes_here();
  if (lanes == 16) { attention_avx512_pair(o, of_rows, of_columns, from_b, from_a, workspace); return; }
  if (lanes == 8) { attention_avx2_pair(o, of_rows, of_columns, from_b, from_a, workspace); return; }
#endif
  attention_plain_pair(o, of_rows, of_columns, from_b, from_a, workspace);
}
