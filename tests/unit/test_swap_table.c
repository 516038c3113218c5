// SPDX-License-Identifier: GPL-2.0-or-later
/* Swap tables in each form, from a device made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/page.h"
#include "kernel/swap_cache_table.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"

#define BASE	 UINT64_C(0xffff888000100000)
#define CLUSTERS BASE			/* swap_cluster_info[] */
#define MAP	 (BASE + 2048)		/* swap_map */
#define TABLE(n) (BASE + 4096 * (1 + (n)))
#define EXTEND	 (BASE + 4096 * 4)
#define SIZE	 48			/* of a cluster */
#define SLOTS	 (4 * 512 - 100)
#define VMEMMAP	 UINT64_C(0xffffea0000000000)
#define PAGES	 1000
#define BAD	 (~UINT64_C(0) << 3)
#define FAULTS_MAX 8

struct made {
	struct fake_source fake;
	struct image image;
	struct types types;
	struct kernel kernel;
	struct kswapck_device device;
	struct swap_space space;
	struct kswapck_tree_fault faults[FAULTS_MAX];
	unsigned int fault_count;
	uint8_t bytes[5 * 4096];
};

static void put(struct made *made, uint64_t address, unsigned int size, uint64_t value)
{
	memcpy(made->bytes + (address - BASE), &value, size);
}

static void put_cluster(struct made *made, unsigned int number, uint64_t table, uint64_t count)
{
	put(made, CLUSTERS + SIZE * number + 4, 2, count);
	put(made, CLUSTERS + SIZE * number + 8, 8, table);
}

static void put_word(struct made *made, uint64_t slot, uint64_t word)
{
	put(made, TABLE(slot / 512) + 8 * (slot % 512), 8, word);
}

static uint64_t pfn_word(uint64_t pfn, uint64_t count)
{
	return count << 60 | pfn << 2 | 2;
}

/* The types of a kernel with tables. */
static void add_types(struct types *types)
{
	fake_add_member(types, "swap_cluster_info", "table", 8, 8);
	fake_add_member(types, "swap_cluster_info", "count", 4, 2);
	fake_add_member(types, "swap_info_struct", "cluster_info", 80, 8);
	fake_add_member(types, "xa_node", "shift", 0, 1);
	fake_add_member(types, "xa_node", "offset", 1, 1);
	fake_add_member(types, "xa_node", "count", 2, 1);
	fake_add_member(types, "xa_node", "nr_values", 3, 1);
	fake_add_member(types, "xa_node", "parent", 8, 8);
	fake_add_member(types, "xa_node", "array", 16, 8);
	fake_add_array(types, "xa_node", "slots", 40, 8, 64);
	fake_add_size(types, "xa_node", 576);
	fake_add_member(types, "xarray", "xa_lock", 0, 4);
	fake_add_member(types, "xarray", "xa_head", 8, 8);
	fake_add_size(types, "swap_table", 4096);
}

static int setup(void **state)
{
	struct made *made = aligned_alloc(4096, (sizeof(*made) + 4095) & ~4095ULL);
	struct swap_layout *swap;

	memset(made, 0, sizeof(*made));
	made->kernel.memory = fake_memory(&made->fake, BASE, made->bytes, sizeof(made->bytes));
	made->kernel.image = &made->image;
	made->kernel.types = &made->types;
	made->kernel.lock = (struct field){0, 4};
	made->kernel.page = (struct page_layout){.size = 64, .vmemmap = VMEMMAP, .pages = PAGES};
	made->kernel.swap_cache = &swap_cache_table;
	swap = &made->kernel.swap;
	swap->cluster_size = SIZE;
	swap->cluster_slots = 256;
	swap->cluster.form = CLUSTER_NUMBER;
	swap->cluster.count = (struct bit_field){.word = {4, 2}, .width = 16};
	add_types(&made->types);
	made->device = (struct kswapck_device){
		.address = BASE, .slots = SLOTS, .pages = SLOTS - 1, .clusters = CLUSTERS,
	};
	*state = made;
	return !made->kernel.memory;
}

static int teardown(void **state)
{
	struct made *made = *state;

	memory_free(made->kernel.memory);
	free(made);
	return 0;
}

static void resolve(struct made *made, enum table_form form)
{
	struct error err = {0};

	assert_true(swap_cache_table.probe(&made->kernel));
	assert_true(swap_cache_table.resolve(&made->kernel, &err));
	assert_int_equal(made->kernel.swap.table.form, form);
	assert_int_equal(made->kernel.swap.cluster_slots, 512);
}

/* 7.2 and later: nothing but the table itself. */
static void become_flags(struct made *made)
{
	fake_add_member(&made->types, "swap_cluster_info", "extend_table", 16, 8);
	fake_add_member(&made->types, "swap_cluster_info", "memcg_table", 24, 8);
	resolve(made, TABLE_FLAGS);
}

static void become_count(struct made *made)
{
	fake_add_member(&made->types, "swap_cluster_info", "extend_table", 16, 8);
	fake_add_member(&made->types, "swap_info_struct", "zeromap", 80, 8);
	resolve(made, TABLE_COUNT);
}

/* A bitmap of each cluster, where words have no room for the flag: it counts all the same. */
static void count_with_bitmaps(void **state)
{
	struct made *made = *state;

	fake_add_member(&made->types, "swap_cluster_info", "zero_bitmap", 32, 8);
	resolve(made, TABLE_COUNT);
	assert_int_equal(made->kernel.swap.table.flags, 15ULL << 60);
}

/* Up to 7.0, with swap_map; 6.18 and 6.19 have SWAP_HAS_CACHE in it. */
static void become_pointers(struct made *made, bool marks)
{
	made->kernel.swap.map = (struct field){80, 8};
	made->device.swap_map = MAP;
	if (!marks)
		fake_add_symbol(&made->image, "swap_put_entries_direct", 0xffffffff81000000);
	resolve(made, TABLE_POINTER);
	assert_int_equal(made->kernel.swap.table.map_marks, marks);
}

static void take_fault(void *data, const struct kswapck_space *space,
		       const struct kswapck_tree_fault *fault)
{
	struct made *made = data;

	assert_ptr_equal(space, &made->space.space);
	assert_true(made->fault_count < FAULTS_MAX);
	made->faults[made->fault_count++] = *fault;
}

static void read_all(struct made *made)
{
	uint64_t count;

	made->fault_count = 0;
	assert_true(swap_cache_table.spaces(&made->kernel, &made->device, &count));
	assert_int_equal(count, 1);
	assert_true(swap_cache_table.read(&made->kernel, &made->device, 0, &made->space,
					  take_fault, made));
	assert_int_equal(made->space.space.slots, SLOTS);
}

/* What both ways of reading say of a slot. */
static void assert_slot(struct made *made, uint64_t slot, enum kswapck_entry_kind kind,
			uint64_t entry, uint8_t map)
{
	uint64_t looked[2];
	uint8_t kinds[2];

	assert_int_equal(made->space.kinds[slot], kind);
	assert_int_equal(made->space.entries[slot], entry);
	assert_int_equal(made->space.map_read[slot], 1);
	assert_int_equal(made->space.map[slot], map);
	/* over the end of a table, too */
	swap_cache_table.lookup(&made->kernel, &made->device, slot, 2, looked, kinds);
	assert_int_equal(kinds[0], kind);
	assert_int_equal(looked[0], entry);
	assert_int_equal(kinds[1], made->space.kinds[slot + 1]);
	assert_int_equal(looked[1], made->space.entries[slot + 1]);
}

static void words_with_flags(void **state)
{
	struct made *made = *state;

	become_flags(made);
	put_cluster(made, 0, TABLE(0), 6);
	put_cluster(made, 1, TABLE(1), 1);
	put_word(made, 0, BAD);
	put_word(made, 1, pfn_word(7, 0));
	put_word(made, 2, pfn_word(7, 3) | 1ULL << 59);
	put_word(made, 3, 1);
	put_word(made, 4, 2ULL << 60 | 1ULL << 59 | 0xabc1);
	put_word(made, 511, pfn_word(PAGES, 1));
	put_word(made, 512, pfn_word(PAGES - 1, 14));
	read_all(made);
	assert_int_equal(made->fault_count, 0);
	assert_true(made->space.space.complete);
	assert_slot(made, 0, KSWAPCK_ENTRY_NONE, 0, SWAP_MAP_BAD);
	assert_slot(made, 1, KSWAPCK_ENTRY_PAGE, VMEMMAP + 7 * 64, SWAP_HAS_CACHE);
	assert_slot(made, 2, KSWAPCK_ENTRY_PAGE, VMEMMAP + 7 * 64, SWAP_HAS_CACHE | 3);
	assert_slot(made, 3, KSWAPCK_ENTRY_SHADOW, 1, 0);
	assert_slot(made, 4, KSWAPCK_ENTRY_SHADOW, 0x280000000000abc1, 2);
	assert_slot(made, 5, KSWAPCK_ENTRY_NONE, 0, 0);
	/* no page frame has this number: the word is left as it is, for the checks */
	assert_slot(made, 511, KSWAPCK_ENTRY_PAGE, pfn_word(PAGES, 1), SWAP_HAS_CACHE | 1);
	assert_slot(made, 512, KSWAPCK_ENTRY_PAGE, VMEMMAP + (PAGES - 1) * 64,
		    SWAP_HAS_CACHE | 14);
	assert_slot(made, 1100, KSWAPCK_ENTRY_NONE, 0, 0);
	assert_int_equal(made->space.space.pages_found, 4);
	assert_int_equal(made->space.space.shadows_found, 2);
	assert_int_equal(made->space.space.words[2], pfn_word(7, 3) | 1ULL << 59);
	assert_int_equal(made->space.places[0], TABLE(0));
	assert_int_equal(made->space.places[512 / 16], TABLE(1));
	assert_int_equal(made->space.places[1024 / 16], 0);
}

/* What is the zero flag in 7.2 is part of the number in 7.1. */
static void words_with_counts(void **state)
{
	struct made *made = *state;

	become_count(made);
	put_cluster(made, 0, TABLE(0), 3);
	put_word(made, 1, pfn_word(7, 3));
	put_word(made, 2, pfn_word(7, 3) | 1ULL << 59);
	put_word(made, 3, BAD);
	put_word(made, 4, 2ULL << 60 | 1ULL << 59 | 0x1235);
	put_word(made, 6, 1ULL << 60 | 1);	/* swapped out by hibernation: a shadow of nothing */
	read_all(made);
	assert_slot(made, 1, KSWAPCK_ENTRY_PAGE, VMEMMAP + 7 * 64, SWAP_HAS_CACHE | 3);
	assert_slot(made, 2, KSWAPCK_ENTRY_PAGE, pfn_word(7, 3) | 1ULL << 59, SWAP_HAS_CACHE | 3);
	assert_slot(made, 3, KSWAPCK_ENTRY_NONE, 0, SWAP_MAP_BAD);
	assert_slot(made, 4, KSWAPCK_ENTRY_SHADOW, 2ULL << 60 | 1ULL << 59 | 0x1235, 2);
	assert_slot(made, 6, KSWAPCK_ENTRY_SHADOW, 1ULL << 60 | 1, 1);
	assert_slot(made, 7, KSWAPCK_ENTRY_NONE, 0, 0);
	assert_int_equal(made->space.space.pages_found, 2);
	assert_int_equal(made->space.space.shadows_found, 2);
}

static void put_pointers(struct made *made)
{
	put_cluster(made, 0, TABLE(0), 3);
	put_word(made, 1, VMEMMAP + 64);
	put_word(made, 2, 0x1235);
	put_word(made, 3, VMEMMAP + 128);
	put_word(made, 4, VMEMMAP + 128);
	put(made, MAP, 1, SWAP_MAP_BAD);
	put(made, MAP + 1, 1, 2);
	put(made, MAP + 2, 1, 1);
	put(made, MAP + 3, 1, SWAP_MAP_BAD);
}

static void words_of_pointers(void **state)
{
	struct made *made = *state;

	put_pointers(made);
	become_pointers(made, true);
	read_all(made);
	assert_slot(made, 0, KSWAPCK_ENTRY_NONE, 0, SWAP_MAP_BAD);
	assert_slot(made, 1, KSWAPCK_ENTRY_PAGE, VMEMMAP + 64, 2);
	assert_slot(made, 2, KSWAPCK_ENTRY_SHADOW, 0x1235, 1);
	assert_slot(made, 4, KSWAPCK_ENTRY_PAGE, VMEMMAP + 128, 0);
	/* the word at the place of a count is a pointer there: none to show */
	assert_false(swap_cache_table.count_place(&made->kernel, &made->device, 1,
						  &(uint64_t){0}));
}

/* 7.0 has no SWAP_HAS_CACHE: what is cached has it here all the same, but for bad slots. */
static void marks_are_added(void **state)
{
	struct made *made = *state;

	put_pointers(made);
	become_pointers(made, false);
	read_all(made);
	assert_slot(made, 1, KSWAPCK_ENTRY_PAGE, VMEMMAP + 64, SWAP_HAS_CACHE | 2);
	assert_slot(made, 2, KSWAPCK_ENTRY_SHADOW, 0x1235, 1);
	assert_slot(made, 3, KSWAPCK_ENTRY_PAGE, VMEMMAP + 128, SWAP_MAP_BAD);
	assert_slot(made, 4, KSWAPCK_ENTRY_PAGE, VMEMMAP + 128, SWAP_HAS_CACHE);
}

static void assert_fault(struct made *made, enum kswapck_tree_fault_kind kind, uint64_t slot,
			 uint64_t slots, uint64_t where, uint64_t found)
{
	assert_int_equal(made->fault_count, 1);
	assert_int_equal(made->faults[0].kind, kind);
	assert_int_equal(made->faults[0].first_slot, slot);
	assert_int_equal(made->faults[0].slots, slots);
	assert_int_equal(made->faults[0].where, where);
	assert_int_equal(made->faults[0].found, found);
	assert_false(made->space.space.complete);
}

static void try_unknown_marks(struct made *made)
{
	static const uint64_t words[] = {4, 0xffff888000001004, BAD & ~(UINT64_C(1) << 63), 8};
	const char *why = "";
	uint64_t count;
	unsigned int i;

	put_cluster(made, 0, TABLE(0), 1);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		put_word(made, 9, words[i]);
		memory_forget(made->kernel.memory);
		read_all(made);
		assert_fault(made, KSWAPCK_TABLE_MARK, 9, 1, TABLE(0) + 72, words[i]);
		assert_slot(made, 9, KSWAPCK_ENTRY_ODD, words[i], COUNT_CONTINUED);
		assert_int_equal(swap_count_read(&made->kernel, &made->device, 9, COUNT_CONTINUED,
						 &count, &why), SWAP_COUNT_UNKNOWN);
	}
}

static void unknown_marks(void **state)
{
	become_flags(*state);
	try_unknown_marks(*state);
}

static void unknown_marks_of_counts(void **state)
{
	become_count(*state);
	try_unknown_marks(*state);
}

/* Tables that cannot be, or that are not there: nothing is made up in their place. */
static void lost_tables(void **state)
{
	struct made *made = *state;

	become_flags(made);
	put_cluster(made, 1, 0, 17);
	read_all(made);
	assert_fault(made, KSWAPCK_TABLE_MISSING, 512, 512, CLUSTERS + SIZE + 8, 0);
	assert_int_equal(made->space.kinds[1023], KSWAPCK_ENTRY_ODD);
	assert_int_equal(made->space.map_read[1023], 0);
	assert_int_equal(made->space.map_read[1024], 1);
	assert_int_equal(made->space.gaps.map_slots, 512);
	/* while its lock is held, it may be on its way */
	put(made, CLUSTERS + SIZE, 4, 1);
	memory_forget(made->kernel.memory);
	read_all(made);
	assert_int_equal(made->fault_count, 0);
	assert_true(made->space.space.locked);
	put(made, CLUSTERS + SIZE, 4, 0);
	put_cluster(made, 1, 0x7000, 17);
	memory_forget(made->kernel.memory);
	read_all(made);
	assert_fault(made, KSWAPCK_TABLE_POINTER, 512, 512, CLUSTERS + SIZE + 8, 0x7000);
}

static void unreadable_table(void **state)
{
	struct made *made = *state;
	uint64_t entry;
	uint8_t kind;

	become_flags(made);
	put_cluster(made, 2, TABLE(2), 17);
	made->fake.hole = TABLE(2);
	read_all(made);
	assert_int_equal(made->fault_count, 0);
	assert_int_equal(made->space.gaps.nodes, 1);
	assert_int_equal(made->space.gaps.slots, 512);
	assert_int_equal(made->space.gaps.status, READ_EXCLUDED);
	assert_int_equal(made->space.kinds[1024], KSWAPCK_ENTRY_UNREADABLE);
	assert_int_equal(made->space.map_read[1024], 0);
	swap_cache_table.lookup(&made->kernel, &made->device, 1030, 1, &entry, &kind);
	assert_int_equal(kind, KSWAPCK_ENTRY_UNREADABLE);
	/* the clusters themselves are not there */
	made->fake.hole = CLUSTERS;
	memory_forget(made->kernel.memory);
	read_all(made);
	assert_int_equal(made->space.gaps.slots, SLOTS);
}

static enum swap_count_status count_of(struct made *made, uint64_t *count)
{
	const char *why = "";

	memory_forget(made->kernel.memory);
	read_all(made);
	assert_int_equal(made->space.map[5], SWAP_HAS_CACHE | COUNT_CONTINUED | 15);
	return swap_count_read(&made->kernel, &made->device, 5, made->space.map[5], count, &why);
}

static void try_extended_counts(struct made *made)
{
	uint64_t count = 0, address;

	put_cluster(made, 0, TABLE(0), 1);
	put_word(made, 5, pfn_word(7, 15));
	assert_int_equal(count_of(made, &count), SWAP_COUNT_DAMAGED);
	put(made, CLUSTERS + 16, 8, EXTEND);
	put(made, EXTEND + 20, 4, 14);
	assert_int_equal(count_of(made, &count), SWAP_COUNT_DAMAGED);
	put(made, EXTEND + 20, 4, 70000);
	assert_int_equal(count_of(made, &count), SWAP_COUNT_KNOWN);
	assert_int_equal(count, 70000);
	made->fake.hole = EXTEND;
	assert_int_equal(count_of(made, &count), SWAP_COUNT_UNKNOWN);
	assert_true(swap_cache_table.count_place(&made->kernel, &made->device, 5, &address));
	assert_int_equal(address, TABLE(0) + 40);
	assert_false(swap_cache_table.count_place(&made->kernel, &made->device, 1024, &address));
}

static void extended_counts(void **state)
{
	become_flags(*state);
	try_extended_counts(*state);
}

static void extended_counts_of_counts(void **state)
{
	become_count(*state);
	try_extended_counts(*state);
}

/* A cluster may be larger than what is read in one go, as with pages of 16 KiB. */
static void large_clusters(void **state)
{
	struct made *made = *state;
	struct error err = {0};

	fake_remove_type(&made->types, "swap_table");
	fake_add_size(&made->types, "swap_table", 8 * 1024);
	assert_true(swap_cache_table.resolve(&made->kernel, &err));
	assert_int_equal(made->kernel.swap.cluster_slots, 1024);
	put_cluster(made, 0, TABLE(0), 2);
	put(made, TABLE(0) + 8 * 1000, 8, pfn_word(9, 1));
	read_all(made);
	assert_slot(made, 1000, KSWAPCK_ENTRY_PAGE, VMEMMAP + 9 * 64, SWAP_HAS_CACHE | 1);
	assert_int_equal(made->space.places[1000 / 16], TABLE(0) + 8 * 992);
	put_cluster(made, 0, 0, 2);
	memory_forget(made->kernel.memory);
	read_all(made);
	assert_fault(made, KSWAPCK_TABLE_MISSING, 0, 1024, CLUSTERS + 8, 0);
}

/* A number of slots that the clusters are too few for. */
static void too_many_slots(void **state)
{
	struct made *made = *state;
	uint64_t count;

	become_flags(made);
	made->device.slots = 300000;
	assert_false(swap_cache_table.spaces(&made->kernel, &made->device, &count));
	made->device.pages = 299999;
	assert_false(swap_cache_table.spaces(&made->kernel, &made->device, &count));
	made->device.slots = SLOTS;
	made->device.clusters = 0;
	assert_false(swap_cache_table.spaces(&made->kernel, &made->device, &count));
}

static void odd_layouts(void **state)
{
	struct made *made = *state;
	struct error err = {0};

	fake_add_symbol(&made->image, "vswap_si", 0xffffffff82000000);
	assert_false(swap_cache_table.resolve(&made->kernel, &err));
	assert_non_null(strstr(err.text, "virtual swap slots"));
	fake_remove_symbol(&made->image, "vswap_si");
	made->kernel.swap.cluster_size = 12;
	assert_false(swap_cache_table.resolve(&made->kernel, &err));
	made->kernel.swap.cluster_size = SIZE;
	fake_remove_type(&made->types, "swap_table");
	fake_add_size(&made->types, "swap_table", 8 * 500);
	assert_false(swap_cache_table.resolve(&made->kernel, &err));
	fake_remove_type(&made->types, "swap_cluster_info");
	assert_false(swap_cache_table.probe(&made->kernel));
	assert_false(swap_cache_table.resolve(&made->kernel, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(words_with_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(words_with_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(count_with_bitmaps, setup, teardown),
		cmocka_unit_test_setup_teardown(words_of_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(marks_are_added, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_marks_of_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(unreadable_table, setup, teardown),
		cmocka_unit_test_setup_teardown(extended_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(extended_counts_of_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(large_clusters, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_layouts, setup, teardown),
	};

	return cmocka_run_group_tests_name("swap_table", tests, NULL, NULL);
}
