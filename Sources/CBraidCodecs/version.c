#include "CBraidCodecs.h"

#include <stdio.h>

#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#define TEXT_OF(token) #token
#define TEXT(token) TEXT_OF(token)

#ifdef LIBJPEG_TURBO_VERSION
#define JPEG "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION)
#else
#define JPEG "libjpeg " TEXT(JPEG_LIB_VERSION)
#endif

const char *braid_codecs_version(void) { return JPEG ", libpng " PNG_LIBPNG_VER_STRING ", zlib " ZLIB_VERSION; }
