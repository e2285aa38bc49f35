// Attention of two sequences to each other over one matrix of scores, for the vector width of vectors_template.h.

// The columns of s [rows, width] become e^(s − maximum) over the rows that `keep` (or all), 0 elsewhere; `inverse`
// receives 1 / Σ of every column, 0 where nothing is left. Rows at +∞ share a column alike.
TILES_TARGET static void NAME(_softmax_of_columns)(float *s, long rows, long width, const float *keep, float *inverse) {
  for (long j = 0; j < width; j += LANES) {
    VECTOR most = (VECTOR)(-INFINITY), sum = (VECTOR)(0.0f);
    for (long i = 0; i < rows; i++) {
      VECTOR y = *(const VECTOR *)(s + i * width + j);
      if (!keep || keep[i] != 0) most = y > most ? y : most;  // passes over NaN
    }
    if (NAME(_top)(most) == INFINITY) {
      for (long i = 0; i < rows; i++) {
        VECTOR *y = (VECTOR *)(s + i * width + j), rest = *y == *y ? (VECTOR)(-INFINITY) : *y;
        *y = most == INFINITY ? (*y == INFINITY ? (VECTOR)(0.0f) : rest) : *y;
      }
      most = most == INFINITY ? (VECTOR)(0.0f) : most;
    }
    most = most == -INFINITY ? (VECTOR)(0.0f) : most;
    for (long i = 0; i < rows; i++) {
      VECTOR *y = (VECTOR *)(s + i * width + j);
      *y = keep && keep[i] == 0 ? (VECTOR)(0.0f) : NAME(_exponential)(*y - most);
      sum += *y;
    }
    *(VECTOR *)(inverse + j) = sum == 0 ? (VECTOR)(0.0f) : 1.0f / sum;
  }
}

TILES_TARGET static void NAME(_pair)(const braid_attention_pair *o, float *of_rows, float *of_columns, float *from_b,
                                     float *from_a, float *workspace) {
  const long rows = o->rows, columns = o->columns, depth = o->width, whole = WHOLE(columns);
  float *turned = workspace, *keep = turned + whole * depth, *sums = keep + whole, *s = sums + whole;
  float *p = s + rows * whole, *copy = p + STRIP * whole;
  float inverse[STRIP];
  long stride = depth;
  NAME(_transpose)(o->b, depth, columns, depth, turned, whole);
  if (o->b_mask)
    for (long j = 0; j < whole; j++) keep[j] = j < columns ? o->b_mask[j] : 0;
  const float *b = NAME(_whole)(o->b, &stride, columns, depth, copy);
  for (long i = 0; i < rows; i += STRIP) {
    const long strip = rows - i < STRIP ? rows - i : STRIP;
    NAME(_product)(strip, whole, depth, o->a + i * depth, depth, 1, turned, whole, &o->scale, 0, 0, s + i * whole, whole);
    memcpy(p, s + i * whole, strip * whole * sizeof(float));
    for (long r = 0; r < strip; r++) {
      float *row = p + r * whole;
      if (o->b_mask)
        for (long j = 0; j < whole; j += LANES) {
          VECTOR y = *(const VECTOR *)(row + j), m = *(const VECTOR *)(keep + j);
          *(VECTOR *)(row + j) = m == 0 ? (VECTOR)(-INFINITY) : y;
        }
      NAME(_cut)(row, columns, whole);
      inverse[r] = NAME(_softmax)(row, whole);
      if (of_rows)
        for (long j = 0; j < columns; j++) of_rows[(i + r) * columns + j] = row[j] * inverse[r];
    }
    NAME(_product)(strip, depth, columns, p, whole, 1, b, stride, inverse, 1, 0, from_b + i * depth, depth);
  }
  NAME(_softmax_of_columns)(s, rows, whole, o->a_mask, sums);
  if (of_columns)
    for (long j = 0; j < columns; j++)
      for (long i = 0; i < rows; i++) of_columns[j * rows + i] = s[i * whole + j] * sums[j];
  stride = depth;
  const float *a = NAME(_whole)(o->a, &stride, rows, depth, copy);
  NAME(_product)(columns, depth, rows, s, 1, whole, a, stride, sums, 1, 0, from_a, depth);
}
