// SPDX-License-Identifier: GPL-2.0-or-later
/* Clusters and their lists in each form, from a device made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/swap_cluster.h"

#define BASE	 UINT64_C(0xffff888000100000)
#define CLUSTERS (BASE + 4096)		/* swap_cluster_info[] */
#define COUNT	 8
#define SLOTS	 (COUNT * 512 - 100)	/* the last cluster is short */
#define FAULTS_MAX 8

/* where lists begin in the made swap_info_struct */
#define FREE	 64
#define DISCARD	 128
#define FULL	 192
#define NONFULL	 256
#define FRAGMENT 512
#define ORDERS	 10

struct device {
	struct fake_source fake;
	struct image image;
	struct types types;
	struct kernel kernel;
	struct kswapck_device device;
	struct kswapck_list_fault faults[FAULTS_MAX];
	unsigned int fault_count;
	uint8_t bytes[2 * 4096];
};

static void put(struct device *made, uint64_t address, unsigned int size, uint64_t value)
{
	memcpy(made->bytes + (address - BASE), &value, size);
}

static void fake_add_bits(struct types *types, const char *path, uint32_t shift, uint32_t width)
{
	fake_add_member(types, "swap_cluster_info", path, 4, 4);
	types->members[types->member_count - 1].member.bit_offset = shift;
	types->members[types->member_count - 1].member.bit_size = width;
}

static void become_words(struct device *made)
{
	struct types *types = &made->types;

	made->kernel.swap.cluster_size = 8;
	fake_add_bits(types, "data", 0, 24);
	fake_add_bits(types, "flags", 24, 8);
	fake_add_member(types, "swap_info_struct", "free_clusters.head", FREE, 8);
	fake_add_member(types, "swap_info_struct", "free_clusters.tail", FREE + 8, 8);
	fake_add_member(types, "swap_info_struct", "discard_clusters.head", DISCARD, 8);
	fake_add_member(types, "swap_info_struct", "discard_clusters.tail", DISCARD + 8, 8);
	swap_cluster_layout_resolve(&made->kernel);
	assert_int_equal(made->kernel.swap.cluster.form, CLUSTER_WORD);
}

static void become_lists(struct device *made)
{
	struct types *types = &made->types;

	made->kernel.swap.cluster_size = 24;
	fake_add_member(types, "swap_cluster_info", "count", 4, 2);
	fake_add_member(types, "swap_cluster_info", "flags", 6, 1);
	fake_add_member(types, "swap_cluster_info", "order", 7, 1);
	fake_add_member(types, "swap_cluster_info", "list", 8, 16);
	fake_add_member(types, "swap_info_struct", "free_clusters", FREE, 16);
	fake_add_member(types, "swap_info_struct", "discard_clusters", DISCARD, 16);
	fake_add_member(types, "swap_info_struct", "full_clusters", FULL, 16);
	fake_add_array(types, "swap_info_struct", "nonfull_clusters", NONFULL, 16, ORDERS);
	fake_add_array(types, "swap_info_struct", "frag_clusters", FRAGMENT, 16, ORDERS);
	swap_cluster_layout_resolve(&made->kernel);
	assert_int_equal(made->kernel.swap.cluster.form,
			 types->enumerators ? CLUSTER_NUMBER : CLUSTER_BITS);
}

static int setup(void **state)
{
	struct device *made = aligned_alloc(4096, (sizeof(*made) + 4095) & ~4095ULL);

	memset(made, 0, sizeof(*made));
	made->kernel.memory = fake_memory(&made->fake, BASE, made->bytes, sizeof(made->bytes));
	made->kernel.image = &made->image;
	made->kernel.types = &made->types;
	made->kernel.lock = (struct field){0, 4};
	made->kernel.swap.cluster_slots = 512;
	made->device = (struct kswapck_device){
		.address = BASE,
		.slots = SLOTS,
		.clusters = CLUSTERS,
	};
	*state = made;
	return !made->kernel.memory;
}

static int teardown(void **state)
{
	struct device *made = *state;

	memory_free(made->kernel.memory);
	free(made);
	return 0;
}

static void take_fault(void *data, const struct kswapck_list_fault *fault)
{
	struct device *made = data;

	assert_true(made->fault_count < FAULTS_MAX);
	made->faults[made->fault_count++] = *fault;
}

static struct swap_clusters read_lists(struct device *made)
{
	struct swap_clusters clusters;
	struct error err = {0};

	made->fault_count = 0;
	assert_true(swap_clusters_read(&made->kernel, &made->device, take_fault, made, &clusters,
				       &err));
	assert_int_equal(clusters.count, COUNT);
	return clusters;
}

/* One fault, told with the word that is there. */
static void assert_fault(struct device *made, enum kswapck_list_fault_kind kind,
			 enum kswapck_cluster_list list, uint64_t where, uint64_t found)
{
	struct swap_clusters clusters = read_lists(made);

	assert_int_equal(made->fault_count, 1);
	assert_int_equal(made->faults[0].kind, kind);
	assert_int_equal(made->faults[0].list, list);
	assert_int_equal(made->faults[0].where, where);
	assert_int_equal(made->faults[0].found, found);
	assert_non_null(made->faults[0].member);
	assert_int_equal(clusters.lists_known,
			 kind == KSWAPCK_LIST_BACK ||
			 (kind == KSWAPCK_LIST_TAIL &&
			  made->kernel.swap.cluster.form != CLUSTER_WORD));
	swap_clusters_free(&clusters);
}

static struct kswapck_cluster cluster_at(struct device *made, uint64_t number)
{
	struct swap_clusters clusters = read_lists(made);
	struct kswapck_cluster cluster;

	assert_true(swap_cluster_at(&made->kernel, &made->device, &clusters, number, &cluster));
	swap_clusters_free(&clusters);
	return cluster;
}

/* ---------------------------------------------------------------------- words */

#define WORD_FREE 1
#define WORD_NULL 2
#define WORD_HUGE 4

static uint64_t word_of(uint64_t number)
{
	return CLUSTERS + 8 * number + 4;
}

static void put_word(struct device *made, uint64_t address, uint32_t data, uint32_t flags)
{
	put(made, address, 4, data | flags << 24);
}

/* 2, 5, 3 are free, 6 waits for its discard, the others are in use. */
static void put_words(struct device *made)
{
	become_words(made);
	put_word(made, BASE + FREE + 4, 2, 0);
	put_word(made, BASE + FREE + 8 + 4, 3, 0);
	put_word(made, word_of(2), 5, WORD_FREE);
	put_word(made, word_of(5), 3, WORD_FREE);
	put_word(made, word_of(3), 77, WORD_FREE);
	put_word(made, BASE + DISCARD + 4, 6, 0);
	put_word(made, BASE + DISCARD + 8 + 4, 6, 0);
	put_word(made, word_of(0), 1, 0);
	put_word(made, word_of(1), 512, WORD_HUGE);
	put_word(made, word_of(4), 300, 0);
	put_word(made, word_of(6), 4, 0);
	put_word(made, word_of(7), 100, 0);
}

static void words(void **state)
{
	static const uint8_t lists[COUNT] = {
		[2] = KSWAPCK_LIST_FREE, [3] = KSWAPCK_LIST_FREE, [5] = KSWAPCK_LIST_FREE,
		[6] = KSWAPCK_LIST_DISCARD,
	};
	struct device *made = *state;
	struct swap_clusters clusters;
	struct kswapck_cluster cluster;

	put_words(made);
	clusters = read_lists(made);
	assert_int_equal(made->fault_count, 0);
	assert_true(clusters.lists_known);
	assert_memory_equal(clusters.list, lists, COUNT);
	swap_clusters_free(&clusters);

	cluster = cluster_at(made, 4);
	assert_int_equal(cluster.count, 300);
	assert_int_equal(cluster.marks, 0);
	assert_int_equal(cluster.first_slot, 4 * 512);
	assert_int_equal(cluster.slots, 512);
	assert_int_equal(cluster.count_address, word_of(4));
	assert_int_equal(cluster.count_raw, 300);
	assert_int_equal(cluster.marks_address, word_of(4));
	assert_true(cluster.lists_known && !cluster.locked);
	assert_int_equal(cluster_at(made, 1).marks, KSWAPCK_CLUSTER_HUGE);
	assert_int_equal(cluster_at(made, 1).count, 512);
	assert_int_equal(cluster_at(made, 7).slots, 412);
}

/* The data of a listed cluster is a link and counts nothing. */
static void links_are_no_counts(void **state)
{
	struct device *made = *state;

	put_words(made);
	assert_int_equal(cluster_at(made, 3).marks, KSWAPCK_CLUSTER_FREE);
	assert_int_equal(cluster_at(made, 3).count, 0);
	assert_int_equal(cluster_at(made, 6).list, KSWAPCK_LIST_DISCARD);
	assert_int_equal(cluster_at(made, 6).count, 0);
}

static void empty_lists_of_words(void **state)
{
	struct device *made = *state;

	put_words(made);
	put_word(made, BASE + DISCARD + 4, 0, WORD_NULL);
	put_word(made, BASE + DISCARD + 8 + 4, 0, WORD_NULL);
	assert_int_equal(cluster_at(made, 6).list, KSWAPCK_LIST_NONE);
	assert_int_equal(made->fault_count, 0);
	/* a tail without a head; the page cache would not see it */
	put_word(made, BASE + DISCARD + 8 + 4, 6, 0);
	memory_free(made->kernel.memory);
	made->kernel.memory = memory_new(&made->fake.source, 0);
	assert_fault(made, KSWAPCK_LIST_TAIL, KSWAPCK_LIST_DISCARD, BASE + DISCARD + 8 + 4, 6);
}

static void word_out_of_range(void **state)
{
	struct device *made = *state;

	put_words(made);
	put_word(made, word_of(5), COUNT, WORD_FREE);
	assert_fault(made, KSWAPCK_LIST_POINTER, KSWAPCK_LIST_FREE, word_of(5),
		     COUNT | WORD_FREE << 24);
}

static void words_in_a_circle(void **state)
{
	struct device *made = *state;

	put_words(made);
	put_word(made, word_of(5), 2, WORD_FREE);
	assert_fault(made, KSWAPCK_LIST_CYCLE, KSWAPCK_LIST_FREE, word_of(5),
		     2 | WORD_FREE << 24);
}

/* From one list into the other. */
static void words_that_cross(void **state)
{
	struct device *made = *state;

	put_words(made);
	put_word(made, BASE + DISCARD + 4, 5, 0);
	assert_fault(made, KSWAPCK_LIST_CYCLE, KSWAPCK_LIST_DISCARD, BASE + DISCARD + 4, 5);
}

static void words_under_a_lock(void **state)
{
	struct device *made = *state;
	struct swap_clusters clusters;
	struct kswapck_cluster cluster;

	put_words(made);
	put_word(made, word_of(5), 2, WORD_FREE);
	put(made, CLUSTERS + 4 * 8, 4, 1);
	cluster = cluster_at(made, 4);
	assert_true(cluster.locked);
	assert_false(cluster_at(made, 0).locked);
	made->device.lock_held = true;
	clusters = read_lists(made);
	assert_int_equal(made->fault_count, 0);
	assert_false(clusters.lists_known);
	swap_clusters_free(&clusters);
	assert_true(cluster_at(made, 0).locked);
}

static void words_unreadable(void **state)
{
	struct device *made = *state;
	struct swap_clusters clusters;
	struct kswapck_cluster cluster;

	put_words(made);
	made->fake.hole = CLUSTERS;
	clusters = read_lists(made);
	assert_int_equal(made->fault_count, 0);
	assert_false(clusters.lists_known);
	assert_false(swap_cluster_at(&made->kernel, &made->device, &clusters, 4, &cluster));
	swap_clusters_free(&clusters);
}

/* Only heads and tails have it. */
static void odd_flags_of_words(void **state)
{
	struct device *made = *state;

	put_words(made);
	put_word(made, word_of(4), 300, WORD_NULL);
	put_word(made, word_of(0), 1, 0x80);
	assert_int_equal(cluster_at(made, 4).marks, KSWAPCK_CLUSTER_ODD);
	assert_int_equal(cluster_at(made, 0).marks, KSWAPCK_CLUSTER_ODD);
}

/* ---------------------------------------------------------------------- lists */

static uint64_t link_of(uint64_t number)
{
	return CLUSTERS + 24 * number + 8;
}

static void join_links(struct device *made, uint64_t from, uint64_t to)
{
	put(made, from, 8, to);
	put(made, to + 8, 8, from);
}

static void put_cluster(struct device *made, uint64_t number, uint32_t count, uint32_t flags,
			uint32_t order)
{
	put(made, CLUSTERS + 24 * number + 4, 4, count | flags << 16 | order << 24);
}

/* 2, 5, 3 are free, 1 is full, 0 and 7 not, 4 is fragmented; 6 is on no list. */
static void put_lists(struct device *made)
{
	unsigned int order;

	become_lists(made);
	join_links(made, BASE + DISCARD, BASE + DISCARD);
	for (order = 0; order < ORDERS; order++) {
		join_links(made, BASE + NONFULL + 16 * order, BASE + NONFULL + 16 * order);
		join_links(made, BASE + FRAGMENT + 16 * order, BASE + FRAGMENT + 16 * order);
	}
	join_links(made, BASE + FREE, link_of(2));
	join_links(made, link_of(2), link_of(5));
	join_links(made, link_of(5), link_of(3));
	join_links(made, link_of(3), BASE + FREE);
	join_links(made, BASE + FULL, link_of(1));
	join_links(made, link_of(1), BASE + FULL);
	join_links(made, BASE + NONFULL, link_of(0));
	join_links(made, link_of(0), link_of(7));
	join_links(made, link_of(7), BASE + NONFULL);
	join_links(made, BASE + FRAGMENT + 16 * 4, link_of(4));
	join_links(made, link_of(4), BASE + FRAGMENT + 16 * 4);
	put_cluster(made, 0, 1, 2, 0);
	put_cluster(made, 1, 512, 8, 9);
	put_cluster(made, 2, 0, 1, 0);
	put_cluster(made, 3, 0, 1, 0);
	put_cluster(made, 4, 496, 4, 4);
	put_cluster(made, 5, 0, 1, 0);
	put_cluster(made, 7, 100, 2, 0);
}

static void lists(void **state)
{
	static const uint8_t expected[COUNT] = {
		KSWAPCK_LIST_NONFULL, KSWAPCK_LIST_FULL, KSWAPCK_LIST_FREE, KSWAPCK_LIST_FREE,
		KSWAPCK_LIST_FRAGMENT, KSWAPCK_LIST_FREE, KSWAPCK_LIST_NONE,
		KSWAPCK_LIST_NONFULL,
	};
	static const uint32_t marks[COUNT] = {
		KSWAPCK_CLUSTER_NONFULL, KSWAPCK_CLUSTER_FULL, KSWAPCK_CLUSTER_FREE,
		KSWAPCK_CLUSTER_FREE, KSWAPCK_CLUSTER_FRAGMENT, KSWAPCK_CLUSTER_FREE, 0,
		KSWAPCK_CLUSTER_NONFULL,
	};
	struct device *made = *state;
	struct swap_clusters clusters;
	unsigned int i;

	put_lists(made);
	clusters = read_lists(made);
	assert_int_equal(made->fault_count, 0);
	assert_true(clusters.lists_known);
	assert_memory_equal(clusters.list, expected, COUNT);
	assert_int_equal(clusters.list_order[4], 4);
	swap_clusters_free(&clusters);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(cluster_at(made, i).marks, marks[i]);
	assert_int_equal(cluster_at(made, 4).count, 496);
	assert_int_equal(cluster_at(made, 4).order, 4);
	assert_int_equal(cluster_at(made, 4).list_order, 4);
	assert_int_equal(cluster_at(made, 4).count_size, 2);
	assert_int_equal(cluster_at(made, 4).marks_size, 1);
	assert_int_equal(cluster_at(made, 7).slots, 412);
}

/* 6.14: an enum; 8 is none of its numbers */
static void numbered_flags(void **state)
{
	static const struct fake_enumerator names[] = {
		{"CLUSTER_FLAG_NONE", 0}, {"CLUSTER_FLAG_FREE", 1}, {"CLUSTER_FLAG_NONFULL", 2},
		{"CLUSTER_FLAG_FRAG", 3}, {"CLUSTER_FLAG_FULL", 4}, {"CLUSTER_FLAG_DISCARD", 5},
		{"CLUSTER_FLAG_MAX", 6}, {0},
	};
	static const uint32_t marks[] = {
		0, KSWAPCK_CLUSTER_FREE, KSWAPCK_CLUSTER_NONFULL, KSWAPCK_CLUSTER_FRAGMENT,
		KSWAPCK_CLUSTER_FULL, KSWAPCK_CLUSTER_DISCARD, KSWAPCK_CLUSTER_ODD,
		KSWAPCK_CLUSTER_ODD,
	};
	struct device *made = *state;
	unsigned int i;

	made->types.enumerators = names;
	put_lists(made);
	for (i = 0; i < COUNT; i++)
		put_cluster(made, i, i, i, 0);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(cluster_at(made, i).marks, marks[i]);
		assert_int_equal(cluster_at(made, i).count, i);
	}
}

static void odd_flags_of_lists(void **state)
{
	struct device *made = *state;

	put_lists(made);
	put_cluster(made, 1, 512, 16, 0);
	put_cluster(made, 4, 512, 5, 0);
	assert_int_equal(cluster_at(made, 1).marks, KSWAPCK_CLUSTER_ODD);
	assert_int_equal(cluster_at(made, 4).marks,
			 KSWAPCK_CLUSTER_FREE | KSWAPCK_CLUSTER_FRAGMENT);
}

static void link_to_nowhere(void **state)
{
	static const uint64_t targets[] = {
		0, UINT64_C(0xdead000000000100), CLUSTERS, BASE, UINT64_MAX,
		CLUSTERS + 24 * COUNT + 8, CLUSTERS + 24 * 4 + 9, CLUSTERS + 8 - 24,
	};
	struct device *made = *state;
	unsigned int i;

	put_lists(made);
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		memory_overlay_clear(made->kernel.memory);
		assert_true(memory_overlay(made->kernel.memory, link_of(5), &targets[i], 8));
		assert_fault(made, KSWAPCK_LIST_POINTER, KSWAPCK_LIST_FREE, link_of(5),
			     targets[i]);
	}
}

static void links_in_a_circle(void **state)
{
	struct device *made = *state;

	put_lists(made);
	put(made, link_of(5), 8, link_of(2));
	assert_fault(made, KSWAPCK_LIST_CYCLE, KSWAPCK_LIST_FREE, link_of(5), link_of(2));
}

static void links_that_cross(void **state)
{
	struct device *made = *state;

	put_lists(made);
	put(made, BASE + FULL, 8, link_of(3));
	assert_fault(made, KSWAPCK_LIST_CYCLE, KSWAPCK_LIST_FULL, BASE + FULL, link_of(3));
}

static void wrong_way_back(void **state)
{
	struct device *made = *state;

	put_lists(made);
	put(made, link_of(5) + 8, 8, link_of(3));
	assert_fault(made, KSWAPCK_LIST_BACK, KSWAPCK_LIST_FREE, link_of(5) + 8, link_of(3));
	assert_true(made->faults[0].has_expected);
	assert_int_equal(made->faults[0].expected, link_of(2));
	assert_string_equal(made->faults[0].member, "swap_cluster_info.list.prev");
}

static void wrong_tail(void **state)
{
	struct device *made = *state;

	put_lists(made);
	put(made, BASE + FRAGMENT + 16 * 4 + 8, 8, link_of(2));
	assert_fault(made, KSWAPCK_LIST_TAIL, KSWAPCK_LIST_FRAGMENT, BASE + FRAGMENT + 16 * 4 + 8,
		     link_of(2));
	assert_int_equal(made->faults[0].list_order, 4);
	assert_int_equal(made->faults[0].expected, link_of(4));
	assert_string_equal(made->faults[0].member, "list_head.prev");
}

static void no_clusters(void **state)
{
	struct device *made = *state;
	struct swap_clusters clusters;
	struct error err = {0};

	become_lists(made);
	made->device.clusters = 0;
	assert_true(swap_clusters_read(&made->kernel, &made->device, take_fault, made, &clusters,
				       &err));
	assert_int_equal(clusters.count, 0);
	swap_clusters_free(&clusters);
}

/* A form that is not known is left alone. */
static void unknown_form(void **state)
{
	struct device *made = *state;
	struct swap_clusters clusters;
	struct error err = {0};

	made->kernel.swap.cluster_size = 24;
	swap_cluster_layout_resolve(&made->kernel);
	assert_int_equal(made->kernel.swap.cluster.form, CLUSTER_NONE);
	assert_true(swap_clusters_read(&made->kernel, &made->device, take_fault, made, &clusters,
				       &err));
	assert_int_equal(clusters.count, 0);
	swap_clusters_free(&clusters);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words),
		TEST(links_are_no_counts),
		TEST(empty_lists_of_words),
		TEST(word_out_of_range),
		TEST(words_in_a_circle),
		TEST(words_that_cross),
		TEST(words_under_a_lock),
		TEST(words_unreadable),
		TEST(odd_flags_of_words),
		TEST(lists),
		TEST(numbered_flags),
		TEST(odd_flags_of_lists),
		TEST(link_to_nowhere),
		TEST(links_in_a_circle),
		TEST(links_that_cross),
		TEST(wrong_way_back),
		TEST(wrong_tail),
		TEST(no_clusters),
		TEST(unknown_form),
	};

	return cmocka_run_group_tests_name("swap_cluster", tests, NULL, NULL);
}
