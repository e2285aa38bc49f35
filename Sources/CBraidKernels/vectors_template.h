// Vectors of one width for code that is written once and compiled for several processors. Before including: LANES (floats
// a vector), TILES (what the functions' names begin with) and TILES_TARGET (their instruction set). Whoever includes this
// ends with vectors_end.h.
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define NAME(suffix) PASTE(TILES, suffix)
#define VECTOR NAME(_vector)
#define BITS NAME(_bits)
#define WHOLE(n) (((n) + LANES - 1) / LANES * LANES)

typedef float VECTOR __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t BITS __attribute__((ext_vector_type(LANES), aligned(4)));

// The largest number of a vector, and the sum of all, by halves.
#if LANES == 16
#define QUARTERS(x, OPERATION) __auto_type e = OPERATION(x.lo, x.hi); __auto_type q = OPERATION(e.lo, e.hi);
#elif LANES == 8
#define QUARTERS(x, OPERATION) __auto_type q = OPERATION(x.lo, x.hi);
#else
#define QUARTERS(x, OPERATION) __auto_type q = x;
#endif
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define SUM(a, b) ((a) + (b))
TILES_TARGET BRAID_INLINE float NAME(_top)(VECTOR x) {
  QUARTERS(x, LARGER)
  __auto_type pair = LARGER(q.lo, q.hi);
  return LARGER(pair.x, pair.y);
}
TILES_TARGET BRAID_INLINE float NAME(_total)(VECTOR x) {
  QUARTERS(x, SUM)
  __auto_type pair = SUM(q.lo, q.hi);
  return SUM(pair.x, pair.y);
}
#undef QUARTERS
#undef LARGER
#undef SUM
