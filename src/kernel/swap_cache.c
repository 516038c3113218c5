// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/swap_cache.h"

#include <stdlib.h>
#include <string.h>

static const struct swap_cache_ops *const eras[] = {
	&swap_cache_xarray,
	&swap_cache_table,
	&swap_cache_radix,
};

struct swap_space *swap_space_new(void)
{
	return calloc(1, sizeof(struct swap_space));
}

void swap_space_begin(struct swap_space *space, const struct kswapck_device *device,
		      uint64_t index)
{
	uint64_t first = index * SWAP_SPACE_SLOTS;
	uint64_t left = device->slots > first ? device->slots - first : 0;

	memset(&space->space, 0, sizeof(space->space));
	memset(&space->gaps, 0, sizeof(space->gaps));
	if (space->dirty) {
		memset(space->entries, 0, sizeof(space->entries));
		memset(space->places, 0, sizeof(space->places));
		memset(space->kinds, KSWAPCK_ENTRY_NONE, sizeof(space->kinds));
		space->dirty = false;
	}
	space->space.device = device;
	space->space.first_slot = first;
	space->space.slots = left < SWAP_SPACE_SLOTS ? (uint32_t)left : SWAP_SPACE_SLOTS;
	space->space.complete = true;
	space->space.entries = space->entries;
	space->space.words = space->entries;
	space->space.kinds = space->kinds;
	space->space.map = space->map;
	space->space.map_read = space->map_read;
	space->space.places = space->places;
}

uint64_t swap_space_count(const struct swap_space *space, enum kswapck_entry_kind kind)
{
	uint64_t count = 0;
	uint32_t i;

	for (i = 0; i < space->space.slots; i++)
		count += space->kinds[i] == kind;
	return count;
}

bool swap_cache_find_era(struct kernel *kernel, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(eras) / sizeof(eras[0]); i++)
		if (eras[i]->probe(kernel)) {
			kernel->swap_cache = eras[i];
			return true;
		}
	return error_set(err, ERROR_INPUT,
			 "kernel %s keeps its swap cache in a way that is not known; this version "
			 "reads radix trees and xarrays (Linux 4.14 to 6.17) and swap tables "
			 "(6.18 and later), by the types of %s",
			 image_release(kernel->image), types_from(kernel->types));
}
