/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which page frames a range of virtual addresses lies in, asked the other way round. */
#ifndef KSWAPCK_FRAME_MAP_H
#define KSWAPCK_FRAME_MAP_H

#include "kernel/kernel.h"
#include "source/page_set.h"

struct frame_map {
	struct frame_place {
		uint64_t pfn;
		uint64_t what;		/* lies there: the address of the page, or another word */
	} *places;			/* by pfn */
	size_t count, room;
};

/**
 * frame_map_make - of the pages of [@address, @address + @size) that are in @pages.
 *
 * Return: false when out of memory. To be freed with frame_map_free() in any case.
 */
bool frame_map_make(struct frame_map *map, const struct kernel *kernel,
		    const struct page_set *pages, uint64_t address, uint64_t size);
/**
 * frame_map_add - one page more, if it is in @pages; frame_map_sort() before the next search.
 * @what: frame_map_find() returns it; not 0.
 * False when out of memory.
 */
bool frame_map_add(struct frame_map *map, const struct kernel *kernel,
		   const struct page_set *pages, uint64_t address, uint64_t what);
void frame_map_sort(struct frame_map *map);
void frame_map_free(struct frame_map *map);

/**
 * frame_map_find - the virtual address of the page in frame @pfn, or what was told to
 * frame_map_add(); 0: it is not in there.
 */
uint64_t frame_map_find(const struct frame_map *map, uint64_t pfn);

#endif
