// Register tiles of the matrix product: the innermost loops. Included by gemm_template.h, once a vector width.

// Steps of b that are asked for in advance.
#define AHEAD 24

// Of every second row x is read by the multiplications themselves, both of them, which saves an instruction: where cores
// are shared, another thread takes half of the instructions a cycle, and a tile's 24 multiplications have room for twelve
// others. More rows would be more reads than there are ports.
#if LANES == 16
#define READS_ITSELF(r) (vectors > 1 && (r) % 2 == 0)
#define MULTIPLY_ADD(SUM, MEMORY, B) \
  __asm__("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(SUM) : "v"(B), "m"(MEMORY))
#else
#define READS_ITSELF(r) 0
#define MULTIPLY_ADD(SUM, MEMORY, B) (void)0
#endif

// sums + x · b for `rows` rows, x being READ.
#define STEP(READ)                                                                              \
  {                                                                                             \
    VECTOR b0 = packs && vectors == 1 ? LOAD_SOME(b, mask) : *(const VECTOR *)b;                \
    VECTOR b1 = b0;                                                                             \
    if (vectors > 1) b1 = packs ? LOAD_SOME(b + LANES, mask) : *(const VECTOR *)(b + LANES);    \
    if (packs) {                                                                                \
      __builtin_prefetch(b + AHEAD * ldb);                                                      \
      if (vectors > 1) __builtin_prefetch(b + AHEAD * ldb + LANES);                             \
      *(VECTOR *)panel = b0;                                                                    \
      if (vectors > 1) *(VECTOR *)(panel + LANES) = b1;                                         \
      panel += LANES * vectors;                                                                 \
    }                                                                                           \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                         \
      if (READS_ITSELF(r)) {                                                                    \
        MULTIPLY_ADD(sum[r][0], READ, b0);                                                      \
        MULTIPLY_ADD(sum[r][1], READ, b1);                                                      \
      } else {                                                                                  \
        float x = (READ);                                                                       \
        sum[r][0] += x * b0;                                                                    \
        if (vectors > 1) sum[r][1] += x * b1;                                                   \
      }                                                                                         \
    }                                                                                           \
    b += ldb;                                                                                   \
  }

// One register tile: `rows` (a constant) rows, `vectors` (1 or 2) vectors of columns, of which `columns` count. Rows of
// a are `stride` apart; with `upright` (a constant) they lie side by side instead, and its steps are `stride` apart.
// Steps of b are `ldb` apart. With `packs` (a constant) they are written to `panel` on the way, side by side, zeros
// past the last column: loads and stores find room between the multiplications. The processor does not guess rows so
// far apart by itself, so they are asked for in advance; a prefetch past the end of b does nothing. Nor can it know
// what the next block of a will be: where there is `ahead`, two lines of that are asked for every fourth step.
GEMM_INLINE void TILE(const int rows, const int vectors, const int upright, const int packs, long k, const float *a,
                      long stride, const float *b, long ldb, float *panel, const braid_gemm_end *end, float *c,
                      long ldc, long column, long columns, braid_gemm_ahead *ahead) {
  VECTOR sum[ROWS][2];
  const MASK mask = FIRST_LANES(columns - LANES * (vectors - 1));
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      sum[r][v] = (VECTOR){0};
      __builtin_prefetch(c + r * ldc + v * LANES, 1);  // where the sums will go: there by the time they are made
    }
  const float *asked = ahead ? ahead->at : 0, *asked_end = ahead ? ahead->end : 0;  // the rest stays in memory
  long p = 0;
  if (upright) {
#define ALONG STEP(a[r]) a += stride;
    for (; asked < asked_end && p + 4 <= k; p += 4) {
      asked = braid_gemm_ask(ahead, asked, &asked_end);
      ALONG ALONG ALONG ALONG
    }
    for (; p < k; p++) { ALONG }
#undef ALONG
  } else {
    // Every second row has a pointer of its own, and the row after it is reached by the processor's own addressing: one
    // pointer for each would not fit its registers, and sums of one pointer would cost an instruction a row. Four steps
    // lie side by side, so that pointers move once for all.
    const float *second[(ROWS + 1) / 2];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r += 2) second[r / 2] = a + r * stride;
#define AT(P) STEP(second[r / 2][r % 2 * stride + P])
    // in between, or the compiler makes sums of one pointer again
#define FORWARD(STEPS)                                                      \
  _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r += 2) {    \
    second[r / 2] += STEPS;                                                 \
    __asm__("" : "+r"(second[r / 2]));                                      \
  }
#define FOUR AT(0) AT(1) AT(2) AT(3) FORWARD(4)
    for (; asked < asked_end && p + 4 <= k; p += 4) {
      asked = braid_gemm_ask(ahead, asked, &asked_end);
      FOUR
    }
    for (; p + 4 <= k; p += 4) { FOUR }
    for (; p < k; p++) { AT(0) FORWARD(1) }
#undef FOUR
#undef FORWARD
#undef AT
  }
  if (ahead) {
    ahead->at = asked;
    ahead->end = asked_end;
  }
  const float alpha = end->alpha, beta = end->beta, *bias = end->bias ? end->bias + column : 0;
  const int whole = columns == LANES * vectors;
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      float *to = c + r * ldc + v * LANES;
      const int isWhole = whole || v < vectors - 1;
      VECTOR y = alpha * sum[r][v];
      if (beta != 0) y += beta * (isWhole ? *(const VECTOR *)to : (VECTOR)LOAD_SOME(to, mask));
      if (bias) y += isWhole ? *(const VECTOR *)(bias + v * LANES) : (VECTOR)LOAD_SOME(bias + v * LANES, mask);
      if (end->rectifies) y = (VECTOR)((BITS)y & ~(BITS)(y < 0));  // NaN stays
      if (isWhole) *(VECTOR *)to = y; else STORE_SOME(to, mask, y);
    }
  }
}
#undef STEP
#undef READS_ITSELF
#undef MULTIPLY_ADD
#undef AHEAD

// Rows 0 ..< m of a, fewer than two strips, against one panel.
#define TILE_OF(COUNT)                                                                          \
  case COUNT:                                                                                   \
    TILE(COUNT, vectors, upright, 0, k, a, stride, b, ldb, 0, end, c, ldc, column, columns, 0); \
    break;
GEMM_INLINE void LAST_ROWS(const int vectors, const int upright, long m, long k, const float *a, long stride,
                           const float *b, long ldb, const braid_gemm_end *end, float *c, long ldc, long column,
                           long columns) {
  switch (m) {
    TILE_OF(1) TILE_OF(2) TILE_OF(3) TILE_OF(4) TILE_OF(5)
#if ROWS > 6
    TILE_OF(6) TILE_OF(7) TILE_OF(8) TILE_OF(9) TILE_OF(10) TILE_OF(11)
#endif
  }
}
#undef TILE_OF

// A panel of `columns` ≤ LANES · vectors columns against all rows of a, in strips of ROWS that lie `strip_stride`
// apart. Few rows at the end would leave the multipliers waiting for their own sums: then the last two strips share
// their rows, where those lie evenly.
GEMM_INLINE void PANEL(const int vectors, const int upright, long m, long k, const float *a, long stride,
                       long strip_stride, const float *b, long ldb, const braid_gemm_end *end, float *c, long ldc,
                       long column, long columns, braid_gemm_ahead *ahead) {
  const long row_stride = upright ? 1 : stride;
  long rest = m % ROWS, shared = 0;
  if (m > ROWS && rest > 0 && rest <= ROWS / 3 && strip_stride == ROWS * row_stride) shared = (ROWS + rest + 1) / 2;
  long i = 0;
  const long whole = m - (shared > 0 ? ROWS + rest : rest);
  for (; i < whole; i += ROWS, a += strip_stride)
    TILE(ROWS, vectors, upright, 0, k, a, stride, b, ldb, 0, end, c + i * ldc, ldc, column, columns, ahead);
  for (; i < m;) {
    long rows = shared > 0 && m - i > shared ? shared : m - i;
    LAST_ROWS(vectors, upright, rows, k, a, stride, b, ldb, end, c + i * ldc, ldc, column, columns);
    i += rows;
    a += rows * row_stride;
  }
}

// The same for every kind of panel, as functions of their own.
#define KIND(NAME, VECTORS, UPRIGHT)                                                                        \
  GEMM_TARGET static __attribute__((noinline)) void PASTE(PANEL, NAME)(                                     \
    long m, long k, const float *a, long stride, long strip_stride, const float *b, long ldb,               \
    const braid_gemm_end *end, float *c, long ldc, long column, long columns, braid_gemm_ahead *ahead) {    \
    PANEL(VECTORS, UPRIGHT, m, k, a, stride, strip_stride, b, ldb, end, c, ldc, column, columns, ahead);    \
  }                                                                                                         \
  GEMM_TARGET static __attribute__((noinline)) void PASTE(FIRST, NAME)(                                     \
    long k, const float *a, long stride, const float *b, long ldb, float *panel, const braid_gemm_end *end, \
    float *c, long ldc, long column, long columns) {                                                        \
    TILE(ROWS, VECTORS, UPRIGHT, 1, k, a, stride, b, ldb, panel, end, c, ldc, column, columns, 0);          \
  }
KIND(_narrow, 1, 0)
KIND(_wide, 2, 0)
KIND(_narrow_upright, 1, 1)
KIND(_wide_upright, 2, 1)
#undef KIND

GEMM_INLINE void ANY_PANEL(int upright, long m, long k, const float *a, long stride, long strip_stride, const float *b,
                           long ldb, const braid_gemm_end *end, float *c, long ldc, long column, long columns,
                           braid_gemm_ahead *ahead) {
  (upright ? columns > LANES ? PASTE(PANEL, _wide_upright) : PASTE(PANEL, _narrow_upright)
   : columns > LANES ? PASTE(PANEL, _wide) : PASTE(PANEL, _narrow))(m, k, a, stride, strip_stride, b, ldb, end, c, ldc,
                                                                    column, columns, ahead);
}

// The first strip of rows, which fills the panel, and then the others.
GEMM_INLINE void NEW_PANEL(int upright, long m, long k, const float *a, long stride, long strip_stride, const float *b,
                           long ldb, float *panel, const braid_gemm_end *end, float *c, long ldc, long column,
                           long columns, braid_gemm_ahead *ahead) {
  (upright ? columns > LANES ? PASTE(FIRST, _wide_upright) : PASTE(FIRST, _narrow_upright)
   : columns > LANES ? PASTE(FIRST, _wide) : PASTE(FIRST, _narrow))(k, a, stride, b, ldb, panel, end, c, ldc, column,
                                                                    columns);
  if (m > ROWS)
    ANY_PANEL(upright, m - ROWS, k, a + strip_stride, stride, strip_stride, panel, columns > LANES ? WIDTH : LANES, end,
              c + ROWS * ldc, ldc, column, columns, ahead);
}
