/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A range of virtual memory that is written with other bytes than it has. */
#ifndef KSWAPCK_REGION_H
#define KSWAPCK_REGION_H

#include "distill/frame_map.h"

struct region {
	uint64_t address, size;
	unsigned char *bytes;	/* NULL: there is none, or it stays as it is */
	struct frame_map pages;
};

/**
 * region_read - take the bytes as they are, to be changed.
 * @pages: those that will be written.
 *
 * What cannot be read, or is larger than 64 MiB, stays as it is: region->bytes is NULL.
 *
 * Return: false when out of memory. To be freed with region_free() in any case.
 */
bool region_read(struct region *region, const struct kernel *kernel, const struct page_set *pages,
		 uint64_t address, uint64_t size);
void region_free(struct region *region);

/** region_edit - lay it over the copy of the page in frame @pfn, as far as it is in there. */
void region_edit(const struct region *region, uint64_t pfn, unsigned char *page,
		 uint64_t page_size);

#endif
