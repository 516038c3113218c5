// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk over xarrays, good and broken, made of a few nodes in a fake memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/xarray.h"

#define BASE	  UINT64_C(0xffff888000000000)
#define BYTES	  65536
#define ARRAY	  (BASE + 64)		/* the struct xarray */
#define FIRST	  (BASE + 4096)		/* the first node; each has a page of its own */
#define NODE_SIZE 576
#define TAG	  2
#define PAGE_A	  UINT64_C(0xffffea0000001000)
#define SHADOW	  UINT64_C(0x1235)
#define SEEN_MAX  32

static const struct xarray_layout layout_64 = {
	.node_size = NODE_SIZE,
	.shift = {0, 1}, .offset = {1, 1}, .count = {2, 1}, .nr_values = {3, 1},
	.parent = {8, 8}, .array = {16, 8}, .slots = {40, 512},
	.slot_count = 64, .chunk_shift = 6,
	.lock = {0, 4}, .head = {8, 8},
};

struct seen {
	uint64_t index, entry, where;
};

struct tree {
	struct fake_source fake;
	struct kernel kernel;
	uint8_t *bytes;
	unsigned int nodes;
	struct seen entries[SEEN_MAX];
	size_t entry_count;
	struct kswapck_tree_fault faults[SEEN_MAX];
	size_t fault_count;
	uint64_t gap_node, gap_first, gap_count;
	enum read_status gap_status;
	size_t gaps, leaves;
};

static int setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	tree->bytes = calloc(1, BYTES);
	tree->kernel.memory = fake_memory(&tree->fake, BASE, tree->bytes, BYTES);
	tree->kernel.xarray = layout_64;
	tree->kernel.lock = (struct field){0, 4};
	*state = tree;
	return !tree->kernel.memory;
}

static int teardown(void **state)
{
	struct tree *tree = *state;

	memory_free(tree->kernel.memory);
	free(tree->bytes);
	free(tree);
	return 0;
}

/* ------------------------------------------------------------------- the builder */

static void put(struct tree *tree, uint64_t address, uint64_t value, size_t size)
{
	memcpy(tree->bytes + (address - BASE), &value, size);
}

static void put_head(struct tree *tree, uint64_t head)
{
	put(tree, ARRAY + 8, head, 8);
}

static uint64_t new_node(struct tree *tree, unsigned int shift)
{
	uint64_t node = FIRST + 4096ULL * tree->nodes++;

	put(tree, node, shift, 1);
	put(tree, node + 16, ARRAY, 8);
	return node;
}

static void put_slot(struct tree *tree, uint64_t node, unsigned int slot, uint64_t entry)
{
	uint8_t *header = tree->bytes + (node - BASE);

	put(tree, node + 40 + 8 * slot, entry, 8);
	header[2]++;
	header[3] = (uint8_t)(header[3] + (entry & 1));
}

static void hang(struct tree *tree, uint64_t child, uint64_t parent, unsigned int slot)
{
	put(tree, child + 8, parent, 8);
	put(tree, child + 1, slot, 1);
	put_slot(tree, parent, slot, child | TAG);
}

/* A root of shift 6 with one leaf at slot 2: indices 128 to 191. */
static void two_levels(struct tree *tree, uint64_t *root, uint64_t *leaf)
{
	*root = new_node(tree, 6);
	*leaf = new_node(tree, 0);
	put_head(tree, *root | TAG);
	hang(tree, *leaf, *root, 2);
}

/* -------------------------------------------------------------------- the visitor */

static void on_entry(void *data, uint64_t index, uint64_t entry, uint64_t where)
{
	struct tree *tree = data;

	assert_true(tree->entry_count < SEEN_MAX);
	tree->entries[tree->entry_count++] = (struct seen){index, entry, where};
}

static void on_fault(void *data, const struct kswapck_tree_fault *fault)
{
	struct tree *tree = data;

	assert_true(tree->fault_count < SEEN_MAX);
	tree->faults[tree->fault_count++] = *fault;
}

static void on_gap(void *data, uint64_t node, uint64_t first, uint64_t count,
		   enum read_status status)
{
	struct tree *tree = data;

	tree->gap_node = node;
	tree->gap_first = first;
	tree->gap_count = count;
	tree->gap_status = status;
	tree->gaps++;
}

/* The page cache would not see what was put behind it. */
static void forget(struct tree *tree)
{
	memory_free(tree->kernel.memory);
	tree->kernel.memory = memory_new(&tree->fake.source, 0);
	assert_non_null(tree->kernel.memory);
}

/* The entries of a leaf one by one, as if it had not been taken in one go. */
static void on_leaf(void *data, const struct xarray_leaf *leaf)
{
	struct tree *tree = data;
	size_t before = tree->entry_count;
	uint32_t values = 0, i;

	for (i = 0; i < leaf->slots; i++) {
		values += leaf->entries[i] & 1;
		if (leaf->entries[i])
			on_entry(tree, leaf->index + i, leaf->entries[i], leaf->where + 8 * i);
	}
	assert_int_equal(leaf->slots, tree->kernel.xarray.slot_count);
	assert_int_equal(leaf->count, tree->entry_count - before);
	assert_int_equal(leaf->values, values);
	tree->leaves++;
}

static void walk_as(struct tree *tree, const struct xarray_visitor *visitor, uint64_t first,
		    uint64_t count)
{
	struct xarray xarray;

	forget(tree);
	assert_int_equal(xarray_read(&tree->kernel, ARRAY, &xarray), READ_OK);
	xarray_walk(&tree->kernel, &xarray, first, count, visitor);
}

/* Both ways tell the same. */
static void walk(struct tree *tree, uint64_t first, uint64_t count)
{
	const struct xarray_visitor one_by_one = {
		.data = tree, .entry = on_entry, .fault = on_fault, .unreadable = on_gap,
	};
	struct xarray_visitor visitor = one_by_one;
	struct tree before = *tree, alone;
	size_t i;

	walk_as(tree, &one_by_one, first, count);
	alone = *tree;
	*tree = before;
	tree->kernel = alone.kernel;
	visitor.leaf = on_leaf;
	walk_as(tree, &visitor, first, count);
	assert_memory_equal(tree->entries, alone.entries, sizeof(alone.entries));
	assert_int_equal(tree->entry_count, alone.entry_count);
	assert_int_equal(tree->fault_count, alone.fault_count);
	for (i = 0; i < tree->fault_count; i++) {
		assert_int_equal(tree->faults[i].kind, alone.faults[i].kind);
		assert_int_equal(tree->faults[i].where, alone.faults[i].where);
		assert_int_equal(tree->faults[i].found, alone.faults[i].found);
	}
	assert_int_equal(tree->gaps, alone.gaps);
}

static void assert_entry(const struct tree *tree, size_t i, uint64_t index, uint64_t entry,
			 uint64_t where)
{
	assert_true(i < tree->entry_count);
	assert_int_equal(tree->entries[i].index, index);
	assert_int_equal(tree->entries[i].entry, entry);
	assert_int_equal(tree->entries[i].where, where);
}

/* Exactly one fault, of @kind, over [@first, @first + @slots), in the word at @where. */
static void assert_fault(const struct tree *tree, enum kswapck_tree_fault_kind kind,
			 uint64_t first, uint64_t slots, uint64_t where)
{
	assert_int_equal(tree->fault_count, 1);
	assert_int_equal(tree->faults[0].kind, kind);
	assert_int_equal(tree->faults[0].first_slot, first);
	assert_int_equal(tree->faults[0].slots, slots);
	assert_int_equal(tree->faults[0].where, where);
}

/* --------------------------------------------------------------------- good trees */

static void empty_tree(void **state)
{
	struct tree *tree = *state;

	walk(tree, 0, 16384);
	assert_int_equal(tree->entry_count + tree->fault_count + tree->gaps, 0);
}

static void entry_in_the_head(void **state)
{
	struct tree *tree = *state;

	put_head(tree, PAGE_A);
	walk(tree, 0, 16384);
	assert_int_equal(tree->entry_count, 1);
	assert_entry(tree, 0, 0, PAGE_A, ARRAY + 8);
}

static void leaf_as_root(void **state)
{
	struct tree *tree = *state;
	uint64_t leaf = new_node(tree, 0);

	put_head(tree, leaf | TAG);
	put_slot(tree, leaf, 5, PAGE_A);
	put_slot(tree, leaf, 63, SHADOW);
	walk(tree, 0, 16384);
	assert_int_equal(tree->entry_count, 2);
	assert_int_equal(tree->fault_count, 0);
	assert_entry(tree, 0, 5, PAGE_A, leaf + 40 + 8 * 5);
	assert_entry(tree, 1, 63, SHADOW, leaf + 40 + 8 * 63);
	assert_int_equal(tree->leaves, 1);
}

/* Whole leaves of nothing but values and pointers, all of which were asked for. */
static void leaves_in_one_go(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 5, PAGE_A);
	put_slot(tree, leaf, 6, SHADOW);
	walk(tree, 128, 64);
	assert_int_equal(tree->leaves, 1);
	walk(tree, 128, 63);
	walk(tree, 129, 64);
	assert_int_equal(tree->leaves, 1);
	put_slot(tree, leaf, 7, 402);
	walk(tree, 128, 64);
	assert_int_equal(tree->leaves, 1);
	assert_int_equal(tree->fault_count, 1);
}

static void three_levels(void **state)
{
	struct tree *tree = *state;
	uint64_t root = new_node(tree, 12), middle = new_node(tree, 6), leaf = new_node(tree, 0);

	put_head(tree, root | TAG);
	hang(tree, middle, root, 5);
	hang(tree, leaf, middle, 7);
	put_slot(tree, leaf, 9, PAGE_A);
	/* the second space of a kernel whose indices are slots: 16384 to 32767 */
	walk(tree, 16384, 16384);
	assert_int_equal(tree->fault_count, 0);
	assert_entry(tree, 0, 5 * 4096 + 7 * 64 + 9, PAGE_A, leaf + 40 + 8 * 9);
}

/* The root's offset is left over from a deeper tree: not a fault. */
static void offset_of_root_unused(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 1, PAGE_A);
	put(tree, root + 1, 33, 1);
	walk(tree, 0, 16384);
	assert_int_equal(tree->fault_count, 0);
	assert_int_equal(tree->entry_count, 1);
}

/* CONFIG_BASE_SMALL: nodes of 16 slots */
static void small_nodes(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	tree->kernel.xarray.slot_count = 16;
	tree->kernel.xarray.chunk_shift = 4;
	tree->kernel.xarray.node_size = 40 + 16 * 8;
	root = new_node(tree, 4);
	leaf = new_node(tree, 0);
	put_head(tree, root | TAG);
	hang(tree, leaf, root, 3);
	put_slot(tree, leaf, 2, PAGE_A);
	walk(tree, 0, 16384);
	assert_int_equal(tree->fault_count, 0);
	assert_entry(tree, 0, 3 * 16 + 2, PAGE_A, leaf + 40 + 16);
}

/* ------------------------------------------------------------------- broken headers */

struct header_case {
	uint64_t at, value;
	size_t size;
	enum kswapck_tree_fault_kind kind;
};

static void wrong_headers(void **state)
{
	static const struct header_case cases[] = {
		{1, 3, 1, KSWAPCK_TREE_HEADER},			/* offset */
		{2, 9, 1, KSWAPCK_TREE_COUNT},
		{3, 9, 1, KSWAPCK_TREE_COUNT},			/* nr_values */
		{8, 0, 8, KSWAPCK_TREE_HEADER},			/* parent */
		{16, BASE, 8, KSWAPCK_TREE_HEADER},		/* array */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tree *tree;
		uint64_t root, leaf;

		teardown(state);
		setup(state);
		tree = *state;
		two_levels(tree, &root, &leaf);
		put_slot(tree, leaf, 1, PAGE_A);
		put(tree, leaf + cases[i].at, cases[i].value, cases[i].size);
		walk(tree, 0, 16384);
		assert_fault(tree, cases[i].kind, 128, 64, leaf + cases[i].at);
		assert_int_equal(tree->faults[0].node, leaf);
		assert_int_equal(tree->faults[0].found, cases[i].value);
		assert_true(tree->faults[0].has_expected);
		/* what is wrong by the way does not hide the entries */
		assert_int_equal(tree->entry_count, 1);
	}
}

/* With a wrong shift the kernel looks up other indices than we would. */
static void wrong_shift_hides(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 1, PAGE_A);
	put(tree, leaf, 6, 1);
	walk(tree, 0, 16384);
	assert_fault(tree, KSWAPCK_TREE_HEADER, 128, 64, leaf);
	assert_int_equal(tree->entry_count, 0);
}

static void impossible_root_shifts(void **state)
{
	static const uint8_t shifts[] = {1, 5, 7, 55, 60, 66, 252, 255};
	size_t i;

	for (i = 0; i < sizeof(shifts); i++) {
		struct tree *tree;
		uint64_t root, leaf;

		teardown(state);
		setup(state);
		tree = *state;
		two_levels(tree, &root, &leaf);
		put(tree, root, shifts[i], 1);
		walk(tree, 0, 16384);
		assert_fault(tree, KSWAPCK_TREE_HEADER, 0, 16384, root);
	}
}

/* The deepest root that is believed: everything below it is out of range, or a fault. */
static void deepest_root(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put(tree, root, 54, 1);
	walk(tree, 0, 16384);
	assert_int_equal(tree->entry_count, 0);
	assert_fault(tree, KSWAPCK_TREE_RANGE, 2ULL << 54, 1ULL << 54, root + 40 + 16);
}

static void lock_excuses_counts(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 1, PAGE_A);
	put(tree, leaf + 2, 7, 1);
	put(tree, leaf + 3, 7, 1);
	put(tree, root + 8, leaf, 8);
	put(tree, ARRAY, 1, 4);
	walk(tree, 0, 16384);
	assert_int_equal(tree->fault_count, 0);
	assert_int_equal(tree->entry_count, 1);
}

/* A kernel for one CPU has no word in its locks: held or not, nobody knows. */
static void unknown_lock_excuses_counts(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	tree->kernel.lock.size = 0;
	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 1, PAGE_A);
	put(tree, leaf + 2, 7, 1);
	walk(tree, 0, 16384);
	assert_int_equal(tree->fault_count, 0);
	assert_int_equal(tree->entry_count, 1);
}

/* ------------------------------------------------------------------- broken entries */

static void wrong_entries(void **state)
{
	static const struct {
		uint64_t entry;
		enum kswapck_tree_fault_kind kind;
	} cases[] = {
		{0 << 2 | 2, KSWAPCK_TREE_SIBLING},
		{62 << 2 | 2, KSWAPCK_TREE_SIBLING},
		{63 << 2 | 2, KSWAPCK_TREE_INTERNAL},
		{256 << 2 | 2, KSWAPCK_TREE_INTERNAL},		/* retry */
		{257 << 2 | 2, KSWAPCK_TREE_INTERNAL},		/* zero */
		{4094, KSWAPCK_TREE_INTERNAL},
		{(uint64_t)-12 << 2 | 2, KSWAPCK_TREE_INTERNAL},/* -ENOMEM */
		{FIRST | TAG, KSWAPCK_TREE_INTERNAL},		/* a node in a leaf */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tree *tree;
		uint64_t root, leaf;

		teardown(state);
		setup(state);
		tree = *state;
		two_levels(tree, &root, &leaf);
		put_slot(tree, leaf, 1, PAGE_A);
		put_slot(tree, leaf, 2, cases[i].entry);
		/* only bit 0 makes a value: none of these counts as one */
		walk(tree, 0, 16384);
		assert_fault(tree, cases[i].kind, 130, 1, leaf + 40 + 16);
		assert_int_equal(tree->faults[0].found, cases[i].entry);
		assert_int_equal(tree->entry_count, 1);
	}
}

static void entry_in_inner_node(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, root, 3, PAGE_A);
	walk(tree, 0, 16384);
	assert_fault(tree, KSWAPCK_TREE_SIBLING, 192, 64, root + 40 + 24);
}

static void bad_pointers(void **state)
{
	static const uint64_t pointers[] = {
		UINT64_C(0x7fff12340000) | TAG,		/* user memory */
		(FIRST + 4) | TAG,			/* not aligned; still an internal entry */
		UINT64_C(0xffffc90000000000) | TAG,	/* nothing there */
		(BASE + BYTES - 8) | TAG,		/* the node would run over the end */
	};
	size_t i;

	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		struct tree *tree;
		uint64_t root, leaf;

		teardown(state);
		setup(state);
		tree = *state;
		two_levels(tree, &root, &leaf);
		put_slot(tree, root, 4, pointers[i]);
		walk(tree, 0, 16384);
		assert_fault(tree, KSWAPCK_TREE_POINTER, 256, 64, root + 40 + 32);
	}
}

static void bad_head(void **state)
{
	struct tree *tree = *state;

	put_head(tree, UINT64_C(0xffffc90000000000) | TAG);
	walk(tree, 0, 1000);
	assert_fault(tree, KSWAPCK_TREE_POINTER, 0, 1000, ARRAY + 8);
	assert_int_equal(tree->faults[0].node, 0);
}

static void cycles(void **state)
{
	struct tree *tree = *state;
	uint64_t root = new_node(tree, 12), middle = new_node(tree, 6);

	put_head(tree, root | TAG);
	hang(tree, middle, root, 0);
	put_slot(tree, middle, 1, root | TAG);
	put_slot(tree, middle, 2, middle | TAG);
	walk(tree, 0, 16384);
	assert_int_equal(tree->fault_count, 2);
	assert_int_equal(tree->faults[0].kind, KSWAPCK_TREE_CYCLE);
	assert_int_equal(tree->faults[0].first_slot, 64);
	assert_int_equal(tree->faults[1].kind, KSWAPCK_TREE_CYCLE);
	assert_int_equal(tree->faults[1].first_slot, 128);
}

/* ------------------------------------------------------------------ range and gaps */

static void entries_out_of_range(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 1, PAGE_A);
	put_slot(tree, leaf, 40, SHADOW);
	walk(tree, 0, 150);
	assert_int_equal(tree->entry_count, 1);
	assert_fault(tree, KSWAPCK_TREE_RANGE, 168, 1, leaf + 40 + 8 * 40);
}

/* A subtree outside is one fault, not one of each of its entries. */
static void subtree_out_of_range(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 1, PAGE_A);
	put_slot(tree, leaf, 2, PAGE_A);
	walk(tree, 0, 128);
	assert_int_equal(tree->entry_count, 0);
	assert_fault(tree, KSWAPCK_TREE_RANGE, 128, 64, root + 40 + 16);
}

static void node_not_in_the_dump(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 1, PAGE_A);
	tree->fake.hole = leaf;
	walk(tree, 0, 16384);
	assert_int_equal(tree->fault_count, 0);
	assert_int_equal(tree->gaps, 1);
	assert_int_equal(tree->gap_node, leaf);
	assert_int_equal(tree->gap_first, 128);
	assert_int_equal(tree->gap_count, 64);
	assert_int_equal(tree->gap_status, READ_EXCLUDED);
}

static void root_not_in_the_dump(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf;

	two_levels(tree, &root, &leaf);
	tree->fake.hole = root;
	walk(tree, 16384, 5000);
	assert_int_equal(tree->fault_count, 0);
	assert_int_equal(tree->gaps, 1);
	assert_int_equal(tree->gap_first, 16384);
	assert_int_equal(tree->gap_count, 5000);
}

/* ------------------------------------------------------------------- xarray_lowest() */

static bool lowest_within(struct tree *tree, unsigned int *nodes, uint64_t *index)
{
	struct xarray xarray;

	forget(tree);
	assert_int_equal(xarray_read(&tree->kernel, ARRAY, &xarray), READ_OK);
	return xarray_lowest(&tree->kernel, &xarray, nodes, index);
}

static bool lowest(struct tree *tree, uint64_t *index)
{
	unsigned int nodes = 512;

	return lowest_within(tree, &nodes, index);
}

static void lowest_index(void **state)
{
	struct tree *tree = *state;
	uint64_t root, leaf, index;

	assert_false(lowest(tree, &index));
	put_head(tree, PAGE_A);
	assert_true(lowest(tree, &index));
	assert_int_equal(index, 0);
	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 37, SHADOW);
	assert_true(lowest(tree, &index));
	assert_int_equal(index, 128 + 37);
}

static void lowest_of_a_cycle(void **state)
{
	struct tree *tree = *state;
	uint64_t root = new_node(tree, 54), index;

	put_head(tree, root | TAG);
	put_slot(tree, root, 0, root | TAG);
	/* it must end; what it says does not matter */
	lowest(tree, &index);
}

/* Nodes that are shared and empty: 64^9 of them, if nobody counted. */
static void lowest_of_shared_nodes(void **state)
{
	struct tree *tree = *state;
	uint64_t above = new_node(tree, 54), below, index;
	unsigned int nodes = 1000, i, shift;

	put_head(tree, above | TAG);
	for (shift = 54; shift > 24; shift -= 6, above = below) {
		below = new_node(tree, shift - 6);
		for (i = 0; i < 64; i++)
			put_slot(tree, above, i, below | TAG);
	}
	assert_false(lowest_within(tree, &nodes, &index));
	assert_int_equal(nodes, 0);
}

/* What was not there costs what was read, and not all that could be. */
static void lowest_below_a_hole(void **state)
{
	struct tree *tree = *state;
	unsigned int nodes = 1000;
	uint64_t root, leaf, index;

	two_levels(tree, &root, &leaf);
	put_slot(tree, leaf, 37, SHADOW);
	tree->fake.hole = leaf;
	assert_false(lowest_within(tree, &nodes, &index));
	assert_int_equal(nodes, 998);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(entry_in_the_head, setup, teardown),
		cmocka_unit_test_setup_teardown(leaf_as_root, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_in_one_go, setup, teardown),
		cmocka_unit_test_setup_teardown(three_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(offset_of_root_unused, setup, teardown),
		cmocka_unit_test_setup_teardown(small_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_shift_hides, setup, teardown),
		cmocka_unit_test_setup_teardown(impossible_root_shifts, setup, teardown),
		cmocka_unit_test_setup_teardown(deepest_root, setup, teardown),
		cmocka_unit_test_setup_teardown(lock_excuses_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_lock_excuses_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(entry_in_inner_node, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_head, setup, teardown),
		cmocka_unit_test_setup_teardown(cycles, setup, teardown),
		cmocka_unit_test_setup_teardown(entries_out_of_range, setup, teardown),
		cmocka_unit_test_setup_teardown(subtree_out_of_range, setup, teardown),
		cmocka_unit_test_setup_teardown(node_not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(root_not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(lowest_index, setup, teardown),
		cmocka_unit_test_setup_teardown(lowest_of_a_cycle, setup, teardown),
		cmocka_unit_test_setup_teardown(lowest_of_shared_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(lowest_below_a_hole, setup, teardown),
	};

	return cmocka_run_group_tests_name("xarray", tests, NULL, NULL);
}
