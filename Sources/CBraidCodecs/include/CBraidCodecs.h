// Pictures and compressed bytes through the system's libjpeg, libpng and zlib.
//
// Every function reads from memory, writes into memory the caller owns, and returns 0, or 1 with a sentence in `message`
// (at least BRAID_MESSAGE bytes). libjpeg and libpng leave by longjmp when something is wrong: that stays inside these files,
// so Swift frames are never jumped over.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define BRAID_MESSAGE 256

/// The libraries these functions were built with and run with, for keys of what they decoded.
const char *braid_codecs_version(void);

/// SHA-256's compression of `blocks` of 64 bytes into `state` (8 words) by the processor's instructions for it: 1, or 0 where
/// it has none and nothing was done.
int braid_sha256(uint32_t *state, const uint8_t *bytes, size_t blocks);

/// How much of which elements of a line makes up each element of a resized line.
typedef struct {
  /// Elements of the resized line.
  int32_t count;
  /// Weights kept for each of them, of which `counts` are used.
  int32_t stride;
  /// The first element that counts, and how many do: `count` of each. Neither `first` nor `first + counts` ever falls.
  const int32_t *first, *counts;
  /// `count * stride` of them; those past `counts` are 0.
  const float *weights;
} braid_taps;

/// A picture on its way to another size: how it is filtered and where it goes.
typedef struct {
  /// Of the picture as it is. `columns` and `rows` lie inside.
  int32_t width, height;
  braid_taps columns, rows;
  /// 1: of a red, green and blue pixel its luma (ITU-R BT.601) is resized.
  int32_t grey;
  /// Channels written, 1 ... 4.
  int32_t channels;
  /// Where the first element goes, as a byte, or as that byte divided by 255; the other is NULL.
  uint8_t *bytes;
  float *floats;
  /// From an element to its neighbour on the right, below, and of the next channel.
  ptrdiff_t across, down, next;
} braid_resizing;

/// Resizes rows of 1, 3 or 4 bytes a pixel.
int braid_resize(const braid_resizing *resizing, const uint8_t *pixels, int32_t channels, char *message);

/// Sizes of a JPEG file, as stored and as it is decoded under `scale`.
typedef struct {
  int32_t width, height;
  int32_t scaled_width, scaled_height;
  /// Eighths: 1 ... 8.
  int32_t scale;
} braid_jpeg_header;

/// A JPEG file whose header has been read. The bytes must stay where they are until it is closed.
typedef struct braid_jpeg braid_jpeg;

/// Reads the header and chooses the smallest scale whose picture still has at least the wanted size (0: full size).
/// Unless it fails, `opened` is to be closed.
int braid_jpeg_open(
  const uint8_t *bytes, size_t size, int32_t wanted_width, int32_t wanted_height, braid_jpeg_header *header,
  braid_jpeg **opened, char *message);

/// Decodes to RGB, three bytes a pixel, `scaled_width * scaled_height` of them. Grey, CMYK and YCCK become RGB. Damage
/// that libjpeg would paper over (a premature end, a bad code) is an error. A file is decoded once.
int braid_jpeg_decode(braid_jpeg *file, uint8_t *pixels, char *message);

/// Decodes and resizes, row by row; `resizing` starts from `scaled_width * scaled_height`. After an error what was
/// written means nothing.
int braid_jpeg_resize(braid_jpeg *file, const braid_resizing *resizing, char *message);

void braid_jpeg_close(braid_jpeg *file);

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
