#include "CBraidCodecs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <zlib.h>

static uInt slice(size_t left) { return left > UINT_MAX ? UINT_MAX : (uInt)left; }

int braid_inflate(
  const uint8_t *bytes, size_t size, int32_t wrapping, uint8_t *out, size_t capacity, size_t *produced, char *message) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (inflateInit2(&stream, wrapping) != Z_OK) {
    snprintf(message, BRAID_MESSAGE, "out of memory");
    return 1;
  }
  size_t taken = 0, made = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    uInt offered = slice(size - taken), room = slice(capacity - made);
    stream.next_in = (Bytef *)bytes + taken;
    stream.avail_in = offered;
    stream.next_out = out + made;
    stream.avail_out = room;
    state = inflate(&stream, Z_NO_FLUSH);
    taken += offered - stream.avail_in;
    made += room - stream.avail_out;
  }
  *produced = made;
  const char *why = NULL;
  if (state == Z_BUF_ERROR) {
    why = made == capacity ? "the compressed data hold more than they claim" : "the compressed data end too early";
  } else if (state != Z_STREAM_END) {
    why = stream.msg ? stream.msg : "the compressed data are damaged";
  }
  if (why) snprintf(message, BRAID_MESSAGE, "%s", why);
  inflateEnd(&stream);
  return why ? 1 : 0;
}

uint32_t braid_crc32(const uint8_t *bytes, size_t size) {
  uLong sum = crc32(0, NULL, 0);
  while (size > 0) {
    uInt part = slice(size);
    sum = crc32(sum, bytes, part);
    bytes += part;
    size -= part;
  }
  return (uint32_t)sum;
}
