/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swp_entry_t: type and slot in one word (include/linux/swapops.h). */
#ifndef KSWAPCK_SWAP_ENTRY_H
#define KSWAPCK_SWAP_ENTRY_H

#include <stdint.h>

/*
 * SWP_TYPE_SHIFT = BITS_PER_XA_VALUE (63) - MAX_SWAPFILES_SHIFT (5) since 4.20;
 * 5.4 include/linux/swapops.h:23 to 7.3:28.
 */
#define SWAP_TYPE_SHIFT 58

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
