/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU batches on the way to or between the LRU lists (mm/swap.c, mm/mlock.c): each
 * entry holds a reference to its folio, until the batch is full or
 * lru_add_drain_all() empties it.
 */
#ifndef KSWAPCK_LRU_BATCHES_H
#define KSWAPCK_LRU_BATCHES_H

#include "kernel/kernel.h"

struct lru_batched {
	uint64_t folio;		/* address of its head page */
	uint32_t count;		/* references */
};

struct lru_batches {
	struct lru_batched *folios;	/* sorted by address */
	size_t count;
	bool complete;			/* every CPU's batches could be read */
};

/** lru_batches_read - false with @err set when out of memory; else free it. */
bool lru_batches_read(const struct kernel *kernel, struct lru_batches *batches,
		      struct error *err);
void lru_batches_free(struct lru_batches *batches);

/** lru_batches_count - references that batches hold to the folio whose head is @folio. */
uint32_t lru_batches_count(const struct lru_batches *batches, uint64_t folio);

#endif
