// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/slot_map.h"

#include <stdlib.h>
#include <string.h>

struct slot_map *slot_map_new(void)
{
	return calloc(1, sizeof(struct slot_map));
}

void slot_map_free(struct slot_map *map)
{
	size_t i;

	for (i = 0; map && i < map->count; i++)
		free(map->devices[i].runs);
	free(map);
}

void slot_map_device(struct slot_map *map, const struct kswapck_device *device)
{
	struct slot_map_device *mine;

	if (map->count == SLOT_MAP_DEVICES_MAX)
		return;
	mine = &map->devices[map->count++];
	mine->type = device->type;
	memcpy(mine->name, device->name, sizeof(mine->name));
	mine->slots = device->slots;
	memset(map->large, 0, sizeof(map->large));
}

static struct slot_map_device *find_device(struct slot_map *map,
					   const struct kswapck_space *space)
{
	struct slot_map_device *last = map->count ? &map->devices[map->count - 1] : NULL;

	return last && last->type == space->device->type ? last : NULL;
}

void slot_map_folio(struct slot_map *map, const struct kswapck_space *space,
		    const struct kswapck_run *run, const struct kswapck_folio *folio)
{
	uint64_t first = run->first_slot - space->first_slot, count = folio->pages;

	if (count < 2 || first >= space->slots)
		return;
	if (count > space->slots - first)
		count = space->slots - first;
	memset(map->large + first, SLOT_LARGE, count);
	map->large[first] = SLOT_LARGE_FIRST;
}

static enum slot_class class_of(const struct slot_map *map, const struct kswapck_space *space,
				uint32_t i)
{
	uint8_t byte = space->map ? space->map[i] : 0;

	if ((space->map_read && !space->map_read[i]) ||
	    space->kinds[i] == KSWAPCK_ENTRY_UNREADABLE)
		return SLOT_UNSEEN;
	if (space->map && byte == SWAP_MAP_BAD)
		return SLOT_BAD;
	switch (space->kinds[i]) {
	case KSWAPCK_ENTRY_PAGE:
	case KSWAPCK_ENTRY_ODD:
		return map->large[i] ? map->large[i] : SLOT_CACHED;
	case KSWAPCK_ENTRY_SHADOW:
		return SLOT_SHADOW;
	}
	return byte ? SLOT_OUT : SLOT_FREE;
}

static bool grow(struct slot_map_device *device)
{
	size_t room = device->room ? device->room * 2 : 256;
	struct slot_run *runs = reallocarray(device->runs, room, sizeof(*runs));

	if (!runs)
		return false;
	device->runs = runs;
	device->room = room;
	return true;
}

/* False: there is no room for more. */
static bool add(struct slot_map_device *device, uint64_t slot, enum slot_class class)
{
	/* each large folio has a run of its own that begins it */
	if (device->count && class != SLOT_LARGE_FIRST &&
	    device->runs[device->count - 1].class == class)
		return true;
	if (device->count == SLOT_MAP_RUNS_MAX ||
	    (device->count == device->room && !grow(device))) {
		device->cut = true;
		return false;
	}
	device->runs[device->count++] = (struct slot_run){.first = slot, .class = class};
	return true;
}

void slot_map_space(struct slot_map *map, const struct kswapck_space *space)
{
	struct slot_map_device *device = find_device(map, space);
	uint32_t i;

	if (!device || device->cut || space->first_slot < device->known)
		return;
	/* spaces that could not be read are left out on the way */
	if (space->first_slot > device->known && !add(device, device->known, SLOT_UNSEEN))
		return;
	for (i = 0; i < space->slots && i < sizeof(map->large); i++)
		if (!add(device, space->first_slot + i, class_of(map, space, i)))
			break;
	device->known = space->first_slot + i;
	memset(map->large, 0, sizeof(map->large));
}

/* ---------------------------------------------------------------------- asking */

static uint64_t run_end(const struct slot_map_device *device, size_t index)
{
	return index + 1 < device->count ? device->runs[index + 1].first : device->known;
}

/* The last run that begins at @slot or before. */
static size_t find_run(const struct slot_map_device *device, uint64_t slot)
{
	size_t low = 0, high = device->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (device->runs[middle].first <= slot)
			low = middle;
		else
			high = middle;
	}
	return low;
}

enum slot_class slot_map_run(const struct slot_map_device *device, uint64_t slot, size_t *hint,
			     uint64_t *end)
{
	size_t index = *hint;

	if (slot >= device->known) {
		*end = device->slots;
		return SLOT_UNSEEN;
	}
	while (index < device->count && device->runs[index].first <= slot &&
	       run_end(device, index) <= slot && index < *hint + 4)
		index++;
	if (index >= device->count || device->runs[index].first > slot ||
	    run_end(device, index) <= slot)
		index = find_run(device, slot);
	*hint = index;
	*end = run_end(device, index);
	return device->runs[index].class;
}

void slot_map_count(const struct slot_map_device *device, uint64_t first, uint64_t end,
		    uint64_t counts[SLOT_CLASSES])
{
	size_t hint = 0;

	while (first < end) {
		uint64_t next;
		enum slot_class class = slot_map_run(device, first, &hint, &next);

		if (next > end)
			next = end;
		if (next <= first)
			return;
		counts[class] += next - first;
		first = next;
	}
}
