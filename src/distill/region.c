// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/region.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_LIMIT (UINT64_C(64) << 20)

/* Pages that cannot be read are not written either, so that their bytes do not matter. */
static void read_pages(struct region *region, const struct kernel *kernel)
{
	uint64_t page_size = source_facts(kernel->source)->page_size, done = 0;

	while (done < region->size) {
		uint64_t part = page_size - (region->address + done) % page_size;

		if (part > region->size - done)
			part = region->size - done;
		if (memory_read(kernel->memory, region->address + done, region->bytes + done,
				part) != READ_OK)
			memset(region->bytes + done, 0, part);
		done += part;
	}
}

bool region_read(struct region *region, const struct kernel *kernel, const struct page_set *pages,
		 uint64_t address, uint64_t size)
{
	*region = (struct region){.address = address, .size = size};
	if (!size || size > SIZE_LIMIT || address + size < address)
		return true;
	region->bytes = malloc(size);
	if (!region->bytes)
		return false;
	read_pages(region, kernel);
	return frame_map_make(&region->pages, kernel, pages, address, size);
}

void region_free(struct region *region)
{
	free(region->bytes);
	frame_map_free(&region->pages);
	*region = (struct region){0};
}

void region_edit(const struct region *region, uint64_t pfn, unsigned char *page,
		 uint64_t page_size)
{
	uint64_t address = frame_map_find(&region->pages, pfn), from, end;

	if (!region->bytes || !address)
		return;
	from = address > region->address ? address : region->address;
	end = region->address + region->size;
	if (address + page_size < end)
		end = address + page_size;
	memcpy(page + (from - address), region->bytes + (from - region->address), end - from);
}
