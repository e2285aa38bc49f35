#include "CBraidCodecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

typedef struct {
  const uint8_t *bytes;
  size_t size, at;
  char *message;
} source;

static void leave(png_structp png, png_const_charp text) {
  source *from = png_get_error_ptr(png);
  snprintf(from->message, BRAID_MESSAGE, "%s", text);
  png_longjmp(png, 1);
}

// What libpng only warns of concerns chunks that carry no pixels.
static void pass(png_structp png, png_const_charp text) { (void)png; (void)text; }

static void take(png_structp png, png_bytep out, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->size - from->at) png_error(png, "the file ends too early");
  memcpy(out, from->bytes + from->at, count);
  from->at += count;
}

// Deflate packs at most about 1032 bytes into one, and a pixel takes at least one bit.
static int believable(uint64_t width, uint64_t height, size_t size) {
  uint64_t pixels = width * height;
  return pixels <= ((uint64_t)1 << 28) && pixels / 8 <= 1040 * (uint64_t)size + 4096;
}

static png_structp open_png(source *from, png_infop *info) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, from, leave, pass);
  if (!png) {
    snprintf(from->message, BRAID_MESSAGE, "out of memory");
    return NULL;
  }
  *info = png_create_info_struct(png);
  if (!*info) {
    png_destroy_read_struct(&png, NULL, NULL);
    snprintf(from->message, BRAID_MESSAGE, "out of memory");
    return NULL;
  }
  png_set_read_fn(png, from, take);
  png_set_user_limits(png, 1 << 20, 1 << 20);
  png_set_chunk_cache_max(png, 64);
  png_set_chunk_malloc_max(png, 1 << 23);
  return png;
}

int braid_png_read_header(const uint8_t *bytes, size_t size, int32_t *width, int32_t *height, char *message) {
  source from = {bytes, size, 0, message};
  png_infop info = NULL;
  png_structp png = open_png(&from, &info);
  if (!png) return 1;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return 1;
  }
  png_read_info(png, info);
  uint32_t w = png_get_image_width(png, info), h = png_get_image_height(png, info);
  if (!believable(w, h, size)) {
    snprintf(message, BRAID_MESSAGE, "the header claims %u x %u pixels, more than %zu bytes can hold", w, h, size);
    png_longjmp(png, 1);
  }
  *width = (int32_t)w;
  *height = (int32_t)h;
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

int braid_png_decode(const uint8_t *bytes, size_t size, int32_t width, int32_t height, uint8_t *pixels, char *message) {
  source from = {bytes, size, 0, message};
  png_infop info = NULL;
  png_structp png = open_png(&from, &info);
  if (!png) return 1;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return 1;
  }
  png_read_info(png, info);
  if (png_get_image_width(png, info) != (uint32_t)width || png_get_image_height(png, info) != (uint32_t)height) {
    png_error(png, "the size changed while reading");
  }
  png_set_expand(png);  // palettes, fewer than 8 bits and tRNS become full channels
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != (size_t)width * 4) png_error(png, "pixels of an unknown kind");
  for (int pass_number = 0; pass_number < passes; ++pass_number) {
    for (int32_t y = 0; y < height; ++y) png_read_row(png, pixels + (size_t)y * (size_t)width * 4, NULL);
  }
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

int braid_png_encode(
  const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, uint8_t *file, size_t *size, char *message) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = (png_uint_32)width;
  image.height = (png_uint_32)height;
  image.format = channels == 1 ? PNG_FORMAT_GRAY : channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  png_alloc_size_t room = *size;
  int done = png_image_write_to_memory(&image, file, &room, 0, pixels, 0, NULL);
  *size = room;
  if (!done) snprintf(message, BRAID_MESSAGE, "%s", image.message);
  png_image_free(&image);
  return done ? 0 : 1;
}
