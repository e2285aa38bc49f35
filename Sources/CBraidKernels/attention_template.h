// Attention of one head, and its derivative, for the vector width of vectors_template.h.

#define STRIP 24  // query rows whose scores are made, used and forgotten at a time: they stay in the first cache

// Scores of `rows` queries from `first` on become e^(score − maximum) with zeros where nothing may be seen.
TILES_TARGET static void NAME(_probabilities)(const braid_attention_head *o, const float *keep, long first, long rows, long width,
                                              long distance, float *s, float *inverse) {
  for (long r = 0; r < rows; r++, s += distance) {
    const long seen = o->causal && first + r + 1 < o->keys ? first + r + 1 : o->keys;
    if (keep)
      for (long j = 0; j < width; j += LANES) {
        VECTOR y = *(const VECTOR *)(s + j), m = *(const VECTOR *)(keep + j);
        *(VECTOR *)(s + j) = m == 0 ? (VECTOR)(-INFINITY) : y;
      }
    if (o->mask) {
      const float *mask = o->mask + (first + r) * o->keys;
      for (long j = 0; j < seen && j < width; j++) s[j] = mask[j] == 0 ? -INFINITY : s[j];
    }
    NAME(_cut)(s, seen, width);
    inverse[r] = NAME(_softmax)(s, width);
  }
}

TILES_TARGET static void NAME(_forward)(const braid_attention_head *o, float *p, float *out, float *workspace) {
  const long keys = o->keys, whole = WHOLE(keys), wide = WHOLE(o->value_width);
  float *columns = workspace, *keep = columns + whole * o->width, *copy = keep + whole, *s = copy + keys * wide;
  float inverse[STRIP];
  NAME(_transpose)(o->k, o->stride, keys, o->width, columns, whole);
  if (o->key_mask)
    for (long j = 0; j < whole; j++) keep[j] = j < keys ? o->key_mask[j] : 0;
  long stride = o->value_stride;
  const float *v = NAME(_whole)(o->v, &stride, keys, o->value_width, copy);
  for (long i = 0; i < o->queries; i += STRIP) {
    const long rows = o->queries - i < STRIP ? o->queries - i : STRIP;
    const long seen = o->causal && i + rows < keys ? i + rows : keys, width = WHOLE(seen);
    NAME(_product)(rows, width, o->width, o->q + i * o->stride, o->stride, 1, columns, whole, &o->scale, 0, 0, s, whole);
    NAME(_probabilities)(o, o->key_mask ? keep : NULL, i, rows, width, whole, s, inverse);
    if (p)
      for (long r = 0; r < rows; r++) {
        float *to = p + (i + r) * keys;
        for (long j = 0; j < seen; j++) to[j] = s[r * whole + j] * inverse[r];
        for (long j = seen; j < keys; j++) to[j] = 0;
      }
    if (o->probability_mask)
      for (long r = 0; r < rows; r++)
        for (long j = 0; j < seen; j++) s[r * whole + j] *= o->probability_mask[(i + r) * keys + j];
    NAME(_product)(rows, o->value_width, seen, s, whole, 1, v, stride, inverse, 1, 0, out + i * o->value_stride,
                   o->value_stride);
  }
}

TILES_TARGET static void NAME(_backward)(const braid_attention_head *o, const float *p, const float *g,
                                         const braid_attention_sinks *to, float *workspace) {
  const long queries = o->queries, keys = o->keys, whole = WHOLE(keys), stride = o->stride;
  const long of_value = o->value_width, value_stride = o->value_stride, wider = of_value > o->width ? of_value : o->width;
  const float one = 1;
  float *columns = workspace, *copy = columns + whole * of_value;
  float *s = copy + (queries > keys ? queries : keys) * WHOLE(wider);
  if (to->v) {  // dV = (P ∘ M)ᵀ g
    long distance = value_stride;
    const float *rows = NAME(_whole)(g, &distance, queries, of_value, copy), *kept = p;
    if (o->probability_mask) {
      for (long n = 0; n < queries * keys; n++) s[n] = p[n] * o->probability_mask[n];
      kept = s;
    }
    NAME(_product)(keys, of_value, queries, kept, 1, keys, rows, distance, &one, 0, to->v_beta, to->v, value_stride);
  }
  if (!to->q && !to->k) return;
  NAME(_transpose)(o->v, value_stride, keys, of_value, columns, whole);
  for (long i = 0; i < queries; i += STRIP) {
    const long rows = queries - i < STRIP ? queries - i : STRIP;
    NAME(_product)(rows, whole, of_value, g + i * value_stride, value_stride, 1, columns, whole, &one, 0, 0, s + i * whole,
                   whole);
    for (long r = i; r < i + rows; r++) {
      BRAID_REASSOCIATE
      const float *own = p + r * keys, *mask = o->probability_mask ? o->probability_mask + r * keys : NULL;
      float *d = s + r * whole, sum = 0;
      if (mask) for (long j = 0; j < keys; j++) d[j] *= mask[j];
      for (long j = 0; j < keys; j++) sum += own[j] * d[j];
      _Pragma("clang loop vectorize(assume_safety)") for (long j = 0; j < keys; j++) d[j] = o->scale * own[j] * (d[j] - sum);
    }
  }
  if (to->q) {
    long distance = stride;
    const float *k = NAME(_whole)(o->k, &distance, keys, o->width, copy);
    NAME(_product)(queries, o->width, keys, s, whole, 1, k, distance, &one, 0, to->q_beta, to->q, stride);
  }
  if (to->k) {
    long distance = stride;
    const float *q = NAME(_whole)(o->q, &distance, queries, o->width, copy);
    NAME(_product)(keys, o->width, queries, s, 1, whole, q, distance, &one, 0, to->k_beta, to->k, stride);
  }
}
