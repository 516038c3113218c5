// SPDX-License-Identifier: GPL-2.0-or-later
/* The shape of the trees. */
#include "faults.h"

#define NODE_TAG 2UL

/* The first slot below the node that holds @victim's entry. */
static uint64_t leaf_first(const struct scene *scene, const struct victim *victim)
{
	return victim->slot - victim->index % scene->kernel->xarray.slot_count;
}

/* One finding of all the slots of a leaf. */
static void expect_leaf(struct scene *scene, const struct victim *victim, const char *id,
			const char *detail)
{
	expect(scene, id, leaf_first(scene, victim), scene->kernel->xarray.slot_count, detail);
}

/* One finding of the slots below the root, as far as this space has them. */
static void expect_root(struct scene *scene, const struct victim *victim,
			const struct tree_node *root, const char *id, const char *detail)
{
	uint64_t slots = (uint64_t)scene->kernel->xarray.slot_count << root->shift;

	expect(scene, id, victim->space_first,
	       slots < victim->space_slots ? slots : victim->space_slots, detail);
}

/* ---------------------------------------------------------- KS301 tree-pointer */

static bool leaf_pointer(struct scene *scene, uint64_t value)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_leaf(scene, &victim, &leaf))
		return false;
	lay_tree_word(scene, leaf.pointer_place, 0, value);
	expect_leaf(scene, &victim, "KS301", "xa_node.slots[]");
	return true;
}

static bool pointer_to_user_memory(struct scene *scene)
{
	return leaf_pointer(scene, 0x7f0012345600 | NODE_TAG);
}

static bool pointer_to_nowhere(struct scene *scene)
{
	return leaf_pointer(scene, 0xffffff7fdeadbe00 | NODE_TAG);
}

/*
 * In a page of a process, whatever stands there, be it in the dump or not. A distilled dump
 * may be without the page tables that lead there: then it is not seen whose page it is.
 */
static bool pointer_to_process_memory(struct scene *scene)
{
	struct victim victim;
	uint64_t page, physical;

	if (!find_small_folio(scene, &victim) || !kernel_direct_map(scene->kernel, &page))
		return false;
	page += victim.page.pfn << kernel_page_shift(scene->kernel);
	if (memory_physical(scene->dump.memory, page, &physical) != READ_OK)
		return skip(scene, "the page tables that lead to the page are left out");
	return leaf_pointer(scene, page | NODE_TAG);
}

static bool pointer_not_aligned(struct scene *scene)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_leaf(scene, &victim, &leaf))
		return false;
	lay_added(scene, leaf.pointer_place, 8, 4);
	expect_leaf(scene, &victim, "KS301", "xa_node.slots[]");
	return true;
}

static bool root_pointer(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	lay_tree_word(scene, root_place(scene, &victim), 0, 0xffffff7fdeadbe00 | NODE_TAG);
	expect(scene, "KS301", victim.space_first, victim.space_slots, "xarray.xa_head");
	return true;
}

/* ------------------------------------------------------------- KS302 tree-node */

static bool leaf_header(struct scene *scene, struct field field, uint64_t value,
			const char *detail)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_leaf(scene, &victim, &leaf))
		return false;
	lay_field(scene, leaf.address, field, value);
	expect_leaf(scene, &victim, "KS302", detail);
	return true;
}

static bool header_parent(struct scene *scene)
{
	return leaf_header(scene, scene->kernel->xarray.parent, 0xffff888000123000,
			   "xa_node.parent");
}

static bool header_offset(struct scene *scene)
{
	return leaf_header(scene, scene->kernel->xarray.offset, 77, "xa_node.offset");
}

static bool header_array(struct scene *scene)
{
	return leaf_header(scene, scene->kernel->xarray.array, 0xffff888000123000,
			   "xa_node.array");
}

static bool header_shift(struct scene *scene)
{
	return leaf_header(scene, scene->kernel->xarray.shift, 12, "xa_node.shift");
}

/* Freed and used again: nothing of it fits. The shift is told, the rest not believed. */
static bool node_overwritten(struct scene *scene)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;
	struct tree_node leaf;
	struct victim victim;
	uint32_t i;

	if (!find_small_leaf(scene, &victim, &leaf))
		return false;
	for (i = 0; i + 8 <= layout->node_size; i += 8)
		lay(scene, leaf.address + i, 8, 0x6b6b6b6b6b6b6b6b);
	expect_leaf(scene, &victim, "KS302", "xa_node.shift");
	return true;
}

static bool root_shift(struct scene *scene)
{
	struct tree_node root;
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !root_of(scene, &victim, &root))
		return false;
	lay_field(scene, root.address, scene->kernel->xarray.shift, 5);
	expect(scene, "KS302", victim.space_first, victim.space_slots, "xa_node.shift");
	return true;
}

static bool root_parent(struct scene *scene)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;
	struct tree_node root;
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !root_of(scene, &victim, &root))
		return false;
	lay_field(scene, root.address, layout->parent, root.address);
	expect_root(scene, &victim, &root, "KS302", "xa_node.parent");
	return true;
}

/* ------------------------------------------------------------ KS303 tree-count */

static bool leaf_count(struct scene *scene, struct field field, int64_t difference,
		       const char *detail)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_leaf(scene, &victim, &leaf))
		return false;
	lay_added(scene, leaf.address + field.offset, field.size, difference);
	expect_leaf(scene, &victim, "KS303", detail);
	return true;
}

static bool count_high(struct scene *scene)
{
	return leaf_count(scene, scene->kernel->xarray.count, 1, "xa_node.count");
}

static bool count_impossible(struct scene *scene)
{
	return leaf_count(scene, scene->kernel->xarray.count, 128, "xa_node.count");
}

static bool values_high(struct scene *scene)
{
	return leaf_count(scene, scene->kernel->xarray.nr_values, 1, "xa_node.nr_values");
}

static bool inner_count(struct scene *scene)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;
	struct tree_node root;
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !root_of(scene, &victim, &root))
		return false;
	lay_added(scene, root.address + layout->count.offset, 1, 1);
	expect_root(scene, &victim, &root, "KS303", "xa_node.count");
	return true;
}

/* ---------------------------------------------- KS304 tree-sibling, KS305 internal */

static bool entry_is(struct scene *scene, uint64_t entry, const char *id)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	lay_tree_word(scene, victim.place,
		      victim.place - 8 * (victim.index % scene->kernel->xarray.slot_count), entry);
	expect(scene, id, victim.slot, 1, "xa_node.slots[]");
	return true;
}

static bool sibling(struct scene *scene)
{
	return entry_is(scene, 0 << 2 | 2, "KS304");
}

static bool last_sibling(struct scene *scene)
{
	return entry_is(scene, 62 << 2 | 2, "KS304");
}

/* A folio where a leaf should hang would stand for all its slots at once. */
static bool multi_index(struct scene *scene)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_leaf(scene, &victim, &leaf))
		return false;
	lay(scene, leaf.pointer_place, 8, victim.entry);
	expect_leaf(scene, &victim, "KS304", "xa_node.slots[]");
	return true;
}

static bool retry_entry(struct scene *scene)
{
	return entry_is(scene, 256 << 2 | 2, "KS305");
}

static bool zero_entry(struct scene *scene)
{
	return entry_is(scene, 257 << 2 | 2, "KS305");
}

/* xa_mk_internal(-ENOMEM) */
static bool error_entry(struct scene *scene)
{
	return entry_is(scene, (uint64_t)-12 << 2 | 2, "KS305");
}

static bool node_in_leaf(struct scene *scene)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !leaf_of(scene, &victim, &leaf))
		return false;
	lay_tree_word(scene, victim.place, 0, leaf.address | NODE_TAG);
	expect(scene, "KS305", victim.slot, 1, "xa_node.slots[]");
	return true;
}

/* ------------------------------------------- KS306 tree-range, KS307 tree-cycle */

/* An empty slot of the root that lies outside of the space; 0 if there is none. */
static uint64_t place_out_of_range(struct scene *scene, const struct victim *victim,
				   const struct tree_node *root)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;
	uint64_t i, place;

	for (i = (victim->space_slots - 1) / (1ULL << root->shift) + 1; i < layout->slot_count;
	     i++) {
		/* the space's own indices begin at 0 or at its first slot */
		if (i << root->shift >= victim->space_first &&
		    i << root->shift < victim->space_first + victim->space_slots)
			continue;
		place = root->address + layout->slots.offset + 8 * i;
		if (!peek(scene, place, 8))
			return place;
	}
	return 0;
}

static bool out_of_range(struct scene *scene)
{
	struct tree_node leaf, root;
	struct victim victim;
	uint64_t place;

	if (!find_deep_leaf(scene, &victim, &leaf) || !root_of(scene, &victim, &root))
		return false;
	place = place_out_of_range(scene, &victim, &root);
	if (!place)
		return skip(scene, "the tree has no room beyond its slots");
	lay(scene, place, 8, victim.entry);
	lay_added(scene, root.address + scene->kernel->xarray.count.offset, 1, 1);
	/* of no slot of this space: where it would be depends on the kernel */
	scene->expected_any_slot = true;
	expect(scene, "KS306", 0, 0, "xa_node.slots[]");
	return true;
}

static bool cycle_to_parent(struct scene *scene)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_leaf(scene, &victim, &leaf))
		return false;
	lay_tree_word(scene, leaf.pointer_place, 0, leaf.parent | NODE_TAG);
	expect_leaf(scene, &victim, "KS307", "xa_node.slots[]");
	return true;
}

static bool cycle_to_root(struct scene *scene)
{
	struct tree_node leaf, root;
	struct victim victim;

	if (!find_deep_leaf(scene, &victim, &leaf) || !root_of(scene, &victim, &root))
		return false;
	lay_tree_word(scene, leaf.pointer_place, 0, root.address | NODE_TAG);
	expect_leaf(scene, &victim, "KS307", "xa_node.slots[]");
	return true;
}

const struct fault tree_faults[] = {
	{"pointer to a node in user memory", pointer_to_user_memory},
	{"pointer to a node nowhere", pointer_to_nowhere},
	{"pointer to a node in memory of a process", pointer_to_process_memory},
	{"pointer to a node not aligned", pointer_not_aligned},
	{"pointer to the root nowhere", root_pointer},
	{"node with a wrong parent", header_parent},
	{"node with a wrong offset", header_offset},
	{"node of another array", header_array},
	{"node with a wrong shift", header_shift},
	{"node freed and overwritten", node_overwritten},
	{"root with an impossible shift", root_shift},
	{"root with a parent", root_parent},
	{"node with count too high", count_high},
	{"node with an impossible count", count_impossible},
	{"node with nr_values too high", values_high},
	{"root with count too high", inner_count},
	{"sibling entry", sibling},
	{"last sibling entry", last_sibling},
	{"folio in place of a node", multi_index},
	{"retry entry", retry_entry},
	{"zero entry", zero_entry},
	{"error entry", error_entry},
	{"node in a leaf", node_in_leaf},
	{"entry beyond the slots of the tree", out_of_range},
	{"node that leads to its parent", cycle_to_parent},
	{"node that leads to the root", cycle_to_root},
	{0},
};
