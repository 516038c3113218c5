// SPDX-License-Identifier: GPL-2.0-or-later
/* Maple trees made by hand: every kind of node, and damage that must not be followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/maple_tree.h"

#define BASE   UINT64_C(0xffff888000000000)
#define BYTES  16384
#define TREE   (BASE + 64)
#define NULLS  4		/* MAPLE_ENODE_NULL */
#define ENTRY  UINT64_C(0xffff888000100000)	/* what the leaves hold: + their index */

enum { DENSE, LEAF, RANGE, ARANGE };

static const struct maple_tree_layout layout = {
	.root = {8, 8}, .parent = {0, 8},
	.range = {.pivots = 8, .slots = 128, .pivot_count = 15},
	.arange = {.pivots = 8, .slots = 80, .pivot_count = 9},
};

struct forest {
	struct fake_source fake;
	struct kernel kernel;
	uint8_t bytes[BYTES];
	unsigned int nodes;
};

static int setup(void **state)
{
	struct forest *forest = calloc(1, sizeof(*forest));

	forest->kernel.memory = fake_memory(&forest->fake, BASE, forest->bytes, BYTES);
	forest->nodes = 16;	/* the first page is the tree's */
	*state = forest;
	return !forest->kernel.memory;
}

static int teardown(void **state)
{
	struct forest *forest = *state;

	memory_free(forest->kernel.memory);
	free(forest);
	return 0;
}

static void put(struct forest *forest, uint64_t address, uint64_t value)
{
	memcpy(forest->bytes + (address - BASE), &value, sizeof(value));
}

/* A node of @type; nodes are told by their pointers, as in the tree. */
static uint64_t new_node(struct forest *forest, unsigned int type)
{
	return (BASE + 256ULL * forest->nodes++) | type << 3 | NULLS;
}

static void put_slot(struct forest *forest, uint64_t node, unsigned int i, uint64_t last,
		     uint64_t entry)
{
	uint64_t address = node & ~255ULL;
	unsigned int pivots = (node >> 3 & 15) == ARANGE ? 9 : 15;

	if (i < pivots)
		put(forest, address + 8 + 8 * i, last);
	put(forest, address + (pivots == 9 ? 80 : 128) + 8 * i, entry);
}

static void put_root(struct forest *forest, uint64_t node)
{
	put(forest, TREE + 8, node | 2);
	put(forest, node & ~255ULL, TREE | 1);
}

/* Reads afresh: the page cache would not see what was changed behind it. */
static bool load(struct forest *forest, uint64_t index, uint64_t *entry)
{
	uint64_t hole = forest->fake.hole;

	memory_free(forest->kernel.memory);
	forest->kernel.memory = fake_memory(&forest->fake, BASE, forest->bytes, BYTES);
	forest->fake.hole = hole;
	return maple_tree_load(&forest->kernel, &layout, TREE, index, entry);
}

static void expect(struct forest *forest, uint64_t index, uint64_t expected)
{
	uint64_t entry = 1;

	assert_true(load(forest, index, &entry));
	assert_int_equal(entry, expected);
}

/* A leaf below @parent: nothing, then an entry, by turns; each is 16 indices long. */
static uint64_t make_leaf(struct forest *forest, uint64_t first, unsigned int slots,
			  uint64_t last)
{
	uint64_t leaf = new_node(forest, LEAF);
	unsigned int i;

	for (i = 0; i < slots; i++)
		put_slot(forest, leaf, i, i == slots - 1 ? last : first + 16 * i + 15,
			 i % 2 ? ENTRY + 256 * forest->nodes + 16 * i : 0);
	return leaf;
}

static uint64_t entry_of(const struct forest *forest, unsigned int i)
{
	return ENTRY + 256 * forest->nodes + 16 * i;
}

static void layouts(void **state)
{
	struct image image = {0};
	struct types types = {0}, none = {0};
	struct kernel kernel = {.image = &image, .types = &types};
	struct maple_tree_layout found;

	(void)state;
	fake_add_member(&types, "maple_tree", "ma_root", 8, 8);
	fake_add_member(&types, "maple_range_64", "parent", 0, 8);
	fake_add_array(&types, "maple_range_64", "pivot", 8, 8, 15);
	fake_add_array(&types, "maple_range_64", "slot", 128, 8, 16);
	fake_add_array(&types, "maple_arange_64", "pivot", 8, 8, 9);
	fake_add_array(&types, "maple_arange_64", "slot", 80, 8, 10);
	assert_true(maple_tree_layout_resolve(&kernel, &found));
	assert_memory_equal(&found, &layout, sizeof(layout));
	/* damaged: a node that is not as large as a node; slots that do not fit the pivots */
	fake_remove_type(&types, "maple_arange_64");
	fake_add_array(&types, "maple_arange_64", "pivot", 8, 8, 31);
	fake_add_array(&types, "maple_arange_64", "slot", 256, 8, 32);
	assert_false(maple_tree_layout_resolve(&kernel, &found));
	fake_remove_type(&types, "maple_arange_64");
	fake_add_array(&types, "maple_arange_64", "pivot", 8, 8, 9);
	fake_add_array(&types, "maple_arange_64", "slot", 80, 8, 9);
	assert_false(maple_tree_layout_resolve(&kernel, &found));
	/* before 6.1 */
	kernel.types = &none;
	assert_false(maple_tree_layout_resolve(&kernel, &found));
}

static void without_nodes(void **state)
{
	struct forest *forest = *state;

	expect(forest, 0, 0);
	expect(forest, 4096, 0);
	put(forest, TREE + 8, ENTRY);
	expect(forest, 0, ENTRY);
	expect(forest, 1, 0);
	put(forest, TREE + 8, 6);	/* reserved: no node */
	expect(forest, 1, 0);
}

static void one_leaf(void **state)
{
	struct forest *forest = *state;
	uint64_t leaf = make_leaf(forest, 0, 5, UINT64_MAX);

	put_root(forest, leaf);
	expect(forest, 0, 0);
	expect(forest, 15, 0);
	expect(forest, 16, entry_of(forest, 1));
	expect(forest, 31, entry_of(forest, 1));
	expect(forest, 32, 0);
	expect(forest, 48, entry_of(forest, 3));
	expect(forest, 64, 0);
	expect(forest, UINT64_MAX, 0);
	/* the last pivot may be left out: it is the end of the node */
	put_slot(forest, leaf, 4, 0, ENTRY);
	expect(forest, 64, ENTRY);
	expect(forest, UINT64_MAX, ENTRY);
}

/* The last slot has no pivot. */
static void full_leaf(void **state)
{
	struct forest *forest = *state;

	put_root(forest, make_leaf(forest, 0, 16, UINT64_MAX));
	expect(forest, 15 * 16 - 1, 0);
	expect(forest, 15 * 16, entry_of(forest, 15));
	expect(forest, UINT64_MAX, entry_of(forest, 15));
}

/* arange_64, range_64, leaf_64. */
static void three_levels(void **state)
{
	struct forest *forest = *state;
	uint64_t root = new_node(forest, ARANGE), inner = new_node(forest, RANGE);
	unsigned int i;

	put_root(forest, root);
	for (i = 0; i < 10; i++)
		put_slot(forest, root, i, 0x1000 * (i + 1) - 1, inner);
	/* its parent's slot 3 begins at 0x3000 */
	put_slot(forest, inner, 0, 0x30ff, make_leaf(forest, 0x3000, 4, 0x30ff));
	put_slot(forest, inner, 1, 0x3fff, make_leaf(forest, 0x3100, 6, 0x3fff));
	expect(forest, 0x3100, 0);
	expect(forest, 0x3110, entry_of(forest, 1));
	expect(forest, 0x3150, entry_of(forest, 5));
	expect(forest, 0x3fff, entry_of(forest, 5));
	forest->nodes--;
	expect(forest, 0x3030, entry_of(forest, 3));
	expect(forest, 0x30ff, entry_of(forest, 3));
}

/* The pointer tells the kind: a leaf's slots are entries, whatever they look like. */
static void nodes_of_no_kind(void **state)
{
	struct forest *forest = *state;
	uint64_t root = new_node(forest, ARANGE), inner = new_node(forest, RANGE);
	uint64_t leaf = make_leaf(forest, 0, 4, UINT64_MAX), entry;
	unsigned int type;

	put_root(forest, root);
	put_slot(forest, inner, 0, UINT64_MAX, leaf);
	for (type = 0; type < 16; type++) {
		put_slot(forest, root, 0, UINT64_MAX, (inner & ~255ULL) | type << 3);
		assert_int_equal(load(forest, 16, &entry), type == LEAF || type == RANGE);
		if (type == LEAF)
			assert_int_equal(entry, leaf);
		else if (type == RANGE)
			assert_int_equal(entry, entry_of(forest, 1));
	}
	for (type = 0; type < 16; type++) {
		put(forest, TREE + 8, (inner & ~255ULL) | type << 3 | 2);
		assert_int_equal(load(forest, 16, &entry), type == LEAF || type == RANGE);
	}
}

static void pivots_that_cannot_be(void **state)
{
	struct forest *forest = *state;
	uint64_t root = new_node(forest, RANGE), leaf = make_leaf(forest, 0, 8, 0xfff), entry;

	put_root(forest, root);
	put_slot(forest, root, 0, 0xfff, leaf);
	put_slot(forest, root, 1, UINT64_MAX, leaf);
	expect(forest, 0x70, entry_of(forest, 7));
	/* not ascending */
	put_slot(forest, leaf, 3, 0x2f, ENTRY);
	assert_false(load(forest, 0x70, &entry));
	put_slot(forest, leaf, 3, 0x10, ENTRY);
	assert_false(load(forest, 0x70, &entry));
	/* beyond the end of the node */
	put_slot(forest, leaf, 3, 0x1000, ENTRY);
	assert_false(load(forest, 0x70, &entry));
	/* what lies before the damage can be found as before */
	assert_true(load(forest, 0x10, &entry));
}

static void dead_nodes(void **state)
{
	struct forest *forest = *state;
	uint64_t root = new_node(forest, RANGE), leaf = make_leaf(forest, 0, 4, UINT64_MAX);
	uint64_t entry;

	put_root(forest, root);
	put_slot(forest, root, 0, UINT64_MAX, leaf);
	expect(forest, 0x10, entry_of(forest, 1));
	put(forest, leaf & ~255ULL, leaf & ~255ULL);
	assert_false(load(forest, 0x10, &entry));
	put(forest, leaf & ~255ULL, root);
	put(forest, root & ~255ULL, root & ~255ULL);
	assert_false(load(forest, 0x10, &entry));
}

static void pointers_to_nowhere(void **state)
{
	static const uint64_t pointers[] = {
		0, 8, 0x7f0000001000, BASE + BYTES, UINT64_MAX, UINT64_MAX << 8,
		UINT64_C(0xdead000000000100),
	};
	struct forest *forest = *state;
	uint64_t root = new_node(forest, RANGE), entry;
	size_t i;

	put_root(forest, root);
	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		put_slot(forest, root, 0, UINT64_MAX, (pointers[i] & ~255ULL) | LEAF << 3);
		assert_false(load(forest, 16, &entry));
	}
	assert_false(maple_tree_load(&forest->kernel, &layout, 0x1000, 16, &entry));
	assert_false(maple_tree_load(&forest->kernel, &layout, UINT64_MAX - 15, 16, &entry));
}

static void missing_pages(void **state)
{
	struct forest *forest = *state;
	uint64_t entry;

	put_root(forest, make_leaf(forest, 0, 4, UINT64_MAX));
	forest->fake.hole = BASE + 4096;
	assert_false(load(forest, 16, &entry));
	forest->fake.hole = BASE;
	assert_false(load(forest, 16, &entry));
}

static void rings(void **state)
{
	struct forest *forest = *state;
	uint64_t root = new_node(forest, RANGE), inner = new_node(forest, ARANGE), entry;

	put_root(forest, root);
	put_slot(forest, root, 0, UINT64_MAX, root);
	assert_false(load(forest, 16, &entry));
	put_slot(forest, root, 0, UINT64_MAX, inner);
	put_slot(forest, inner, 0, UINT64_MAX, root);
	assert_false(load(forest, 16, &entry));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test_setup_teardown(without_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(one_leaf, setup, teardown),
		cmocka_unit_test_setup_teardown(full_leaf, setup, teardown),
		cmocka_unit_test_setup_teardown(three_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(nodes_of_no_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(pivots_that_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(dead_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(pointers_to_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(rings, setup, teardown),
	};

	return cmocka_run_group_tests_name("maple_tree", tests, NULL, NULL);
}
