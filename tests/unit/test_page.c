// SPDX-License-Identifier: GPL-2.0-or-later
/* struct page of each era, decoded from pages made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/page.h"
#include "kernel/swap_entry.h"

#define VMEMMAP	 UINT64_C(0xffffea0000000000)
#define PAGES	 512
#define ANON	 UINT64_C(0xffff888012345601)
#define NO_TYPE	 0xffffffff

/* x86_64, all of 5.4 to 6.17: only the order and the page type moved. */
static const struct page_layout layout_5_10 = {
	.size = 64,
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
	.order_rule = PAGE_ORDER_U8,
	.order_offset = 64 + 17,
	.type_rule = PAGE_TYPE_BITS,
	.type_buddy = 0x80, .type_offline = 0x100, .type_table = 0x400,
	.flag_locked = 1 << 0, .flag_lru = 1 << 4, .flag_slab = 1 << 9,
	.flags_rare = UINT64_MAX,
	.flag_swapcache = 1 << 10, .flag_reserved = 1 << 12, .flag_writeback = 1 << 15,
	.flag_head = 1 << 16, .flag_swapbacked = 1 << 19, .flag_hwpoison = 1 << 23,
};

/* 6.12: _flags_1, a byte of page type, slab among the types */
static void become_6_12(struct page_layout *layout)
{
	layout->order_rule = PAGE_ORDER_FLAGS;
	layout->order_offset = 64;
	layout->type_rule = PAGE_TYPE_BYTE;
	layout->type_buddy = 0xf0;
	layout->type_offline = 0xf1;
	layout->type_table = 0xf2;
	layout->type_hugetlb = 0xf4;
	layout->type_slab = 0xf5;
	layout->type_kmalloc = 0xf8;
	layout->flag_slab = 0;
}

/* 6.11: bits still, but in the top nibble, and another base */
static void become_6_11(struct page_layout *layout)
{
	layout->type_buddy = 0x40000000;
	layout->type_offline = 0x20000000;
	layout->type_table = 0x10000000;
	layout->type_slab = 0x04000000;
	layout->flag_slab = 0;
}

struct map {
	struct fake_source fake;
	struct kernel kernel;
	uint8_t bytes[PAGES * 64 + 4096];
};

static int setup(void **state)
{
	struct map *map = aligned_alloc(4096, (sizeof(*map) + 4095) & ~4095ULL);
	unsigned int i;

	memset(map, 0, sizeof(*map));
	map->kernel.memory = fake_memory(&map->fake, VMEMMAP, map->bytes,
					 sizeof(map->bytes) & ~(size_t)4095);
	map->kernel.page = layout_5_10;
	for (i = 0; i < PAGES; i++)
		memset(map->bytes + i * 64 + 48, 0xff, 4);
	*state = map;
	return !map->kernel.memory;
}

static int teardown(void **state)
{
	struct map *map = *state;

	memory_free(map->kernel.memory);
	free(map);
	return 0;
}

static uint64_t address_of(uint64_t pfn)
{
	return VMEMMAP + pfn * 64;
}

static void put(struct map *map, uint64_t pfn, enum kswapck_page_field field, uint64_t value)
{
	const struct field *where = &map->kernel.page.fields[field];

	memcpy(map->bytes + pfn * map->kernel.page.size + where->offset, &value, where->size);
}

/* The page cache would not see what was put behind it. */
static void forget(struct map *map)
{
	memory_free(map->kernel.memory);
	map->kernel.memory = memory_new(&map->fake.source, 0);
	assert_non_null(map->kernel.memory);
}

static struct kswapck_page read_page(struct map *map, uint64_t pfn)
{
	struct kswapck_page page;

	forget(map);
	assert_int_equal(page_read(&map->kernel, page_address_of(&map->kernel, pfn), &page),
			 READ_OK);
	return page;
}

/* A compound page at @pfn; the order stands where this layout has it. */
static void make_compound(struct map *map, uint64_t pfn, unsigned int order)
{
	uint64_t i;

	put(map, pfn, KSWAPCK_FIELD_FLAGS, map->kernel.page.flag_head);
	map->bytes[pfn * 64 + map->kernel.page.order_offset] = (uint8_t)order;
	for (i = 1; i < 1ULL << order && pfn + i < PAGES; i++)
		put(map, pfn + i, KSWAPCK_FIELD_COMPOUND_HEAD, address_of(pfn) | 1);
}

static void make_buddy(struct map *map, uint64_t pfn, uint64_t order)
{
	put(map, pfn, KSWAPCK_FIELD_PAGE_TYPE, NO_TYPE & ~0x80U);
	put(map, pfn, KSWAPCK_FIELD_PRIVATE, order);
}

/* -------------------------------------------------------------------------- pages */

static void addresses(void **state)
{
	struct map *map = *state;

	assert_true(page_is_address(&map->kernel, VMEMMAP));
	assert_true(page_is_address(&map->kernel, address_of(PAGES - 1)));
	assert_false(page_is_address(&map->kernel, address_of(PAGES)));
	assert_false(page_is_address(&map->kernel, VMEMMAP - 64));
	assert_false(page_is_address(&map->kernel, address_of(3) + 8));
	assert_false(page_is_address(&map->kernel, 0));
	assert_false(page_is_address(&map->kernel, UINT64_MAX));
	assert_int_equal(page_address_of(&map->kernel, 7), address_of(7));
}

static void small_folio(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	put(map, 5, KSWAPCK_FIELD_FLAGS, 1 << 10 | 1 << 19 | 1 << 4);
	put(map, 5, KSWAPCK_FIELD_MAPPING, ANON);
	put(map, 5, KSWAPCK_FIELD_PRIVATE, swap_entry(1, 77));
	put(map, 5, KSWAPCK_FIELD_REFCOUNT, 3);
	page = read_page(map, 5);
	assert_int_equal(page.marks, KSWAPCK_PAGE_SWAPCACHE | KSWAPCK_PAGE_LRU | KSWAPCK_PAGE_ANON);
	assert_int_equal(page.pfn, 5);
	assert_int_equal(page.head, page.address);
	assert_int_equal(page.private, swap_entry(1, 77));
	assert_int_equal(page.refcount, 3);
	assert_int_equal(page.order, 0);
}

/* PG_swapcache shares its bit: alone it says nothing */
static void swapcache_needs_swapbacked(void **state)
{
	struct map *map = *state;

	put(map, 5, KSWAPCK_FIELD_FLAGS, 1 << 10);
	assert_int_equal(read_page(map, 5).marks, 0);
	put(map, 6, KSWAPCK_FIELD_FLAGS, 1 << 19);
	assert_int_equal(read_page(map, 6).marks, 0);
}

static void mappings(void **state)
{
	struct map *map = *state;

	put(map, 5, KSWAPCK_FIELD_MAPPING, ANON);
	put(map, 6, KSWAPCK_FIELD_MAPPING, ANON | 3);	/* KSM */
	put(map, 7, KSWAPCK_FIELD_MAPPING, ANON - 1);
	assert_int_equal(read_page(map, 5).marks, KSWAPCK_PAGE_ANON);
	assert_int_equal(read_page(map, 6).marks, KSWAPCK_PAGE_ANON);
	assert_int_equal(read_page(map, 7).marks, KSWAPCK_PAGE_FILE);
	assert_int_equal(read_page(map, 8).marks, 0);
}

static void negative_refcount(void **state)
{
	struct map *map = *state;

	put(map, 5, KSWAPCK_FIELD_REFCOUNT, (uint32_t)-2);
	assert_int_equal(read_page(map, 5).refcount, -2);
}

/* ------------------------------------------------------------------- compound pages */

static void orders(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	make_compound(map, 64, 4);
	page = read_page(map, 64);
	assert_int_equal(page.order, 4);
	assert_int_equal(page.marks, KSWAPCK_PAGE_HEAD);
	page = read_page(map, 70);
	assert_int_equal(page.marks, KSWAPCK_PAGE_TAIL);
	assert_int_equal(page.head, address_of(64));
	assert_int_equal(page.order, 0);
}

static void orders_of_6_12(void **state)
{
	struct map *map = *state;

	become_6_12(&map->kernel.page);
	make_compound(map, 64, 4);
	assert_int_equal(read_page(map, 64).order, 4);
	/* the rest of _flags_1 is flags */
	map->bytes[64 * 64 + 65] = 0xff;
	assert_int_equal(read_page(map, 64).order, 4);
}

static void impossible_orders(void **state)
{
	static const uint8_t wrong[] = {0, 16, 63, 200, 255};
	struct map *map = *state;
	struct kswapck_page page;
	size_t i;

	for (i = 0; i < sizeof(wrong); i++) {
		uint64_t pfn = 64 + 2 * i;

		put(map, pfn, KSWAPCK_FIELD_FLAGS, map->kernel.page.flag_head);
		map->bytes[pfn * 64 + map->kernel.page.order_offset] = wrong[i];
		page = read_page(map, pfn);
		assert_int_equal(page.order, 0);
		assert_int_equal(page.marks, KSWAPCK_PAGE_HEAD | KSWAPCK_PAGE_ODD_ORDER);
	}
	/* it would reach beyond the last page */
	put(map, 500, KSWAPCK_FIELD_FLAGS, map->kernel.page.flag_head);
	map->bytes[500 * 64 + map->kernel.page.order_offset] = 4;
	assert_int_equal(read_page(map, 500).order, 0);
	/* the very last page has no page after it */
	put(map, PAGES - 1, KSWAPCK_FIELD_FLAGS, map->kernel.page.flag_head);
	assert_int_equal(read_page(map, PAGES - 1).order, 0);
}

static void put_info(struct map *map, uint64_t pfn, uint64_t word)
{
	put(map, pfn, KSWAPCK_FIELD_COMPOUND_HEAD, word | 1);
}

/* 7.1: a tail has a mask for its own address, where struct pages have a size that lets it. */
static void heads_by_mask(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;
	uint64_t i;

	map->kernel.page.compound_info = true;
	make_compound(map, 64, 4);
	for (i = 1; i < 16; i++)
		put_info(map, 64 + i, ~(UINT64_C(16) * 64 - 1));
	page = read_page(map, 79);
	assert_int_equal(page.marks, KSWAPCK_PAGE_TAIL);
	assert_int_equal(page.head, address_of(64));
	assert_int_equal(read_page(map, 65).head, address_of(64));
	/* two pages */
	put_info(map, 33, ~(UINT64_C(2) * 64 - 1));
	assert_int_equal(read_page(map, 33).head, address_of(32));
	/* where it does not, it has the pointer as ever */
	put_info(map, 70, address_of(64));
	assert_int_equal(read_page(map, 70).head, address_of(64));
	/* of less than a page, of more than there can be, with a hole: none of them is a mask */
	put_info(map, 40, ~UINT64_C(31));
	assert_int_not_equal(read_page(map, 40).head, address_of(40));
	put_info(map, 41, ~((UINT64_C(64) << 30) - 1));
	assert_int_not_equal(read_page(map, 41).head, address_of(41) & ~((UINT64_C(64) << 30) - 1));
	put_info(map, 42, ~UINT64_C(0x7bf));
	assert_int_not_equal(read_page(map, 42).head, address_of(42) & ~UINT64_C(0x7bf));
	/* and before 7.1 such a word leads nowhere */
	map->kernel.page.compound_info = false;
	assert_int_not_equal(read_page(map, 79).head, address_of(64));
}

/* Struct pages of 56 bytes do cross from one page of vmemmap to the next. */
static void odd_size(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	map->kernel.page.size = 56;
	map->kernel.page.order_offset = 56 + 17;
	put(map, 73, KSWAPCK_FIELD_PRIVATE, 0x1234);	/* bytes 4088 to 4143 */
	put(map, 73, KSWAPCK_FIELD_FLAGS, 1 << 4);
	page = read_page(map, 73);
	assert_int_equal(page.private, 0x1234);
	assert_int_equal(page.marks, KSWAPCK_PAGE_LRU);
}

static void page_not_in_the_dump(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	map->fake.hole = VMEMMAP + 4096;
	assert_int_equal(page_read(&map->kernel, address_of(64), &page), READ_EXCLUDED);
	assert_int_equal(page_read(&map->kernel, address_of(PAGES), &page), READ_UNMAPPED);
	assert_int_equal(page_read(&map->kernel, address_of(1) + 1, &page), READ_UNMAPPED);
	/* the order of a head stands in its second page */
	put(map, 63, KSWAPCK_FIELD_FLAGS, map->kernel.page.flag_head);
	assert_int_equal(page_read(&map->kernel, address_of(63), &page), READ_EXCLUDED);
}

/* ---------------------------------------------------------------------- page types */

static void assert_type(struct map *map, uint64_t pfn, uint32_t type, uint32_t marks)
{
	put(map, pfn, KSWAPCK_FIELD_PAGE_TYPE, type);
	assert_int_equal(read_page(map, pfn).marks, marks);
}

static void types_of_bits(void **state)
{
	struct map *map = *state;

	assert_type(map, 1, NO_TYPE, 0);
	assert_type(map, 2, NO_TYPE & ~0x80U, KSWAPCK_PAGE_BUDDY);
	assert_type(map, 3, NO_TYPE & ~0x100U, KSWAPCK_PAGE_OFFLINE);
	assert_type(map, 4, NO_TYPE & ~0x400U, KSWAPCK_PAGE_TABLE);
	/* another bit is cleared as well: PG_kmemcg of 5.10 */
	assert_type(map, 5, NO_TYPE & ~0x600U, KSWAPCK_PAGE_TABLE);
	/* mapcounts: no type whatever their bits */
	assert_type(map, 6, 0, 0);
	assert_type(map, 7, 0x7f, 0);
	put(map, 8, KSWAPCK_FIELD_FLAGS, 1 << 9);
	assert_int_equal(read_page(map, 8).marks, KSWAPCK_PAGE_SLAB);
}

static void types_of_6_11(void **state)
{
	struct map *map = *state;

	become_6_11(&map->kernel.page);
	assert_type(map, 1, NO_TYPE, 0);
	assert_type(map, 2, NO_TYPE & ~0x40000000U, KSWAPCK_PAGE_BUDDY);
	assert_type(map, 3, NO_TYPE & ~0x04000000U, KSWAPCK_PAGE_SLAB);
	assert_type(map, 4, 3, 0);
}

static void types_of_a_byte(void **state)
{
	struct map *map = *state;

	become_6_12(&map->kernel.page);
	assert_type(map, 1, NO_TYPE, 0);
	assert_type(map, 2, 0xf0000000, KSWAPCK_PAGE_BUDDY);
	assert_type(map, 3, 0xf0123456, KSWAPCK_PAGE_BUDDY);
	assert_type(map, 4, 0xf5ffffff, KSWAPCK_PAGE_SLAB);
	assert_type(map, 4, 0xf8000123, KSWAPCK_PAGE_KMALLOC);
	assert_type(map, 5, 0xf2000000, KSWAPCK_PAGE_TABLE);
	assert_type(map, 6, 0xf4000000, KSWAPCK_PAGE_HUGETLB);
	assert_type(map, 7, 0xf1000000, KSWAPCK_PAGE_OFFLINE);
	assert_type(map, 8, 5, 0);
	/* PG_slab is no flag any more */
	put(map, 9, KSWAPCK_FIELD_FLAGS, 1 << 9);
	assert_int_equal(read_page(map, 9).marks, 0);
}

/* slab memory keeps other things where mapping would be */
static void slab_has_no_mapping(void **state)
{
	struct map *map = *state;

	put(map, 5, KSWAPCK_FIELD_FLAGS, 1 << 9);
	put(map, 5, KSWAPCK_FIELD_MAPPING, ANON);
	assert_int_equal(read_page(map, 5).marks, KSWAPCK_PAGE_SLAB);
}

/* --------------------------------------------------------------------- free blocks */

static bool in_block(struct map *map, uint64_t pfn, uint64_t *first)
{
	struct kswapck_page page = read_page(map, pfn), block;

	if (!page_buddy_block(&map->kernel, &page, &block))
		return false;
	*first = block.pfn;
	return true;
}

static void buddy_blocks(void **state)
{
	struct map *map = *state;
	uint64_t first;

	make_buddy(map, 64, 5);
	assert_true(in_block(map, 64, &first));
	assert_int_equal(first, 64);
	assert_true(in_block(map, 95, &first));
	assert_int_equal(first, 64);
	assert_true(in_block(map, 65, &first));
	assert_false(in_block(map, 96, &first));
	assert_false(in_block(map, 63, &first));
}

/* The block that begins at a lower aligned page ends before this one. */
static void block_too_small(void **state)
{
	struct map *map = *state;
	uint64_t first;

	make_buddy(map, 128, 2);
	assert_true(in_block(map, 131, &first));
	assert_false(in_block(map, 132, &first));
	assert_false(in_block(map, 140, &first));
}

static void block_of_page_0(void **state)
{
	struct map *map = *state;
	uint64_t first = 99;

	make_buddy(map, 0, 9);
	assert_true(in_block(map, 511, &first));
	assert_int_equal(first, 0);
}

static void block_with_garbage_order(void **state)
{
	struct map *map = *state;
	uint64_t first;

	make_buddy(map, 64, UINT64_C(0xffff888000000000));
	assert_false(in_block(map, 64, &first));
	assert_false(in_block(map, 65, &first));
}

static void block_head_not_in_the_dump(void **state)
{
	struct map *map = *state;
	uint64_t first;

	make_buddy(map, 64, 7);
	map->fake.hole = VMEMMAP + 4096;	/* pfn 64 to 127 */
	assert_false(in_block(map, 130, &first));
}

/* --------------------------------------------------------------------- descriptions */

static void assert_described(struct map *map, uint64_t pfn, const char *words)
{
	struct kswapck_page page = read_page(map, pfn);
	char text[96], small[8];

	page_describe(&page, text, sizeof(text));
	assert_string_equal(text, words);
	page_describe(&page, small, sizeof(small));
	assert_int_equal(strlen(small), strlen(words) < 7 ? strlen(words) : 7);
}

static void descriptions(void **state)
{
	struct map *map = *state;

	put(map, 1, KSWAPCK_FIELD_REFCOUNT, 1);
	put(map, 2, KSWAPCK_FIELD_REFCOUNT, 1);
	put(map, 2, KSWAPCK_FIELD_MAPPING, ANON);
	put(map, 3, KSWAPCK_FIELD_REFCOUNT, 1);
	put(map, 3, KSWAPCK_FIELD_MAPPING, ANON - 1);
	put(map, 3, KSWAPCK_FIELD_FLAGS, 1 << 23);
	put(map, 4, KSWAPCK_FIELD_FLAGS, 1 << 9);
	make_buddy(map, 6, 1);
	make_compound(map, 8, 2);
	assert_described(map, 1, "in use by the kernel");
	assert_described(map, 2, "anonymous memory");
	assert_described(map, 3, "page cache of a file (hardware-poisoned)");
	assert_described(map, 4, "slab memory");
	assert_described(map, 5, "free");
	assert_described(map, 6, "a free block of order 1");
	assert_described(map, 9, "a tail page of the compound page at 0xffffea0000000200");
}

/* --------------------------------------------------------------------- swap entries */

static void swap_entries(void **state)
{
	static const uint64_t slots[] = {0, 1, 16384, (1ULL << 32) - 1, (1ULL << 58) - 1};
	unsigned int type, got;
	uint64_t slot;
	size_t i;

	(void)state;
	assert_int_equal(swap_entry(0, 5), 5);
	assert_int_equal(swap_entry(1, 0), UINT64_C(0x400000000000000));
	for (type = 0; type < 32; type++)
		for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
			swap_entry_split(swap_entry(type, slots[i]), &got, &slot);
			assert_int_equal(got, type);
			assert_int_equal(slot, slots[i]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(small_folio, setup, teardown),
		cmocka_unit_test_setup_teardown(swapcache_needs_swapbacked, setup, teardown),
		cmocka_unit_test_setup_teardown(mappings, setup, teardown),
		cmocka_unit_test_setup_teardown(negative_refcount, setup, teardown),
		cmocka_unit_test_setup_teardown(orders, setup, teardown),
		cmocka_unit_test_setup_teardown(orders_of_6_12, setup, teardown),
		cmocka_unit_test_setup_teardown(impossible_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(heads_by_mask, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_size, setup, teardown),
		cmocka_unit_test_setup_teardown(page_not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(types_of_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(types_of_6_11, setup, teardown),
		cmocka_unit_test_setup_teardown(types_of_a_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(slab_has_no_mapping, setup, teardown),
		cmocka_unit_test_setup_teardown(buddy_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(block_too_small, setup, teardown),
		cmocka_unit_test_setup_teardown(block_of_page_0, setup, teardown),
		cmocka_unit_test_setup_teardown(block_with_garbage_order, setup, teardown),
		cmocka_unit_test_setup_teardown(block_head_not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptions, setup, teardown),
		cmocka_unit_test(swap_entries),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
