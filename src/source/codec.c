// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/codec.h"

#include <dlfcn.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "source/diskdump_headers.h"
#include "source/inflate.h"

/* Of all versions since 1.0. */
#define SNAPPY_SONAME "libsnappy.so.1"

struct codec {
	struct inflater *zlib;
	ZSTD_DCtx *zstd;
	void *snappy;		/* the library */
	__typeof__(&snappy_uncompress) snappy_uncompress;
};

/*
 * Linked, it would bring the library of C++ along, which costs each start of the program 0.8 ms;
 * few dumps are packed with it.
 */
static bool load_snappy(struct codec *codec, struct error *err)
{
	codec->snappy = dlopen(SNAPPY_SONAME, RTLD_LAZY);
	if (codec->snappy)
		codec->snappy_uncompress = (__typeof__(codec->snappy_uncompress))
					   dlsym(codec->snappy, "snappy_uncompress");
	return codec->snappy_uncompress ||
	       error_set(err, ERROR_SYSTEM, "pages are packed with snappy, whose library cannot be "
			 "loaded (%s): install it", dlerror());
}

static bool prepare(struct codec *codec, uint32_t codecs, struct error *err)
{
	if (codecs & DISKDUMP_ZLIB)
		codec->zlib = inflater_new();
	if (codecs & DISKDUMP_ZSTD)
		codec->zstd = ZSTD_createDCtx();
	if ((codecs & DISKDUMP_ZLIB && !codec->zlib) || (codecs & DISKDUMP_ZSTD && !codec->zstd))
		return error_set(err, ERROR_SYSTEM, "out of memory");
	return !(codecs & DISKDUMP_SNAPPY) || load_snappy(codec, err);
}

struct codec *codec_new(uint32_t codecs, struct error *err)
{
	struct codec *codec = calloc(1, sizeof(*codec));

	if (!codec) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	if (prepare(codec, codecs, err))
		return codec;
	codec_free(codec);
	return NULL;
}

void codec_free(struct codec *codec)
{
	if (!codec)
		return;
	if (codec->zlib)
		inflater_free(codec->zlib);
	ZSTD_freeDCtx(codec->zstd);
	if (codec->snappy)
		dlclose(codec->snappy);
	free(codec);
}

static bool unpack_lzo(const void *data, size_t size, void *page, size_t page_size)
{
	lzo_uint length = page_size;

	return lzo1x_decompress_safe(data, size, page, &length, NULL) == LZO_E_OK &&
	       length == page_size;
}

static bool unpack_snappy(const struct codec *codec, const void *data, size_t size, void *page,
			  size_t page_size)
{
	size_t length = page_size;

	return codec->snappy_uncompress(data, size, page, &length) == SNAPPY_OK &&
	       length == page_size;
}

bool codec_unpack(struct codec *codec, uint32_t flags, const void *data, size_t size,
		  void *page, size_t page_size)
{
	switch (flags) {
	case 0:
		if (size != page_size)
			return false;
		memcpy(page, data, size);
		return true;
	case DISKDUMP_ZLIB:
		return codec->zlib && inflate_page(codec->zlib, data, size, page, page_size);
	case DISKDUMP_LZO:
		return unpack_lzo(data, size, page, page_size);
	case DISKDUMP_SNAPPY:
		return codec->snappy && unpack_snappy(codec, data, size, page, page_size);
	case DISKDUMP_ZSTD:
		return codec->zstd && ZSTD_decompressDCtx(codec->zstd, page, page_size, data, size)
				      == page_size;
	}
	return false;
}
