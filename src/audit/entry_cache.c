// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/entry_cache.h"

#include <stdlib.h>

#include "kernel/swap_cache.h"

#define LINES		1024	/* 600 KiB */
#define LINE_SLOTS	64	/* a node of the tree */

struct line {
	const struct kswapck_device *device;	/* NULL: empty */
	uint64_t first;
	uint64_t entries[LINE_SLOTS];
	uint8_t kinds[LINE_SLOTS];
};

struct entry_cache {
	struct line lines[LINES];
};

struct entry_cache *entry_cache_new(void)
{
	return calloc(1, sizeof(struct entry_cache));
}

void entry_cache_free(struct entry_cache *cache)
{
	free(cache);
}

static void fill(struct line *line, const struct kernel *kernel,
		 const struct kswapck_device *device, uint64_t first)
{
	uint64_t left = device->slots - first;

	line->device = device;
	line->first = first;
	kernel->swap_cache->lookup(kernel, device, first,
				   left < LINE_SLOTS ? (uint32_t)left : LINE_SLOTS,
				   line->entries, line->kinds);
}

enum kswapck_entry_kind entry_cache_look(struct entry_cache *cache, const struct kernel *kernel,
					 const struct kswapck_device *device, uint64_t slot,
					 uint64_t *entry)
{
	struct line *line = &cache->lines[slot / LINE_SLOTS % LINES];
	uint64_t i = slot % LINE_SLOTS;

	if (line->device != device || line->first != slot - i)
		fill(line, kernel, device, slot - i);
	*entry = line->entries[i];
	return line->kinds[i];
}
