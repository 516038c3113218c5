// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/codec.h"

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "source/diskdump_headers.h"
#include "source/inflate.h"

struct codec {
	struct inflater *zlib;
	ZSTD_DCtx *zstd;
};

struct codec *codec_new(void)
{
	struct codec *codec = calloc(1, sizeof(*codec));

	if (!codec)
		return NULL;
	codec->zlib = inflater_new();
	codec->zstd = ZSTD_createDCtx();
	if (codec->zlib && codec->zstd)
		return codec;
	codec_free(codec);
	return NULL;
}

void codec_free(struct codec *codec)
{
	if (!codec)
		return;
	inflater_free(codec->zlib);
	ZSTD_freeDCtx(codec->zstd);
	free(codec);
}

static bool unpack_lzo(const void *data, size_t size, void *page, size_t page_size)
{
	lzo_uint length = page_size;

	return lzo1x_decompress_safe(data, size, page, &length, NULL) == LZO_E_OK &&
	       length == page_size;
}

static bool unpack_snappy(const void *data, size_t size, void *page, size_t page_size)
{
	size_t length = page_size;

	return snappy_uncompress(data, size, page, &length) == SNAPPY_OK &&
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
		return inflate_page(codec->zlib, data, size, page, page_size);
	case DISKDUMP_LZO:
		return unpack_lzo(data, size, page, page_size);
	case DISKDUMP_SNAPPY:
		return unpack_snappy(data, size, page, page_size);
	case DISKDUMP_ZSTD:
		return ZSTD_decompressDCtx(codec->zstd, page, page_size, data, size) ==
		       page_size;
	}
	return false;
}
