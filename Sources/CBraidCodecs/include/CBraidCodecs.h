// Pictures and compressed bytes through the system's libjpeg, libpng and zlib.
//
// Every function reads from memory, writes into memory the caller owns, and returns 0, or 1 with a sentence in `message`
// (at least BRAID_MESSAGE bytes). libjpeg and libpng leave by longjmp when something is wrong: that stays inside these files,
// so Swift frames are never jumped over.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define BRAID_MESSAGE 256

/// Sizes of a JPEG file, as stored and as `braid_jpeg_decode` gives it under `scale`.
typedef struct {
  int32_t width, height;
  int32_t scaled_width, scaled_height;
  /// Eighths: 1 ... 8.
  int32_t scale;
} braid_jpeg_header;

/// Reads the header and chooses the smallest scale whose picture still has at least the wanted size (0: full size).
int braid_jpeg_read_header(
  const uint8_t *bytes, size_t size, int32_t wanted_width, int32_t wanted_height, braid_jpeg_header *header, char *message);

/// Decodes to RGB, three bytes a pixel, `scaled_width * scaled_height` of them. Grey, CMYK and YCCK become RGB. Damage that
/// libjpeg would paper over (a premature end, a bad code) is an error.
int braid_jpeg_decode(const uint8_t *bytes, size_t size, const braid_jpeg_header *header, uint8_t *pixels, char *message);

/// Width and height of a PNG file.
int braid_png_read_header(const uint8_t *bytes, size_t size, int32_t *width, int32_t *height, char *message);

/// Decodes to RGBA, four bytes a pixel, alpha not premultiplied, whatever kind of PNG it is.
int braid_png_decode(const uint8_t *bytes, size_t size, int32_t width, int32_t height, uint8_t *pixels, char *message);

/// Writes 1 (grey), 3 (RGB) or 4 (RGBA) bytes a pixel as PNG. With `file` NULL only `size` is set, to the room needed.
int braid_png_encode(
  const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, uint8_t *file, size_t *size, char *message);

/// What `braid_inflate` expects around the compressed data.
enum { BRAID_DEFLATE_RAW = -15, BRAID_DEFLATE_GZIP = 31 };

/// Decompresses into at most `capacity` bytes; `produced` is how many there were. More than fits is an error.
int braid_inflate(
  const uint8_t *bytes, size_t size, int32_t wrapping, uint8_t *out, size_t capacity, size_t *produced, char *message);

/// The CRC-32 of zip and gzip.
uint32_t braid_crc32(const uint8_t *bytes, size_t size);
