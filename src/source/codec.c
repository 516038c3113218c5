// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/codec.h"

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "source/diskdump_headers.h"

struct codec {
	z_stream zlib;
	ZSTD_DCtx *zstd;
};

struct codec *codec_new(void)
{
	struct codec *codec = calloc(1, sizeof(*codec));

	if (!codec)
		return NULL;
	codec->zstd = ZSTD_createDCtx();
	if (!codec->zstd || inflateInit(&codec->zlib) != Z_OK) {
		ZSTD_freeDCtx(codec->zstd);
		free(codec);
		return NULL;
	}
	return codec;
}

void codec_free(struct codec *codec)
{
	if (!codec)
		return;
	inflateEnd(&codec->zlib);
	ZSTD_freeDCtx(codec->zstd);
	free(codec);
}

static bool unpack_zlib(struct codec *codec, const void *data, size_t size, void *page,
			size_t page_size)
{
	z_stream *stream = &codec->zlib;

	if (inflateReset(stream) != Z_OK)
		return false;
	stream->next_in = (z_const Bytef *)data;
	stream->avail_in = (uInt)size;
	stream->next_out = page;
	stream->avail_out = (uInt)page_size;
	return inflate(stream, Z_FINISH) == Z_STREAM_END && !stream->avail_out;
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
		return unpack_zlib(codec, data, size, page, page_size);
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
