/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages into page data of kdump-compressed files; codec.h has the way back. */
#ifndef KSWAPCK_SOURCE_PACKER_H
#define KSWAPCK_SOURCE_PACKER_H

#include "source/diskdump_write.h"

struct packer;

struct packer *packer_new(enum diskdump_codec codec, size_t page_size);	/* NULL: no memory */
void packer_free(struct packer *packer);	/* NULL is fine */

/**
 * packer_pack - compress a page, or leave it as it is where that would not make it smaller.
 * @packed: set to the data, which is good until the next call; may be @page.
 * @flags: set to those of the page descriptor.
 */
bool packer_pack(struct packer *packer, const void *page, const void **packed, size_t *size,
		 uint32_t *flags);

#endif
