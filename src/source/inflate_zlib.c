// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/inflate.h"

#include <stdlib.h>
#include <zlib.h>

struct inflater {
	z_stream stream;
};

struct inflater *inflater_new(void)
{
	struct inflater *inflater = calloc(1, sizeof(*inflater));

	if (inflater && inflateInit(&inflater->stream) == Z_OK)
		return inflater;
	free(inflater);
	return NULL;
}

void inflater_free(struct inflater *inflater)
{
	if (inflater)
		inflateEnd(&inflater->stream);
	free(inflater);
}

bool inflate_page(struct inflater *inflater, const void *data, size_t size, void *page,
		  size_t page_size)
{
	z_stream *stream = &inflater->stream;

	if (inflateReset(stream) != Z_OK)
		return false;
	stream->next_in = (z_const Bytef *)data;
	stream->avail_in = (uInt)size;
	stream->next_out = page;
	stream->avail_out = (uInt)page_size;
	return inflate(stream, Z_FINISH) == Z_STREAM_END && !stream->avail_out;
}
