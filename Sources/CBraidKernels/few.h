// Loops over a few things (keys, factors), of which it pays to know the number at compile time. Private to this room.
#pragma once

/// DO(n), with a constant for the usual few: its loops dissolve, and what they read comes at once instead of one after the
/// other, which saves a quarter of the time and more.
#define FOR_FEW(n, DO)   \
  switch (n) {           \
  case 1: DO(1); break;  \
  case 2: DO(2); break;  \
  case 3: DO(3); break;  \
  case 4: DO(4); break;  \
  case 5: DO(5); break;  \
  case 6: DO(6); break;  \
  case 7: DO(7); break;  \
  default: DO(n);        \
  }
