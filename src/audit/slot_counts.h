/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A counter for each slot of a device. Most slots have one owner or none, and those with
 * more are neighbours: slots come in blocks, and each block has as many bits for a slot
 * as its largest count needs. 64 million slots with one owner each take 8 MiB.
 */
#ifndef KSWAPCK_SLOT_COUNTS_H
#define KSWAPCK_SLOT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot_block;

struct slot_counts {
	uint64_t slots;
	struct slot_block **blocks;	/* NULL: nothing was counted, in all or in the block */
};

/** slot_counts_init - all 0, for @slots slots; takes no memory before the first count. */
void slot_counts_init(struct slot_counts *counts, uint64_t slots);
void slot_counts_free(struct slot_counts *counts);

/** slot_counts_add - one more for @slot, @slot < slots; false when out of memory. */
bool slot_counts_add(struct slot_counts *counts, uint64_t slot);

/** slot_counts_get - how often @slot was counted. */
uint32_t slot_counts_get(const struct slot_counts *counts, uint64_t slot);

#endif
