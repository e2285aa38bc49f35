#include "resize.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// The most pixels a file of so many bytes is believed to hold. A progressive file spends at least one bit on each 8x8 block
// (64 pixels), so 512 a byte; the constant leaves room for tiny files. Keeps a forged header from asking for gigabytes.
static size_t believable_pixels(size_t size) {
  const size_t most = (size_t)1 << 28;
  return size > most / 512 ? most : ((size_t)1 << 20) + 512 * size;
}

// A legitimate progressive file has about ten scans; each one costs a pass over the whole picture.
enum { MOST_SCANS = 200 };

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf escape;
  char *message;
} escape_manager;

static void leave(j_common_ptr info) {
  escape_manager *manager = (escape_manager *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  snprintf(manager->message, BRAID_MESSAGE, "%s", text);
  longjmp(manager->escape, 1);
}

// libjpeg calls damage "warnings" (negative levels) and goes on with grey blocks. A picture half of which is made up must not
// reach training, so it ends here. Four warnings say nothing about the pixels and pass.
static void warn(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
  case JWRN_JFIF_MAJOR: case JWRN_ADOBE_XFORM: case JWRN_EXTRANEOUS_DATA: case JWRN_NOT_SEQUENTIAL: return;
  default: leave(info);
  }
}

static void say_nothing(j_common_ptr info) { (void)info; }

static void watch_scans(j_common_ptr info) {
  escape_manager *manager = (escape_manager *)info->err;
  if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > MOST_SCANS) {
    snprintf(manager->message, BRAID_MESSAGE, "more than %d scans", MOST_SCANS);
    longjmp(manager->escape, 1);
  }
}

struct braid_jpeg {
  struct jpeg_decompress_struct info;
  escape_manager manager;
  struct jpeg_progress_mgr progress;
  braid_resizer *resizer;
};

void braid_jpeg_close(braid_jpeg *file) {
  jpeg_destroy_decompress(&file->info);
  braid_resizer_free(file->resizer);
  free(file);
}

static int32_t eighths(uint32_t extent, int32_t scale) { return (int32_t)(((uint64_t)extent * (uint32_t)scale + 7) / 8); }

int braid_jpeg_open(
  const uint8_t *bytes, size_t size, int32_t wanted_width, int32_t wanted_height, braid_jpeg_header *header,
  braid_jpeg **opened, char *message) {
  braid_jpeg *file = calloc(1, sizeof *file);
  if (!file) {
    snprintf(message, BRAID_MESSAGE, "out of memory");
    return 1;
  }
  struct jpeg_decompress_struct *info = &file->info;
  info->err = jpeg_std_error(&file->manager.base);
  file->manager.base.error_exit = leave;
  file->manager.base.emit_message = warn;
  file->manager.base.output_message = say_nothing;
  file->manager.message = message;
  if (setjmp(file->manager.escape)) {
    braid_jpeg_close(file);
    return 1;
  }
  jpeg_create_decompress(info);
  file->progress.progress_monitor = watch_scans;
  info->progress = &file->progress;
  // Coefficients of a progressive picture: two bytes each, at most four components.
  info->mem->max_memory_to_use = (long)(8 * believable_pixels(size) + ((size_t)16 << 20));
  jpeg_mem_src(info, (unsigned char *)bytes, (unsigned long)size);
  jpeg_read_header(info, TRUE);
  if ((size_t)info->image_width * info->image_height > believable_pixels(size)) {
    snprintf(
      message, BRAID_MESSAGE, "the header claims %u x %u pixels, more than %zu bytes can hold", info->image_width,
      info->image_height, size);
    longjmp(file->manager.escape, 1);
  }
  header->width = (int32_t)info->image_width;
  header->height = (int32_t)info->image_height;
  header->scale = 8;
  if (wanted_width > 0 && wanted_height > 0) {
    for (int32_t scale = 1; scale < 8; ++scale) {
      if (eighths(info->image_width, scale) >= wanted_width && eighths(info->image_height, scale) >= wanted_height) {
        header->scale = scale;
        break;
      }
    }
  }
  info->scale_num = (unsigned)header->scale;
  info->scale_denom = 8;
  jpeg_calc_output_dimensions(info);
  header->scaled_width = (int32_t)info->output_width;
  header->scaled_height = (int32_t)info->output_height;
  *opened = file;
  return 0;
}

// Adobe writes CMYK inverted (255: no ink); others do not.
static void cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t step, uint32_t count, int inverted) {
  for (uint32_t k = 0; k < count; ++k, cmyk += 4, rgb += step) {
    uint32_t light = inverted ? cmyk[3] : 255u - cmyk[3];
    for (int channel = 0; channel < 3; ++channel) {
      uint32_t value = inverted ? cmyk[channel] : 255u - cmyk[channel];
      rgb[channel] = (uint8_t)((value * light + 127) / 255);
    }
  }
}

static int is_inked(const struct jpeg_decompress_struct *info) {
  return info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
}

int braid_jpeg_decode(braid_jpeg *file, uint8_t *pixels, char *message) {
  struct jpeg_decompress_struct *info = &file->info;
  file->manager.message = message;
  if (setjmp(file->manager.escape)) return 1;
  const int inked = is_inked(info);
  info->out_color_space = inked ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(info);
  JSAMPARRAY ink = NULL;
  if (inked) ink = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, info->output_width * 4, 1);
  while (info->output_scanline < info->output_height) {
    uint8_t *row = pixels + (size_t)info->output_scanline * info->output_width * 3;
    JSAMPROW target = inked ? ink[0] : row;
    jpeg_read_scanlines(info, &target, 1);
    if (inked) cmyk_to_rgb(ink[0], row, 3, info->output_width, info->saw_Adobe_marker);
  }
  jpeg_finish_decompress(info);
  return 0;
}

int braid_jpeg_resize(braid_jpeg *file, const braid_resizing *resizing, char *message) {
  struct jpeg_decompress_struct *info = &file->info;
  file->manager.message = message;
  if (setjmp(file->manager.escape)) return 1;
  if (resizing->width != (int32_t)info->output_width || resizing->height != (int32_t)info->output_height) {
    snprintf(message, BRAID_MESSAGE, "the size changed while reading");
    return 1;
  }
  file->resizer = braid_resizer_make(resizing);
  if (!file->resizer) {
    snprintf(message, BRAID_MESSAGE, "out of memory");
    return 1;
  }
  const int inked = is_inked(info);
  // libjpeg-turbo writes pixels of four bytes itself, which is how the resizer takes them.
#ifdef JCS_EXTENSIONS
  info->out_color_space = inked ? JCS_CMYK : JCS_EXT_RGBX;
#else
  info->out_color_space = inked ? JCS_CMYK : JCS_RGB;
#endif
  jpeg_start_decompress(info);
  const uint32_t width = info->output_width;
  while (info->output_scanline < info->output_height) {
    int32_t room = braid_resizer_room(file->resizer);
    JSAMPROW slots[8];
    if (room > 8) room = 8;
    for (int32_t row = 0; row < room; ++row) slots[row] = braid_resizer_slot(file->resizer, row);
    const uint32_t rows = jpeg_read_scanlines(info, slots, (JDIMENSION)room);
    for (uint32_t row = 0; row < rows; ++row) {
      uint8_t *pixels = slots[row];
      if (inked) cmyk_to_rgb(pixels, pixels, 4, width, info->saw_Adobe_marker);
#ifndef JCS_EXTENSIONS
      else for (uint32_t x = width; x-- > 0;) memmove(pixels + 4 * (size_t)x, pixels + 3 * (size_t)x, 3);
#endif
    }
    braid_resizer_take(file->resizer, (int32_t)rows);
  }
  jpeg_finish_decompress(info);
  return 0;
}
