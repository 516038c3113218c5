// SPDX-License-Identifier: GPL-2.0-or-later
/* The swap cache before 5.4, in radix trees and of tail pages, from memory made by hand. */
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
#include "kernel/swap_cache_tree.h"
#include "kernel/swap_entry.h"
#include "kernel/xarray.h"

#define BASE	 UINT64_C(0xffff888000100000)
#define SPACES	 BASE			/* swapper_spaces[] */
#define COUNTS	 (BASE + 512)		/* nr_swapper_spaces[] */
#define SPACE	 (BASE + 4096)		/* the address_space of device 1 */
#define MAP	 (BASE + 2 * 4096)
#define NODE	 (BASE + 3 * 4096)
#define VMEMMAP	 (BASE + 4 * 4096)	/* as if it were there */
#define PAGES	 64
#define SLOTS	 64
#define TYPE	 1
#define TREE	 8			/* of the tree within the address_space */
#define SWAPCACHE 0x600			/* PG_swapcache and PG_swapbacked */
#define HEAD	 0x8000
#define FAULTS_MAX 4

/* as the kernel writes an entry: SWP_TYPE_SHIFT 57 */
#define OLD_ENTRY(slot) ((uint64_t)TYPE << 57 | (slot))

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

static uint64_t page_at(uint64_t pfn)
{
	return VMEMMAP + 64 * pfn;
}

/* 4.14 has no i_pages and no page_type; 4.19 has both. */
static void add_types(struct types *types, bool v4_14)
{
	fake_add_member(types, "radix_tree_node", "shift", 0, 1);
	fake_add_member(types, "radix_tree_node", "offset", 1, 1);
	fake_add_member(types, "radix_tree_node", "count", 2, 1);
	fake_add_member(types, "radix_tree_node", "exceptional", 3, 1);
	fake_add_member(types, "radix_tree_node", "parent", 8, 8);
	fake_add_member(types, "radix_tree_node", "root", 16, 8);
	fake_add_array(types, "radix_tree_node", "slots", 40, 8, 64);
	fake_add_size(types, "radix_tree_node", 576);
	fake_add_member(types, "radix_tree_root", "rnode", 8, 8);
	if (v4_14)
		fake_add_member(types, "address_space", "tree_lock", TREE + 16, 4);
	else
		fake_add_member(types, "radix_tree_root", "xa_lock", 0, 4);
	fake_add_member(types, "address_space", v4_14 ? "page_tree" : "i_pages", TREE, 16);
	fake_add_member(types, "address_space", "nrpages", 88, 8);
	fake_add_member(types, "address_space", "nrexceptional", 96, 8);
	fake_add_size(types, "address_space", 160);
	fake_add_member(types, "swap_info_struct", "swap_map", 64, 8);
}

static int setup(void **state)
{
	static const struct page_layout layout = {
		.size = 64,
		.fields = {
			[KSWAPCK_FIELD_FLAGS] = {0, 8},
			[KSWAPCK_FIELD_COMPOUND_HEAD] = {8, 8},
			[KSWAPCK_FIELD_PRIVATE] = {40, 8},
			[KSWAPCK_FIELD_PAGE_TYPE] = {48, 4},
			[KSWAPCK_FIELD_REFCOUNT] = {52, 4},
		},
		.vmemmap = VMEMMAP, .pages = PAGES, .order_offset = 64 + 17,
		.flags_rare = UINT64_MAX,
		.flag_head = HEAD, .flag_swapcache = 0x200, .flag_swapbacked = 0x400,
		.type_rule = PAGE_TYPE_MAPCOUNT, .type_buddy = (uint32_t)-128,
	};
	struct made *made = aligned_alloc(4096, (sizeof(*made) + 4095) & ~4095ULL);

	memset(made, 0, sizeof(*made));
	made->kernel.memory = fake_memory(&made->fake, BASE, made->bytes, sizeof(made->bytes));
	made->kernel.image = &made->image;
	made->kernel.types = &made->types;
	made->kernel.lock = (struct field){0, 4};
	made->kernel.page = layout;
	made->device = (struct kswapck_device){
		.address = BASE, .type = TYPE, .slots = SLOTS, .swap_map = MAP,
	};
	fake_add_symbol(&made->image, "swapper_spaces", SPACES);
	fake_add_symbol(&made->image, "nr_swapper_spaces", COUNTS);
	put(made, SPACES + 8 * TYPE, 8, SPACE);
	put(made, COUNTS + 4 * TYPE, 4, 1);
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

static void resolve(struct made *made, bool v4_14)
{
	struct error err = {0};

	add_types(&made->types, v4_14);
	assert_false(swap_cache_xarray.probe(&made->kernel));
	assert_false(swap_cache_table.probe(&made->kernel));
	assert_true(swap_cache_find_era(&made->kernel, &err));
	assert_ptr_equal(made->kernel.swap_cache, &swap_cache_radix);
	if (!swap_cache_radix.resolve(&made->kernel, &err))
		fail_msg("%s", err.text);
	assert_true(made->kernel.xarray.radix);
}

static void put_slot(struct made *made, unsigned int slot, uint64_t word)
{
	put(made, NODE + 40 + 8 * slot, 8, word);
	made->bytes[NODE + 2 - BASE]++;
	made->bytes[NODE + 3 - BASE] += (word & 3) == 2;
}

static void put_root(struct made *made)
{
	put(made, SPACE + TREE + 8, 8, NODE | 1);
	put(made, NODE + 16, 8, SPACE + TREE);
}

/* A folio of order 2 in the slots 4 to 7, a small one in slot 9, a value in slot 11. */
static void put_folios(struct made *made)
{
	unsigned int i;

	put_root(made);
	for (i = 0; i < 4; i++) {
		put_slot(made, 4 + i, page_at(20 + i));
		put(made, page_at(20 + i) + 40, 8, OLD_ENTRY(4 + i));
		put(made, MAP + 4 + i, 1, SWAP_HAS_CACHE | 1);
		if (i)
			put(made, page_at(20 + i) + 8, 8, page_at(20) | 1);
	}
	put(made, page_at(20), 8, SWAPCACHE | HEAD);
	put(made, page_at(20) + 52, 4, 5);
	put(made, page_at(21) + 17, 1, 2);
	put_slot(made, 9, page_at(30));
	put(made, page_at(30), 8, SWAPCACHE);
	put(made, page_at(30) + 40, 8, OLD_ENTRY(9));
	put(made, page_at(30) + 52, 4, 2);
	put_slot(made, 11, 0x123 << 2 | 2);
	put(made, SPACE + 88, 8, 5);
	put(made, SPACE + 96, 8, 1);
}

static void take_fault(void *data, const struct kswapck_space *space,
		       const struct kswapck_tree_fault *fault)
{
	struct made *made = data;

	(void)space;
	assert_true(made->fault_count < FAULTS_MAX);
	made->faults[made->fault_count++] = *fault;
}

static void read_all(struct made *made)
{
	uint64_t count;

	made->fault_count = 0;
	memory_forget(made->kernel.memory);
	assert_true(swap_cache_radix.spaces(&made->kernel, &made->device, &count));
	assert_int_equal(count, 1);
	assert_true(swap_cache_radix.read(&made->kernel, &made->device, 0, &made->space,
					  take_fault, made));
}

static void assert_slot(struct made *made, unsigned int slot, enum kswapck_entry_kind kind,
			uint64_t entry, uint64_t word)
{
	uint64_t looked;
	uint8_t looked_kind;

	assert_int_equal(made->space.kinds[slot], kind);
	assert_int_equal(made->space.entries[slot], entry);
	assert_int_equal(made->space.space.words[slot], word);
	swap_cache_radix.lookup(&made->kernel, &made->device, slot, 1, &looked, &looked_kind);
	assert_int_equal(looked_kind, kind);
	assert_int_equal(looked, entry);
}

static void folios_of_tails(void **state)
{
	struct made *made = *state;
	unsigned int i, v4_14;
	uint64_t slot;

	for (v4_14 = 0; v4_14 < 2; v4_14++) {
		memset(&made->types, 0, sizeof(made->types));
		memset(made->bytes + 4096, 0, sizeof(made->bytes) - 4096);
		resolve(made, v4_14);
		put_folios(made);
		read_all(made);
		assert_int_equal(made->fault_count, 0);
		assert_false(made->space.space.locked);
		assert_int_equal(made->space.space.nrpages, 5);
		assert_int_equal(made->space.space.pages_found, 5);
		assert_int_equal(made->space.space.shadows_found, 1);
		for (i = 0; i < 4; i++)
			assert_slot(made, 4 + i, KSWAPCK_ENTRY_PAGE, page_at(20),
				    page_at(20 + i));
		assert_slot(made, 9, KSWAPCK_ENTRY_PAGE, page_at(30), page_at(30));
		assert_slot(made, 11, KSWAPCK_ENTRY_SHADOW, 0x123 << 1 | 1, 0x123 << 2 | 2);
		assert_slot(made, 12, KSWAPCK_ENTRY_NONE, 0, 0);
		assert_int_equal(made->space.places[0], NODE + 40);
		assert_true(swap_cache_radix.locate(&made->kernel, &made->device, SPACE + TREE, 9,
						    &slot));
		assert_int_equal(slot, 9);
		/* the lock lies in the root, or behind it */
		put(made, SPACE + TREE + (v4_14 ? 16 : 0), 4, 1);
		read_all(made);
		assert_true(made->space.space.locked);
	}
}

/* A tail that is not where it belongs is left for the checks. */
static void stray_tails(void **state)
{
	struct made *made = *state;

	resolve(made, true);
	put_folios(made);
	put_slot(made, 20, page_at(21));
	put(made, NODE + 40 + 8 * 6, 8, page_at(23));
	read_all(made);
	assert_slot(made, 20, KSWAPCK_ENTRY_PAGE, page_at(21), page_at(21));
	assert_slot(made, 6, KSWAPCK_ENTRY_PAGE, page_at(23), page_at(23));
	/* its head is not in the swap cache any more */
	put(made, page_at(20), 8, HEAD);
	read_all(made);
	assert_slot(made, 5, KSWAPCK_ENTRY_PAGE, page_at(21), page_at(21));
}

/* The head names another device, but it is in the slot where it should be. */
static void tails_of_misnamed(void **state)
{
	struct made *made = *state;
	uint64_t entries[4];
	uint8_t kinds[4];
	unsigned int i;

	resolve(made, true);
	put_folios(made);
	put(made, page_at(20) + 40, 8, 4);
	put(made, NODE + 40 + 8 * 6, 8, page_at(21));
	read_all(made);
	swap_cache_radix.lookup(&made->kernel, &made->device, 4, 4, entries, kinds);
	for (i = 0; i < 4; i++) {
		assert_int_equal(made->space.entries[4 + i], page_at(i == 2 ? 21 : 20));
		assert_int_equal(entries[i], page_at(i == 2 ? 21 : 20));
	}
	/* nothing is known of lower slots here */
	swap_cache_radix.lookup(&made->kernel, &made->device, 5, 1, entries, kinds);
	assert_int_equal(entries[0], page_at(21));
}

static void shape(void **state)
{
	struct made *made = *state;

	resolve(made, true);
	put_folios(made);
	/* a sibling, which leads to a slot of its own node */
	put(made, NODE + 40 + 8 * 5, 8, (NODE + 40 + 8 * 4) | 1);
	read_all(made);
	assert_int_equal(made->fault_count, 1);
	assert_int_equal(made->faults[0].kind, KSWAPCK_TREE_SIBLING);
	assert_int_equal(made->faults[0].first_slot, 5);
	assert_int_equal(made->faults[0].found, (NODE + 40 + 8 * 4) | 1);
	assert_int_equal(made->space.kinds[5], KSWAPCK_ENTRY_ODD);
	/* RADIX_TREE_RETRY */
	put(made, NODE + 40 + 8 * 5, 8, 1);
	read_all(made);
	assert_int_equal(made->fault_count, 1);
	assert_int_equal(made->faults[0].kind, KSWAPCK_TREE_INTERNAL);
	assert_int_equal(made->faults[0].found, 1);
	/* exceptional counts the values */
	put(made, NODE + 40 + 8 * 5, 8, page_at(21));
	put(made, NODE + 3, 1, 2);
	read_all(made);
	assert_int_equal(made->fault_count, 1);
	assert_int_equal(made->faults[0].kind, KSWAPCK_TREE_COUNT);
	assert_int_equal(made->faults[0].expected, 1);
}

/* Entries of these kernels have the type one bit lower: given out as all others. */
static void entries(void **state)
{
	struct made *made = *state;
	struct kswapck_page page;
	unsigned int type;

	resolve(made, true);
	put_folios(made);
	memory_forget(made->kernel.memory);
	assert_int_equal(page_read(&made->kernel, page_at(30), &page), READ_OK);
	assert_int_equal(page.private, swap_entry(TYPE, 9));
	for (type = 0; type < 32; type++) {
		uint64_t old = (uint64_t)type << 57 | 77;

		assert_int_equal(swap_entry_take(true, old), swap_entry(type, 77));
		assert_int_equal(swap_entry_give(true, swap_entry(type, 77)), old);
	}
	/* what is no entry stays */
	assert_int_equal(swap_entry_take(true, page_at(1)), page_at(1));
	assert_int_equal(swap_entry_give(true, page_at(1)), page_at(1));
	assert_int_equal(swap_entry_take(false, OLD_ENTRY(9)), OLD_ENTRY(9));
}

/* 4.14: _mapcount -128 is a free block, and nothing but that. */
static void buddies(void **state)
{
	struct made *made = *state;
	struct kswapck_page page;

	resolve(made, true);
	put(made, page_at(8) + 48, 4, (uint32_t)-128);
	put(made, page_at(8) + 40, 8, 3);
	put(made, page_at(16) + 48, 4, (uint32_t)-1);
	memory_forget(made->kernel.memory);
	assert_int_equal(page_read(&made->kernel, page_at(8), &page), READ_OK);
	assert_int_equal(page.marks, KSWAPCK_PAGE_BUDDY);
	assert_int_equal(page.private, 3);
	assert_int_equal(page_read(&made->kernel, page_at(16), &page), READ_OK);
	assert_int_equal(page.marks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(folios_of_tails, setup, teardown),
		cmocka_unit_test_setup_teardown(stray_tails, setup, teardown),
		cmocka_unit_test_setup_teardown(tails_of_misnamed, setup, teardown),
		cmocka_unit_test_setup_teardown(shape, setup, teardown),
		cmocka_unit_test_setup_teardown(entries, setup, teardown),
		cmocka_unit_test_setup_teardown(buddies, setup, teardown),
	};

	return cmocka_run_group_tests_name("swap_radix", tests, NULL, NULL);
}
