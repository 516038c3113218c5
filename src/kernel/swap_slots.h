/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU caches of swap slots (mm/swap_slots.c, up to 6.14).
 *
 * A slot that lies there is allocated (SWAP_HAS_CACHE in swap_map) and has no
 * folio: right, and to be told from a slot whose folio got lost.
 */
#ifndef KSWAPCK_SWAP_SLOTS_H
#define KSWAPCK_SWAP_SLOTS_H

#include "kernel/kernel.h"

struct swap_slots {
	uint64_t *entries;	/* swp_entry_t values, sorted */
	size_t count;
	bool complete;		/* every CPU's cache could be read */
};

/** swap_slots_read - collect all parked slots; none on kernels without such caches. */
bool swap_slots_read(const struct kernel *kernel, struct swap_slots *slots, struct error *err);
void swap_slots_free(struct swap_slots *slots);

/** swap_slots_have - is @entry parked? */
bool swap_slots_have(const struct swap_slots *slots, uint64_t entry);

#endif
