/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page data in zlib's format, which is that of most dumps. libdeflate, which knows where it has
 * to end and so does without a state between calls, is twice as fast as zlib: meson takes it
 * where it is there (inflate_libdeflate.c), else zlib (inflate_zlib.c).
 */
#ifndef KSWAPCK_SOURCE_INFLATE_H
#define KSWAPCK_SOURCE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

struct inflater;

struct inflater *inflater_new(void);			/* NULL when out of memory */
void inflater_free(struct inflater *inflater);		/* NULL is fine */

/** inflate_page - false unless sound @data gives exactly @page_size bytes. */
bool inflate_page(struct inflater *inflater, const void *data, size_t size, void *page,
		  size_t page_size);

#endif
