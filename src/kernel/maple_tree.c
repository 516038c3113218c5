// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A node is 256 bytes, at a multiple of that; the low bits of a pointer to it say
 * what it is (lib/maple_tree.c mt_mk_node(), the same from 6.1 to 6.17). Slot i
 * holds the indices above pivot i - 1, up to and with pivot i.
 */
#include "kernel/maple_tree.h"

#include <string.h>

#define NODE_SIZE	256
#define NODE_MASK	(NODE_SIZE - 1ULL)
#define TYPE_SHIFT	3
#define TYPE_MASK	0xf
#define RESERVED_MAX	4096	/* entries 2, 6, ... below it are not pointers */
#define LEVELS_MAX	31	/* MAPLE_HEIGHT_MAX */

/* enum maple_type; nothing makes dense nodes, lib/maple_tree.c cannot walk them. */
enum { MAPLE_LEAF_64 = 1, MAPLE_RANGE_64 = 2, MAPLE_ARANGE_64 = 3 };

static bool resolve_node(const struct kernel *kernel, const char *type,
			 struct maple_node_layout *layout)
{
	struct field pivots, slots;

	if (!kernel_field(kernel, type, "pivot", &pivots) ||
	    !kernel_field(kernel, type, "slot", &slots))
		return false;
	layout->pivots = pivots.offset;
	layout->slots = slots.offset;
	layout->pivot_count = pivots.size / 8;
	return layout->pivot_count && slots.size == pivots.size + 8 &&
	       (uint64_t)pivots.offset + pivots.size <= NODE_SIZE &&
	       (uint64_t)slots.offset + slots.size <= NODE_SIZE;
}

bool maple_tree_layout_resolve(const struct kernel *kernel, struct maple_tree_layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	return kernel_field(kernel, "maple_tree", "ma_root", &layout->root) &&
	       kernel_field(kernel, "maple_range_64", "parent", &layout->parent) &&
	       layout->parent.size == 8 && kernel_field_fits(layout->parent, NODE_SIZE) &&
	       resolve_node(kernel, "maple_range_64", &layout->range) &&
	       resolve_node(kernel, "maple_arange_64", &layout->arange);
}

/* xa_is_node() of the root; a pointer that is an entry has both bits clear. */
static bool is_root_node(uint64_t root)
{
	return (root & 3) == 2 && root > RESERVED_MAX;
}

/* A node that was replaced names itself as its parent (ma_dead_node()). */
static bool read_node(const struct kernel *kernel, const struct maple_tree_layout *layout,
		      uint64_t address, unsigned char *bytes)
{
	return address >> 63 &&
	       memory_read(kernel->memory, address, bytes, NODE_SIZE) == READ_OK &&
	       (kernel_load(bytes, layout->parent) & ~NODE_MASK) != address;
}

static const struct maple_node_layout *layout_of(const struct maple_tree_layout *layout,
						 unsigned int type)
{
	if (type == MAPLE_ARANGE_64)
		return &layout->arange;
	return type == MAPLE_LEAF_64 || type == MAPLE_RANGE_64 ? &layout->range : NULL;
}

static uint64_t word(const unsigned char *bytes, uint32_t offset, unsigned int i)
{
	return kernel_load(bytes, (struct field){offset + 8 * i, 8});
}

/*
 * The slot of a node whose indices end at *@max that holds @index; *@max becomes
 * the slot's end. A pivot of 0 after the first ends the data: it stands for *@max.
 */
static bool find_slot(const unsigned char *bytes, const struct maple_node_layout *node,
		      uint64_t index, uint64_t *max, unsigned int *slot)
{
	uint64_t last = 0, pivot;
	unsigned int i;

	for (i = 0; i < node->pivot_count; i++) {
		pivot = word(bytes, node->pivots, i);
		if (i && !pivot)
			break;
		if ((i && pivot <= last) || pivot > *max)
			return false;
		if (pivot >= index) {
			*max = pivot;
			break;
		}
		last = pivot;
	}
	*slot = i;
	return true;
}

bool maple_tree_load(const struct kernel *kernel, const struct maple_tree_layout *layout,
		     uint64_t tree, uint64_t index, uint64_t *entry)
{
	unsigned char bytes[NODE_SIZE];
	uint64_t next, max = UINT64_MAX;
	unsigned int level, slot;

	*entry = 0;
	if (memory_read_u64(kernel->memory, tree + layout->root.offset, &next) != READ_OK)
		return false;
	if (!is_root_node(next)) {
		/* an entry for index 0 needs no node */
		*entry = index ? 0 : next;
		return true;
	}
	for (level = 0; level < LEVELS_MAX; level++) {
		unsigned int type = (unsigned int)(next >> TYPE_SHIFT) & TYPE_MASK;
		const struct maple_node_layout *node = layout_of(layout, type);

		if (!node || !read_node(kernel, layout, next & ~NODE_MASK, bytes) ||
		    !find_slot(bytes, node, index, &max, &slot))
			return false;
		next = word(bytes, node->slots, slot);
		if (type == MAPLE_LEAF_64) {
			*entry = next;
			return true;
		}
	}
	return false;
}
