// SPDX-License-Identifier: GPL-2.0-or-later
/* Usual folios, and whatever is not quite one, in slots made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/swap_entry.h"
#include "kernel/usual_folio.h"

#define VMEMMAP	 UINT64_C(0xffffea0000000000)
#define PAGES	 200		/* three pages of them, and a part of a fourth */
#define SLOTS	 150
#define FIRST	 32768
#define TYPE	 3
#define ANON	 UINT64_C(0xffff888012345601)

/* 6.1 on x86_64 */
static const struct page_layout page_layout = {
	.size = 64,
	.shift = 6,
	.fields = {
		[KSWAPCK_FIELD_FLAGS] = {0, 8},
		[KSWAPCK_FIELD_COMPOUND_HEAD] = {8, 8},
		[KSWAPCK_FIELD_MAPPING] = {24, 8},
		[KSWAPCK_FIELD_PRIVATE] = {40, 8},
		[KSWAPCK_FIELD_PAGE_TYPE] = {48, 4},
		[KSWAPCK_FIELD_REFCOUNT] = {52, 4},
	},
	.vmemmap = VMEMMAP,
	.pages = PAGES,
	.flag_locked = 1 << 0, .flag_lru = 1 << 4, .flag_slab = 1 << 9,
	.flag_swapcache = 1 << 10, .flag_reserved = 1 << 12, .flag_writeback = 1 << 15,
	.flag_head = 1 << 16, .flag_swapbacked = 1 << 19, .flag_hwpoison = 1 << 23,
	.flags_rare = 1 << 9 | 1 << 12 | 1 << 15 | 1 << 16 | 1 << 23,
};

#define USUAL_FLAGS (1 << 10 | 1 << 19 | 1 << 4)

struct made {
	struct fake_source fake;
	struct kernel kernel;
	struct kswapck_device device;
	struct kswapck_space space;
	uint64_t entries[SLOTS];
	uint8_t kinds[SLOTS];
	uint8_t bytes[4 * 4096];
};

static uint64_t address_of(uint64_t pfn)
{
	return VMEMMAP + pfn * 64;
}

static void put(struct made *made, uint64_t pfn, enum kswapck_page_field field, uint64_t value)
{
	memcpy(made->bytes + pfn * 64 + page_layout.fields[field].offset, &value,
	       page_layout.fields[field].size);
}

/* Slot @i holds page @pfn, which is mapped @mappings times. */
static void make_usual(struct made *made, uint32_t i, uint64_t pfn, uint32_t mappings)
{
	made->entries[i] = address_of(pfn);
	made->kinds[i] = KSWAPCK_ENTRY_PAGE;
	put(made, pfn, KSWAPCK_FIELD_FLAGS, USUAL_FLAGS);
	put(made, pfn, KSWAPCK_FIELD_COMPOUND_HEAD, 0);
	put(made, pfn, KSWAPCK_FIELD_MAPPING, ANON);
	put(made, pfn, KSWAPCK_FIELD_PRIVATE, swap_entry(TYPE, FIRST + i));
	put(made, pfn, KSWAPCK_FIELD_PAGE_TYPE, (uint32_t)-1 + mappings);
	put(made, pfn, KSWAPCK_FIELD_REFCOUNT, 1 + mappings);
}

static int setup(void **state)
{
	struct made *made = calloc(1, sizeof(*made));
	uint32_t i;

	if (!made)
		return 1;
	made->kernel.memory = fake_memory(&made->fake, VMEMMAP, made->bytes, sizeof(made->bytes));
	made->kernel.page = page_layout;
	made->device = (struct kswapck_device){.type = TYPE, .slots = FIRST + SLOTS};
	made->space = (struct kswapck_space){
		.device = &made->device, .first_slot = FIRST, .slots = SLOTS,
		.entries = made->entries, .kinds = made->kinds,
	};
	for (i = 0; i < SLOTS; i++)
		make_usual(made, i, 10 + i, i % 3);
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

/* How many there are from slot @first on; nothing of what was read before is kept. */
static uint32_t count_from(struct made *made, uint32_t first)
{
	memory_forget(made->kernel.memory);
	return usual_folios(&made->kernel, &made->space, first, SLOTS);
}

/* Slots before @i are usual, and it is not. */
static void assert_ends(struct made *made, uint32_t i)
{
	assert_int_equal(count_from(made, 0), i);
	assert_int_equal(count_from(made, i), 0);
	assert_int_equal(count_from(made, i + 1), SLOTS - i - 1);
	/* for the next one */
	make_usual(made, i, 10 + i, i % 3);
	assert_int_equal(count_from(made, 0), SLOTS);
}

static void all_usual(void **state)
{
	struct made *made = *state;

	assert_int_equal(count_from(made, 0), SLOTS);
	assert_int_equal(count_from(made, 77), SLOTS - 77);
	assert_int_equal(usual_folios(&made->kernel, &made->space, 5, 9), 4);
	assert_int_equal(usual_folios(&made->kernel, &made->space, 5, 5), 0);
}

static void other_kinds(void **state)
{
	static const uint8_t kinds[] = {
		KSWAPCK_ENTRY_NONE, KSWAPCK_ENTRY_SHADOW, KSWAPCK_ENTRY_UNREADABLE,
		KSWAPCK_ENTRY_ODD,
	};
	struct made *made = *state;
	size_t i;

	for (i = 0; i < sizeof(kinds); i++) {
		made->kinds[60] = kinds[i];
		assert_ends(made, 60);
	}
}

static void other_flags(void **state)
{
	static const uint64_t flags[] = {
		USUAL_FLAGS | 1 << 0, USUAL_FLAGS | 1 << 9, USUAL_FLAGS | 1 << 12,
		USUAL_FLAGS | 1 << 15, USUAL_FLAGS | 1 << 16, USUAL_FLAGS | 1 << 23,
		1 << 10, 1 << 19, 0,
	};
	struct made *made = *state;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		put(made, 10 + 60, KSWAPCK_FIELD_FLAGS, flags[i]);
		assert_ends(made, 60);
	}
	/* what tells nothing: where it lies, whether it was used lately */
	put(made, 10 + 60, KSWAPCK_FIELD_FLAGS, 1ULL << 62 | 1 << 2 | 1 << 10 | 1 << 19);
	assert_int_equal(count_from(made, 0), SLOTS);
}

static void other_words(void **state)
{
	static const struct {
		enum kswapck_page_field field;
		uint64_t value;
	} words[] = {
		{KSWAPCK_FIELD_COMPOUND_HEAD, VMEMMAP | 1},
		{KSWAPCK_FIELD_MAPPING, ANON - 1},
		{KSWAPCK_FIELD_PRIVATE, 0},
		{KSWAPCK_FIELD_PRIVATE, (uint64_t)TYPE << SWAP_TYPE_SHIFT | (FIRST + 61)},
		{KSWAPCK_FIELD_PRIVATE, (uint64_t)(TYPE + 1) << SWAP_TYPE_SHIFT | (FIRST + 60)},
		{KSWAPCK_FIELD_PRIVATE, (uint64_t)TYPE << SWAP_TYPE_SHIFT_OLD | (FIRST + 60)},
		{KSWAPCK_FIELD_REFCOUNT, 0},
		{KSWAPCK_FIELD_REFCOUNT, 2},
		{KSWAPCK_FIELD_REFCOUNT, (uint32_t)-1},
		{KSWAPCK_FIELD_PAGE_TYPE, 0},
		{KSWAPCK_FIELD_PAGE_TYPE, (uint32_t)-2},
		{KSWAPCK_FIELD_PAGE_TYPE, 0xf5000000},
	};
	struct made *made = *state;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		put(made, 10 + 60, words[i].field, words[i].value);
		assert_ends(made, 60);
	}
	put(made, 10 + 60, KSWAPCK_FIELD_MAPPING, 0);
	assert_int_equal(count_from(made, 0), SLOTS);
}

/* A count below that of no mapping is none, however well it fits the references. */
static void counts_that_fit(void **state)
{
	static const int32_t mapcounts[] = {-2, -3, -128, INT32_MIN, INT32_MAX, INT32_MAX - 1};
	struct made *made = *state;
	size_t i;

	for (i = 0; i < sizeof(mapcounts) / sizeof(mapcounts[0]); i++) {
		put(made, 10 + 60, KSWAPCK_FIELD_PAGE_TYPE, (uint32_t)mapcounts[i]);
		put(made, 10 + 60, KSWAPCK_FIELD_REFCOUNT, (uint32_t)mapcounts[i] + 2);
		assert_ends(made, 60);
	}
}

/* Nothing is read where no struct page is, even if all would be right. */
static void other_addresses(void **state)
{
	struct made *made = *state;

	memmove(made->bytes + 70 * 64 + 8, made->bytes + 70 * 64, 64);
	make_usual(made, 61, 71, 1);
	made->entries[60] += 8;
	assert_ends(made, 60);
	make_usual(made, 60, PAGES, 0);
	assert_ends(made, 60);
	made->entries[60] = VMEMMAP - 64;
	assert_ends(made, 60);
	made->entries[60] = UINT64_MAX & ~63ULL;
	assert_ends(made, 60);
	made->entries[60] = 0;
	assert_ends(made, 60);
	/* the last one of all */
	make_usual(made, 60, PAGES - 1, 0);
	assert_int_equal(count_from(made, 0), SLOTS);
}

static void unreadable_page(void **state)
{
	struct made *made = *state;

	made->fake.hole = VMEMMAP + 4096;
	assert_int_equal(count_from(made, 0), 64 - 10);
	assert_int_equal(count_from(made, 64 - 10), 0);
	assert_int_equal(count_from(made, 128 - 10), SLOTS - (128 - 10));
}

/* One of them is in the wrong slot, and both are one run. */
static void same_as_the_next(void **state)
{
	struct made *made = *state;

	made->entries[61] = made->entries[60];
	assert_int_equal(count_from(made, 0), 60);
	assert_int_equal(count_from(made, 60), 0);
	assert_int_equal(count_from(made, 61), 0);
	assert_int_equal(count_from(made, 62), SLOTS - 62);
}

/* Up to 4.19 the type stands one bit lower. */
static void old_entries(void **state)
{
	struct made *made = *state;
	uint32_t i;

	made->kernel.swap.old_entries = true;
	assert_int_equal(count_from(made, 0), 0);
	for (i = 0; i < SLOTS; i++)
		put(made, 10 + i, KSWAPCK_FIELD_PRIVATE,
		    (uint64_t)TYPE << SWAP_TYPE_SHIFT_OLD | (FIRST + i));
	assert_int_equal(count_from(made, 0), SLOTS);
}

/* Struct pages that are not a power of 2, or without a count of mappings: all in full. */
static void other_kernels(void **state)
{
	struct made *made = *state;

	made->kernel.page.fields[KSWAPCK_FIELD_PAGE_TYPE].size = 0;
	assert_int_equal(count_from(made, 0), 0);
	made->kernel.page = page_layout;
	made->kernel.page.shift = 0;
	assert_int_equal(count_from(made, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_usual, setup, teardown),
		cmocka_unit_test_setup_teardown(other_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(other_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(other_words, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_that_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(other_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(unreadable_page, setup, teardown),
		cmocka_unit_test_setup_teardown(same_as_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(old_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(other_kernels, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
