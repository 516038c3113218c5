/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A counter for each slot of a device: half a byte, and a place in a table for the
 * few slots that have more owners than that.
 */
#ifndef KSWAPCK_SLOT_COUNTS_H
#define KSWAPCK_SLOT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot_counts {
	uint64_t slots;
	uint8_t *small;		/* two slots in a byte; NULL: nothing was counted */
	/* open addressing, at most half full; count 0 is free */
	struct slot_count {
		uint64_t slot;
		uint32_t count;
	} *large;
	size_t large_room, large_count;
};

/** slot_counts_init - all 0, for @slots slots; takes no memory before the first count. */
void slot_counts_init(struct slot_counts *counts, uint64_t slots);
void slot_counts_free(struct slot_counts *counts);

/** slot_counts_add - one more for @slot, @slot < slots; false when out of memory. */
bool slot_counts_add(struct slot_counts *counts, uint64_t slot);

/** slot_counts_get - how often @slot was counted. */
uint32_t slot_counts_get(const struct slot_counts *counts, uint64_t slot);

#endif
