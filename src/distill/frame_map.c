// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/frame_map.h"

#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	const struct frame_place *a = left, *b = right;

	return a->pfn < b->pfn ? -1 : a->pfn > b->pfn;
}

static bool add(struct frame_map *map, uint64_t pfn, uint64_t what)
{
	if (map->count == map->room) {
		size_t room = map->room ? map->room * 2 : 256;
		struct frame_place *places = realloc(map->places, room * sizeof(*places));

		if (!places)
			return false;
		map->places = places;
		map->room = room;
	}
	map->places[map->count++] = (struct frame_place){pfn, what};
	return true;
}

bool frame_map_add(struct frame_map *map, const struct kernel *kernel,
		   const struct page_set *pages, uint64_t address, uint64_t what)
{
	uint64_t page_size = source_facts(kernel->source)->page_size, physical;

	return memory_physical(kernel->memory, address, &physical) != READ_OK ||
	       !page_set_has(pages, physical / page_size) ||
	       add(map, physical / page_size, what);
}

void frame_map_sort(struct frame_map *map)
{
	if (map->count)
		qsort(map->places, map->count, sizeof(*map->places), compare);
}

bool frame_map_make(struct frame_map *map, const struct kernel *kernel,
		    const struct page_set *pages, uint64_t address, uint64_t size)
{
	uint64_t page_size = source_facts(kernel->source)->page_size, end = address + size;

	*map = (struct frame_map){0};
	for (address &= ~(page_size - 1); address < end; address += page_size)
		if (!frame_map_add(map, kernel, pages, address, address))
			return false;
	frame_map_sort(map);
	return true;
}

void frame_map_free(struct frame_map *map)
{
	free(map->places);
	*map = (struct frame_map){0};
}

uint64_t frame_map_find(const struct frame_map *map, uint64_t pfn)
{
	const struct frame_place wanted = {.pfn = pfn};
	const struct frame_place *place = map->count ?
		bsearch(&wanted, map->places, map->count, sizeof(*map->places), compare) : NULL;

	return place ? place->what : 0;
}
