/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page data of kdump-compressed files back into pages. Contexts are kept from
 * page to page: making a new one costs more than a page (zstd: eight times).
 */
#ifndef KSWAPCK_SOURCE_CODEC_H
#define KSWAPCK_SOURCE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct codec;

/**
 * codec_new - what unpacks pages of these codecs.
 * @codecs: DISKDUMP_ZLIB ...; pages of others are damaged ones.
 *
 * A library may be loaded: the file system must be in reach. A second one of the same codecs
 * finds it loaded.
 */
struct codec *codec_new(uint32_t codecs, struct error *err);
void codec_free(struct codec *codec);	/* NULL is fine */

/**
 * codec_unpack - make a page of its data.
 * @flags: of the page descriptor: DISKDUMP_ZLIB ... or 0.
 * @data, @size: as in the file; may be damaged.
 *
 * Return: false unless this gives exactly @page_size bytes.
 */
bool codec_unpack(struct codec *codec, uint32_t flags, const void *data, size_t size,
		  void *page, size_t page_size);

#endif
