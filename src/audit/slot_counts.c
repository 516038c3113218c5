// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/slot_counts.h"

#include <stdlib.h>
#include <string.h>

#define SMALL_MAX 15	/* in half a byte; this value says: look in the table */

void slot_counts_init(struct slot_counts *counts, uint64_t slots)
{
	*counts = (struct slot_counts){.slots = slots};
}

void slot_counts_free(struct slot_counts *counts)
{
	free(counts->small);
	free(counts->large);
	slot_counts_init(counts, 0);
}

static unsigned int shift_of(uint64_t slot)
{
	return slot % 2 * 4;
}

static unsigned int small_of(const struct slot_counts *counts, uint64_t slot)
{
	return counts->small[slot / 2] >> shift_of(slot) & SMALL_MAX;
}

/* Where @slot's large count is, or the free place where it belongs. */
static struct slot_count *large_of(const struct slot_counts *counts, uint64_t slot)
{
	size_t i = (size_t)(slot * 0x9e3779b97f4a7c15 >> 20) & (counts->large_room - 1);

	while (counts->large[i].count && counts->large[i].slot != slot)
		i = (i + 1) & (counts->large_room - 1);
	return &counts->large[i];
}

static bool widen(struct slot_counts *counts)
{
	struct slot_counts wider = {
		.large_room = counts->large_room ? 2 * counts->large_room : 256,
	};
	size_t i;

	wider.large = calloc(wider.large_room, sizeof(*wider.large));
	if (!wider.large)
		return false;
	for (i = 0; i < counts->large_room; i++)
		if (counts->large[i].count)
			*large_of(&wider, counts->large[i].slot) = counts->large[i];
	free(counts->large);
	counts->large = wider.large;
	counts->large_room = wider.large_room;
	return true;
}

static bool add_large(struct slot_counts *counts, uint64_t slot)
{
	struct slot_count *large;

	if (2 * (counts->large_count + 1) > counts->large_room && !widen(counts))
		return false;
	large = large_of(counts, slot);
	if (!large->count) {
		*large = (struct slot_count){.slot = slot, .count = SMALL_MAX - 1};
		counts->large_count++;
	}
	if (large->count < UINT32_MAX)
		large->count++;
	return true;
}

bool slot_counts_add(struct slot_counts *counts, uint64_t slot)
{
	if (!counts->small)
		counts->small = calloc(counts->slots / 2 + 1, 1);
	if (!counts->small)
		return false;
	if (small_of(counts, slot) >= SMALL_MAX - 1 && !add_large(counts, slot))
		return false;
	if (small_of(counts, slot) < SMALL_MAX)
		counts->small[slot / 2] += (uint8_t)(1U << shift_of(slot));
	return true;
}

uint32_t slot_counts_get(const struct slot_counts *counts, uint64_t slot)
{
	if (!counts->small || slot >= counts->slots)
		return 0;
	if (small_of(counts, slot) < SMALL_MAX)
		return small_of(counts, slot);
	return large_of(counts, slot)->count;
}
