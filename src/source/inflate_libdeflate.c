// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/inflate.h"

#include <libdeflate.h>

static struct libdeflate_decompressor *of(struct inflater *inflater)
{
	return (struct libdeflate_decompressor *)inflater;
}

struct inflater *inflater_new(void)
{
	return (struct inflater *)libdeflate_alloc_decompressor();
}

void inflater_free(struct inflater *inflater)
{
	libdeflate_free_decompressor(of(inflater));
}

bool inflate_page(struct inflater *inflater, const void *data, size_t size, void *page,
		  size_t page_size)
{
	/* who does not ask how many bytes it gave wants all of them */
	return libdeflate_zlib_decompress(of(inflater), data, size, page, page_size, NULL) ==
	       LIBDEFLATE_SUCCESS;
}
