// Undoes the names of vectors_template.h, so that it can be included for another vector width.
#undef PASTE_
#undef PASTE
#undef NAME
#undef VECTOR
#undef BITS
#undef WHOLE
#undef LANES
#undef TILES
#undef TILES_TARGET
