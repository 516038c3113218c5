/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the eras of trees share: swapper_spaces[type] is an array of address_spaces. */
#ifndef KSWAPCK_SWAP_CACHE_TREE_H
#define KSWAPCK_SWAP_CACHE_TREE_H

#include "kernel/swap_cache.h"

/* See struct swap_cache_ops. */
bool swap_tree_resolve(struct kernel *kernel, struct error *err);
bool swap_tree_spaces(const struct kernel *kernel, const struct kswapck_device *device,
		      uint64_t *count);
bool swap_tree_read(const struct kernel *kernel, const struct kswapck_device *device,
		    uint64_t index, struct swap_space *space,
		    swap_space_fault_fn *fault, void *data);
void swap_tree_lookup(const struct kernel *kernel, const struct kswapck_device *device,
		      uint64_t first, uint32_t count, uint64_t *entries, uint8_t *kinds);
void swap_tree_node_of(const struct kernel *kernel, uint64_t place, uint64_t slot,
		       uint64_t *start, uint64_t *end);
bool swap_tree_locate(const struct kernel *kernel, const struct kswapck_device *device,
		      uint64_t tree, uint64_t index, uint64_t *slot);

/**
 * swap_tree_head - the entry of a slot as kernels since 5.4 have it.
 * @entries: as they stand in the tree, those of lower slots too; @slot's is number @index.
 *
 * Before, slot i of a large folio holds page + i. If the entry is the tail page of a folio
 * whose head names the slots from @slot - i on, or is the entry of slot @slot - i, this is
 * the head; else the entry itself.
 */
uint64_t swap_tree_head(const struct kernel *kernel, const struct kswapck_device *device,
			uint64_t slot, const uint64_t *entries, uint64_t index);

#endif
