#include "CBraidCodecs.h"

#include <setjmp.h>
#include <stdio.h>
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

static void prepare(struct jpeg_decompress_struct *info, escape_manager *manager, char *message) {
  memset(info, 0, sizeof *info);
  info->err = jpeg_std_error(&manager->base);
  manager->base.error_exit = leave;
  manager->base.emit_message = warn;
  manager->base.output_message = say_nothing;
  manager->message = message;
}

static int32_t eighths(uint32_t extent, int32_t scale) { return (int32_t)(((uint64_t)extent * (uint32_t)scale + 7) / 8); }

int braid_jpeg_read_header(
  const uint8_t *bytes, size_t size, int32_t wanted_width, int32_t wanted_height, braid_jpeg_header *header, char *message) {
  struct jpeg_decompress_struct info;
  escape_manager manager;
  prepare(&info, &manager, message);
  if (setjmp(manager.escape)) {
    jpeg_destroy_decompress(&info);
    return 1;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, (unsigned char *)bytes, (unsigned long)size);
  jpeg_read_header(&info, TRUE);
  if ((size_t)info.image_width * info.image_height > believable_pixels(size)) {
    snprintf(
      message, BRAID_MESSAGE, "the header claims %u x %u pixels, more than %zu bytes can hold", info.image_width,
      info.image_height, size);
    longjmp(manager.escape, 1);
  }
  header->width = (int32_t)info.image_width;
  header->height = (int32_t)info.image_height;
  header->scale = 8;
  if (wanted_width > 0 && wanted_height > 0) {
    for (int32_t scale = 1; scale < 8; ++scale) {
      if (eighths(info.image_width, scale) >= wanted_width && eighths(info.image_height, scale) >= wanted_height) {
        header->scale = scale;
        break;
      }
    }
  }
  info.scale_num = (unsigned)header->scale;
  info.scale_denom = 8;
  jpeg_calc_output_dimensions(&info);
  header->scaled_width = (int32_t)info.output_width;
  header->scaled_height = (int32_t)info.output_height;
  jpeg_destroy_decompress(&info);
  return 0;
}

// Adobe writes CMYK inverted (255: no ink); others do not.
static void cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, uint32_t count, int inverted) {
  for (uint32_t k = 0; k < count; ++k) {
    const uint8_t *from = cmyk + 4 * (size_t)k;
    uint32_t light = inverted ? from[3] : 255u - from[3];
    for (int channel = 0; channel < 3; ++channel) {
      uint32_t value = inverted ? from[channel] : 255u - from[channel];
      rgb[3 * (size_t)k + channel] = (uint8_t)((value * light + 127) / 255);
    }
  }
}

int braid_jpeg_decode(const uint8_t *bytes, size_t size, const braid_jpeg_header *header, uint8_t *pixels, char *message) {
  struct jpeg_decompress_struct info;
  struct jpeg_progress_mgr progress = {.progress_monitor = watch_scans};
  escape_manager manager;
  prepare(&info, &manager, message);
  if (setjmp(manager.escape)) {
    jpeg_destroy_decompress(&info);
    return 1;
  }
  jpeg_create_decompress(&info);
  info.progress = &progress;
  // Coefficients of a progressive picture: two bytes each, at most four components.
  info.mem->max_memory_to_use = (long)(8 * believable_pixels(size) + ((size_t)16 << 20));
  jpeg_mem_src(&info, (unsigned char *)bytes, (unsigned long)size);
  jpeg_read_header(&info, TRUE);
  int inked = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = inked ? JCS_CMYK : JCS_RGB;
  info.scale_num = (unsigned)header->scale;
  info.scale_denom = 8;
  jpeg_start_decompress(&info);
  if ((int32_t)info.output_width != header->scaled_width || (int32_t)info.output_height != header->scaled_height) {
    snprintf(message, BRAID_MESSAGE, "the size changed while reading");
    longjmp(manager.escape, 1);
  }
  JSAMPARRAY ink = NULL;
  if (inked) ink = info.mem->alloc_sarray((j_common_ptr)&info, JPOOL_IMAGE, info.output_width * 4, 1);
  while (info.output_scanline < info.output_height) {
    uint8_t *row = pixels + (size_t)info.output_scanline * info.output_width * 3;
    JSAMPROW target = inked ? ink[0] : row;
    jpeg_read_scanlines(&info, &target, 1);
    if (inked) cmyk_to_rgb(ink[0], row, info.output_width, info.saw_Adobe_marker);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return 0;
}
