/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the swap cache holds at a slot, for those who ask in any order: the page
 * tables of a process name neighbouring slots one after the other, so what is read
 * for one is kept for them all. Bounded, whatever the dump.
 */
#ifndef KSWAPCK_ENTRY_CACHE_H
#define KSWAPCK_ENTRY_CACHE_H

#include "kernel/kernel.h"

struct entry_cache;

/** entry_cache_new - empty; NULL when out of memory. */
struct entry_cache *entry_cache_new(void);
void entry_cache_free(struct entry_cache *cache);

/** entry_cache_look - the entry of @slot, @slot < @device->slots. */
enum kswapck_entry_kind entry_cache_look(struct entry_cache *cache, const struct kernel *kernel,
					 const struct kswapck_device *device, uint64_t slot,
					 uint64_t *entry);

#endif
