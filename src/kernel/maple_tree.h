/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maple tree of 6.1 and later (include/linux/maple_tree.h), read with suspicion. */
#ifndef KSWAPCK_MAPLE_TREE_H
#define KSWAPCK_MAPLE_TREE_H

#include "kernel/kernel.h"

/* Where a kind of node has its pivots and its slots, of which there is one more. */
struct maple_node_layout {
	uint32_t pivots, slots;		/* offsets */
	uint32_t pivot_count;
};

struct maple_tree_layout {
	struct field root;			/* within struct maple_tree */
	struct field parent;			/* within a node */
	struct maple_node_layout range;		/* maple_leaf_64 and maple_range_64 */
	struct maple_node_layout arange;	/* maple_arange_64 */
};

/** maple_tree_layout_resolve - false for kernels without maple trees. */
bool maple_tree_layout_resolve(const struct kernel *kernel, struct maple_tree_layout *layout);

/**
 * maple_tree_load - what the tree holds at @index.
 * @tree: address of the struct maple_tree.
 * @entry: set to it; 0 when nothing is there.
 *
 * Return: false when a node is not readable, is no node, or is one that was taken
 * out of its tree.
 */
bool maple_tree_load(const struct kernel *kernel, const struct maple_tree_layout *layout,
		     uint64_t tree, uint64_t index, uint64_t *entry);

#endif
