// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of shmem with swapped pages, of every order; and trees and lists that are torn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/shmem.h"
#include "kernel/swap_entry.h"

#define BASE	 UINT64_C(0xffff888000000000)
#define BYTES	 131072
#define SEEN_MAX 128

#define SWAPLIST BASE
#define MUTEX	 (BASE + 64)	/* shmem_swaplist_mutex; its owner is its first word */
#define SPINLOCK (BASE + 128)	/* shmem_swaplist_lock */

/* Within a shmem_inode_info, which has a page of its own: list, inode, address_space. */
#define LIST	  32
#define INODE	  256
#define NUMBER	  64
#define MAPPING	  48
#define MAPPED	  1024
#define HOST	  0
#define I_PAGES	  8

#define NODE_TAG  2
#define FOLIO	  UINT64_C(0xffffea0000001000)

struct files {
	struct fake_source fake;
	struct image image;
	struct types types;
	struct kernel kernel;
	uint8_t bytes[BYTES];
	unsigned int nodes;
	struct shmem_sweep sweep;
	struct shmem_entry seen[SEEN_MAX];
	size_t count, stop_after;
};

static void put(struct files *files, uint64_t address, uint64_t value, size_t size)
{
	memcpy(files->bytes + (address - BASE), &value, size);
}

static void link_nodes(struct files *files, uint64_t from, uint64_t to)
{
	put(files, from, to, 8);
	put(files, to + 8, from, 8);
}

static uint64_t info_at(unsigned int file)
{
	return BASE + 4096 * (1ULL + file);
}

static uint64_t inode_at(unsigned int file)
{
	return info_at(file) + INODE;
}

static uint64_t tree_of(unsigned int file)
{
	return info_at(file) + MAPPED + I_PAGES;
}

static void put_head(struct files *files, unsigned int file, uint64_t entry)
{
	put(files, tree_of(file) + 8, entry, 8);
}

static uint64_t new_node(struct files *files, unsigned int file, unsigned int shift)
{
	uint64_t node = BASE + 4096 * (8ULL + files->nodes++);

	put(files, node, shift, 1);
	put(files, node + 16, tree_of(file), 8);
	return node;
}

static void put_slot(struct files *files, uint64_t node, unsigned int slot, uint64_t entry)
{
	put(files, node + 40 + 8 * slot, entry, 8);
}

static void hang(struct files *files, uint64_t child, uint64_t parent, unsigned int slot)
{
	put(files, child + 8, parent, 8);
	put(files, child + 1, slot, 1);
	put_slot(files, parent, slot, child | NODE_TAG);
}

/* swp_to_radix_entry() */
static uint64_t value(unsigned int type, uint64_t slot)
{
	return swap_entry(type, slot) << 1 | 1;
}

static void put_siblings(struct files *files, uint64_t node, unsigned int slot,
			 unsigned int count)
{
	unsigned int i;

	for (i = 1; i < count; i++)
		put_slot(files, node, slot + i, slot << 2 | 2);
}

static void make_types(struct types *types)
{
	fake_add_member(types, "shmem_inode_info", "swaplist", LIST, 16);
	fake_add_member(types, "shmem_inode_info", "vfs_inode", INODE, 600);
	fake_add_member(types, "inode", "i_ino", NUMBER, 8);
	fake_add_member(types, "inode", "i_mapping", MAPPING, 8);
	fake_add_member(types, "address_space", "host", HOST, 8);
	fake_add_member(types, "address_space", "i_pages", I_PAGES, 16);
	fake_add_member(types, "mutex", "owner", 0, 8);
}

/* Three files on the list, with empty trees. */
static int setup(void **state)
{
	struct files *files = calloc(1, sizeof(*files));
	unsigned int i;

	make_types(&files->types);
	fake_add_symbol(&files->image, "shmem_swaplist", SWAPLIST);
	fake_add_symbol(&files->image, "shmem_swaplist_mutex", MUTEX);
	files->kernel.image = &files->image;
	files->kernel.types = &files->types;
	files->kernel.lock = (struct field){0, 4};
	files->kernel.xarray = (struct xarray_layout){
		.node_size = 576,
		.shift = {0, 1}, .offset = {1, 1}, .count = {2, 1}, .nr_values = {3, 1},
		.parent = {8, 8}, .array = {16, 8}, .slots = {40, 512},
		.slot_count = 64, .chunk_shift = 6, .lock = {0, 4}, .head = {8, 8},
	};
	for (i = 0; i < 3; i++) {
		put(files, inode_at(i) + NUMBER, 1000 + i, 8);
		put(files, inode_at(i) + MAPPING, info_at(i) + MAPPED, 8);
		put(files, info_at(i) + MAPPED + HOST, inode_at(i), 8);
		link_nodes(files, info_at(i) + LIST, info_at((i + 1) % 3) + LIST);
	}
	link_nodes(files, SWAPLIST, info_at(0) + LIST);
	link_nodes(files, info_at(2) + LIST, SWAPLIST);
	files->stop_after = SEEN_MAX;
	*state = files;
	return 0;
}

static int teardown(void **state)
{
	struct files *files = *state;

	memory_free(files->kernel.memory);
	free(files);
	return 0;
}

static bool visit(void *data, const struct shmem_entry *entry)
{
	struct files *files = data;

	assert_true(files->count < SEEN_MAX);
	files->seen[files->count++] = *entry;
	return files->count < files->stop_after;
}

static bool sweep(struct files *files)
{
	uint64_t hole = files->fake.hole;

	memory_free(files->kernel.memory);
	files->kernel.memory = fake_memory(&files->fake, BASE, files->bytes, BYTES);
	files->fake.hole = hole;
	files->count = 0;
	return shmem_for_each_swapped(&files->kernel, visit, files, &files->sweep);
}

static void expect(const struct files *files, size_t i, unsigned int file, uint64_t index,
		   uint64_t entry, uint64_t slots)
{
	assert_true(i < files->count);
	assert_int_equal(files->seen[i].inode, inode_at(file));
	assert_int_equal(files->seen[i].number, 1000 + file);
	assert_int_equal(files->seen[i].index, index);
	assert_int_equal(files->seen[i].entry, entry);
	assert_int_equal(files->seen[i].raw, entry << 1 | 1);
	assert_int_equal(files->seen[i].slots, slots);
}

static void expect_sound(const struct files *files, uint64_t nodes)
{
	assert_int_equal(files->sweep.files, 3);
	assert_int_equal(files->sweep.nodes, nodes);
	assert_int_equal(files->sweep.unreadable, 0);
	assert_true(files->sweep.complete);
	assert_false(files->sweep.moving);
}

/* File 1: a root of shift 6, a leaf at slot 2, which is indices 128 to 191. */
static void two_levels(struct files *files, uint64_t *root, uint64_t *leaf)
{
	*root = new_node(files, 1, 6);
	*leaf = new_node(files, 1, 0);
	put_head(files, 1, *root | NODE_TAG);
	hang(files, *leaf, *root, 2);
	put_slot(files, *leaf, 5, value(0, 300));
}

static void nothing(void **state)
{
	struct files *files = *state;

	assert_true(sweep(files));
	expect_sound(files, 0);
	assert_int_equal(files->count, 0);
	assert_int_equal(files->sweep.swapped, 0);
	link_nodes(files, SWAPLIST, SWAPLIST);
	assert_true(sweep(files));
	assert_true(files->sweep.complete);
	assert_int_equal(files->sweep.files, 0);
}

static void order_0(void **state)
{
	struct files *files = *state;
	uint64_t root, leaf;

	two_levels(files, &root, &leaf);
	put_slot(files, leaf, 6, FOLIO);
	put_slot(files, leaf, 63, value(3, 77));
	put_head(files, 0, value(1, 9));
	put_head(files, 2, FOLIO);
	assert_true(sweep(files));
	expect_sound(files, 2);
	/* file 2 has but a folio */
	assert_int_equal(files->sweep.swapped, 2);
	assert_int_equal(files->count, 3);
	expect(files, 0, 0, 0, swap_entry(1, 9), 1);
	assert_int_equal(files->seen[0].place, tree_of(0) + 8);
	expect(files, 1, 1, 133, swap_entry(0, 300), 1);
	assert_int_equal(files->seen[1].place, leaf + 40 + 8 * 5);
	expect(files, 2, 1, 191, swap_entry(3, 77), 1);
}

/* 6.12: values of order 2 and 9, beside large folios. */
static void large_orders(void **state)
{
	struct files *files = *state;
	uint64_t root, leaf;

	two_levels(files, &root, &leaf);
	put_slot(files, leaf, 8, value(0, 512));
	put_siblings(files, leaf, 8, 4);
	put_slot(files, leaf, 12, value(0, 516));
	put_slot(files, leaf, 16, FOLIO);
	put_siblings(files, leaf, 16, 16);
	put_slot(files, root, 8, value(2, 1024));
	put_siblings(files, root, 8, 8);
	put_slot(files, root, 16, FOLIO);
	put_siblings(files, root, 16, 8);
	put_slot(files, root, 63, value(2, 2048));
	assert_true(sweep(files));
	expect_sound(files, 2);
	assert_int_equal(files->count, 5);
	expect(files, 0, 1, 133, swap_entry(0, 300), 1);
	expect(files, 1, 1, 136, swap_entry(0, 512), 4);
	expect(files, 2, 1, 140, swap_entry(0, 516), 1);
	expect(files, 3, 1, 512, swap_entry(2, 1024), 512);
	assert_int_equal(files->seen[3].place, root + 40 + 8 * 8);
	expect(files, 4, 1, 63 * 64, swap_entry(2, 2048), 64);
}

/* More slots than a cluster has, and a value that stands for nearly everything. */
static void orders_that_cannot_be(void **state)
{
	struct files *files = *state;
	uint64_t root = new_node(files, 1, 54);

	put_head(files, 1, root | NODE_TAG);
	put_slot(files, root, 0, value(0, 1));
	put_siblings(files, root, 0, 64);
	assert_true(sweep(files));
	assert_int_equal(files->count, 0);
	assert_int_equal(files->sweep.unreadable, 1);
	put(files, root, 6, 1);
	assert_true(sweep(files));
	assert_int_equal(files->count, 0);
	assert_int_equal(files->sweep.unreadable, 1);
}

/* An error at swapin leaves the type of a marker; the visitor looks at it. */
static void markers(void **state)
{
	struct files *files = *state;

	put_head(files, 2, value(31, 1));
	assert_true(sweep(files));
	expect_sound(files, 0);
	assert_int_equal(files->count, 1);
	expect(files, 0, 2, 0, swap_entry(31, 1), 1);
}

static void visitor_stops(void **state)
{
	struct files *files = *state;
	uint64_t root, leaf;

	two_levels(files, &root, &leaf);
	put_slot(files, leaf, 9, value(0, 301));
	put_head(files, 2, value(0, 5));
	files->stop_after = 1;
	assert_false(sweep(files));
	assert_int_equal(files->count, 1);
	assert_false(files->sweep.complete);
	files->stop_after = 3;
	assert_false(sweep(files));
	assert_int_equal(files->count, 3);
}

static void locks(void **state)
{
	struct files *files = *state;

	put(files, tree_of(1), 1, 4);
	assert_true(sweep(files));
	assert_true(files->sweep.moving);
	assert_true(files->sweep.complete);
	put(files, tree_of(1), 0, 4);
	/* flags of the mutex without an owner; with one */
	put(files, MUTEX, 3, 8);
	assert_true(sweep(files));
	assert_false(files->sweep.moving);
	put(files, MUTEX, BASE + 1, 8);
	assert_true(sweep(files));
	assert_true(files->sweep.moving);
	/* a spinlock in its place; neither */
	fake_remove_symbol(&files->image, "shmem_swaplist_mutex");
	fake_add_symbol(&files->image, "shmem_swaplist_lock", SPINLOCK);
	assert_true(sweep(files));
	assert_false(files->sweep.moving);
	put(files, SPINLOCK, 1, 4);
	assert_true(sweep(files));
	assert_true(files->sweep.moving);
	fake_remove_symbol(&files->image, "shmem_swaplist_lock");
	put(files, SPINLOCK, 0, 4);
	assert_true(sweep(files));
	assert_true(files->sweep.moving);
}

static void torn_list(void **state)
{
	static const uint64_t pointers[] = {
		0, 8, 0x7f0000001000, BASE + BYTES, UINT64_MAX, UINT64_C(0xdead000000000100),
	};
	struct files *files = *state;
	size_t i;

	put_head(files, 0, value(0, 1));
	put_head(files, 2, value(0, 2));
	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		put(files, info_at(1) + LIST, pointers[i], 8);
		assert_true(sweep(files));
		assert_false(files->sweep.complete);
		assert_int_equal(files->sweep.files, 2);
		assert_int_equal(files->count, 1);
	}
	/* in a ring */
	put(files, info_at(1) + LIST, info_at(0) + LIST, 8);
	assert_true(sweep(files));
	assert_false(files->sweep.complete);
	assert_int_equal(files->count, 1);
}

static void files_that_are_none(void **state)
{
	struct files *files = *state;

	put_head(files, 0, value(0, 1));
	put_head(files, 1, value(0, 2));
	put_head(files, 2, value(0, 3));
	put(files, inode_at(0) + MAPPING, 0x7f0000001000, 8);
	put(files, info_at(1) + MAPPED + HOST, inode_at(2), 8);
	assert_true(sweep(files));
	assert_int_equal(files->sweep.files, 3);
	assert_int_equal(files->sweep.unreadable, 2);
	assert_int_equal(files->count, 1);
	expect(files, 0, 2, 0, swap_entry(0, 3), 1);
}

static void torn_trees(void **state)
{
	static const uint64_t nodes[] = {
		0x7f0000001000, BASE + BYTES, BASE + 4, UINT64_MAX - 63, BASE + 4096 * 20,
	};
	struct files *files = *state;
	uint64_t root, leaf;
	size_t i;

	two_levels(files, &root, &leaf);
	put_slot(files, root, 1, value(0, 64));
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		put_slot(files, root, 2, nodes[i] | NODE_TAG);
		assert_true(sweep(files));
		assert_int_equal(files->sweep.unreadable, 1);
		assert_int_equal(files->count, 1);
		put_head(files, 1, nodes[i] | NODE_TAG);
		assert_true(sweep(files));
		assert_int_equal(files->sweep.unreadable, 1);
		assert_int_equal(files->count, 0);
		put_head(files, 1, root | NODE_TAG);
	}
	/* a node below a leaf */
	put_slot(files, root, 2, leaf | NODE_TAG);
	put_slot(files, leaf, 0, leaf | NODE_TAG);
	assert_true(sweep(files));
	assert_int_equal(files->sweep.unreadable, 1);
	assert_int_equal(files->count, 2);
}

/* A node that is not where it says that it is: nothing in it is believed. */
static void nodes_out_of_place(void **state)
{
	struct files *files = *state;
	uint64_t root, leaf;

	two_levels(files, &root, &leaf);
	put(files, leaf, 6, 1);
	assert_true(sweep(files));
	assert_int_equal(files->sweep.unreadable, 1);
	put(files, leaf, 0, 1);
	put(files, leaf + 1, 3, 1);
	assert_true(sweep(files));
	assert_int_equal(files->sweep.unreadable, 1);
	put(files, leaf + 1, 2, 1);
	put(files, leaf + 8, leaf, 8);
	assert_true(sweep(files));
	assert_int_equal(files->sweep.unreadable, 1);
	put(files, leaf + 8, root, 8);
	put(files, leaf + 16, tree_of(2), 8);
	assert_true(sweep(files));
	assert_int_equal(files->sweep.unreadable, 1);
	put(files, leaf + 16, tree_of(1), 8);
	/* the root's own place is not used */
	put(files, root + 1, 9, 1);
	put(files, root + 8, leaf, 8);
	assert_true(sweep(files));
	expect_sound(files, 2);
	assert_int_equal(files->count, 1);
}

/* All slots of all nodes name the same few: each is read once. */
static void many_ways_to_one_node(void **state)
{
	struct files *files = *state;
	uint64_t nodes[10];
	unsigned int level, i;

	for (level = 0; level < 10; level++)
		nodes[level] = new_node(files, 1, 54 - 6 * level);
	put_head(files, 1, nodes[0] | NODE_TAG);
	for (level = 0; level < 9; level++) {
		for (i = 0; i < 64; i++)
			put_slot(files, nodes[level], i, nodes[level + 1] | NODE_TAG);
		hang(files, nodes[level + 1], nodes[level], 7);
	}
	for (i = 0; i < 64; i++)
		put_slot(files, nodes[9], i, value(0, i));
	assert_true(sweep(files));
	assert_int_equal(files->sweep.nodes, 10);
	assert_int_equal(files->sweep.unreadable, 9 * 63);
	assert_int_equal(files->count, 64);
}

static void missing_pages(void **state)
{
	struct files *files = *state;
	uint64_t root, leaf;

	two_levels(files, &root, &leaf);
	put_head(files, 2, value(0, 3));
	files->fake.hole = leaf;
	assert_true(sweep(files));
	assert_int_equal(files->sweep.unreadable, 1);
	assert_int_equal(files->count, 1);
	assert_true(files->sweep.complete);
	files->fake.hole = info_at(1);
	assert_true(sweep(files));
	assert_false(files->sweep.complete);
	files->fake.hole = BASE;
	assert_true(sweep(files));
	assert_false(files->sweep.complete);
	assert_int_equal(files->count, 0);
}

static void kernel_without_shmem(void **state)
{
	struct files *files = *state;

	fake_remove_symbol(&files->image, "shmem_swaplist");
	assert_true(sweep(files));
	assert_false(files->sweep.complete);
	fake_add_symbol(&files->image, "shmem_swaplist", SWAPLIST);
	fake_remove_type(&files->types, "shmem_inode_info");
	assert_true(sweep(files));
	assert_false(files->sweep.complete);
	assert_int_equal(files->sweep.files, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(order_0, setup, teardown),
		cmocka_unit_test_setup_teardown(large_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(orders_that_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(markers, setup, teardown),
		cmocka_unit_test_setup_teardown(visitor_stops, setup, teardown),
		cmocka_unit_test_setup_teardown(locks, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_list, setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_trees, setup, teardown),
		cmocka_unit_test_setup_teardown(nodes_out_of_place, setup, teardown),
		cmocka_unit_test_setup_teardown(many_ways_to_one_node, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_without_shmem, setup, teardown),
	};

	return cmocka_run_group_tests_name("shmem", tests, NULL, NULL);
}
