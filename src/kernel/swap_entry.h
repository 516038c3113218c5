/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swp_entry_t: type and slot in one word (include/linux/swapops.h). */
#ifndef KSWAPCK_SWAP_ENTRY_H
#define KSWAPCK_SWAP_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * SWP_TYPE_SHIFT = BITS_PER_XA_VALUE (63) - MAX_SWAPFILES_SHIFT (5) since 4.20;
 * 5.4 include/linux/swapops.h:23 to 7.3:28.
 */
#define SWAP_TYPE_SHIFT 58

/*
 * Up to 4.19 it was 64 - MAX_SWAPFILES_SHIFT (5) - RADIX_TREE_EXCEPTIONAL_SHIFT (2),
 * include/linux/swapops.h:20. Such entries are taken over as if they were newer where
 * they are read, and nowhere else.
 */
#define SWAP_TYPE_SHIFT_OLD 57

/** swap_entry_take - an entry as a kernel of that age has it, in the way of the others. */
static inline uint64_t swap_entry_take(bool old, uint64_t raw)
{
	uint64_t slots = (1ULL << SWAP_TYPE_SHIFT_OLD) - 1;

	/* the two bits above the type are clear in every entry */
	if (!old || raw >> 62)
		return raw;
	return raw >> SWAP_TYPE_SHIFT_OLD << SWAP_TYPE_SHIFT | (raw & slots);
}

/** swap_entry_give - the reverse. */
static inline uint64_t swap_entry_give(bool old, uint64_t entry)
{
	uint64_t slots = (1ULL << SWAP_TYPE_SHIFT_OLD) - 1;

	if (!old || entry >> 63 || entry >> SWAP_TYPE_SHIFT_OLD & 1)
		return entry;
	return entry >> SWAP_TYPE_SHIFT << SWAP_TYPE_SHIFT_OLD | (entry & slots);
}

static inline uint64_t swap_entry(unsigned int type, uint64_t slot)
{
	return (uint64_t)type << SWAP_TYPE_SHIFT | slot;
}

static inline void swap_entry_split(uint64_t entry, unsigned int *type, uint64_t *slot)
{
	*type = (unsigned int)(entry >> SWAP_TYPE_SHIFT);
	*slot = entry & ((1ULL << SWAP_TYPE_SHIFT) - 1);
}

#endif
