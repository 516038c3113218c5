// SPDX-License-Identifier: GPL-2.0-or-later
/* Map counts and pin counts of every layout since 5.4, on struct pages made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/folio.h"
#include "kernel/page.h"

#define VMEMMAP	UINT64_C(0xffffea0000000000)
#define PAGE	64
#define PAGES	1024
#define ANON	UINT64_C(0xffff888012345601)
#define FILE_OF	UINT64_C(0xffff888012345600)

#define FLAG_DOUBLE_MAP	6	/* PG_double_map = PG_workingset */
#define FLAG_HUGETLB	8	/* PG_hugetlb = PG_active: 6.6 */
#define DTOR_HUGETLB	2

static const struct page_layout page_layout = {
	.size = PAGE,
	.fields = {
		[KSWAPCK_FIELD_FLAGS] = {0, 8},
		[KSWAPCK_FIELD_COMPOUND_HEAD] = {8, 8},
		[KSWAPCK_FIELD_MAPPING] = {24, 8},
		[KSWAPCK_FIELD_INDEX] = {32, 8},
		[KSWAPCK_FIELD_PRIVATE] = {40, 8},
		[KSWAPCK_FIELD_PAGE_TYPE] = {48, 4},
		[KSWAPCK_FIELD_REFCOUNT] = {52, 4},
	},
	.vmemmap = VMEMMAP,
	.pages = PAGES,
	.order_rule = PAGE_ORDER_U8,
	.order_offset = PAGE + 17,
	.type_rule = PAGE_TYPE_BITS,
	.type_buddy = 0x80, .type_offline = 0x100, .type_table = 0x400,
	.flag_locked = 1 << 0, .flag_lru = 1 << 4, .flag_slab = 1 << 9,
	.flags_rare = UINT64_MAX,
	.flag_swapcache = 1 << 10, .flag_head = 1 << 16, .flag_swapbacked = 1 << 19,
};

static const struct fake_enumerator enumerators_5_10[] = {
	{"PG_double_map", FLAG_DOUBLE_MAP}, {"HUGETLB_PAGE_DTOR", DTOR_HUGETLB}, {NULL, 0},
};

static const struct fake_enumerator enumerators_6_3[] = {
	{"HUGETLB_PAGE_DTOR", DTOR_HUGETLB}, {NULL, 0},
};

static const struct fake_enumerator enumerators_6_6[] = {
	{"PG_hugetlb", FLAG_HUGETLB}, {NULL, 0},
};

struct map {
	struct fake_source fake;
	struct image image;
	struct types types;
	struct kernel kernel;
	uint8_t bytes[PAGES * PAGE];
};

static int setup(void **state)
{
	struct map *map = aligned_alloc(4096, (sizeof(*map) + 4095) & ~4095ULL);
	unsigned int i;

	memset(map, 0, sizeof(*map));
	map->kernel.memory = fake_memory(&map->fake, VMEMMAP, map->bytes, sizeof(map->bytes));
	map->kernel.image = &map->image;
	map->kernel.types = &map->types;
	map->kernel.page = page_layout;
	for (i = 0; i < PAGES; i++)
		memset(map->bytes + i * PAGE + 48, 0xff, 4);
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

/* ------------------------------------------------------------------ the layouts */

static void become_5_4(struct map *map)
{
	map->types.enumerators = enumerators_5_10;
	fake_add_member(&map->types, "page", "compound_dtor", 16, 1);
	fake_add_member(&map->types, "page", "compound_mapcount", 20, 4);
	folio_layout_resolve(&map->kernel);
}

static void become_5_10(struct map *map)
{
	fake_add_member(&map->types, "page", "hpage_pinned_refcount", 16, 4);
	become_5_4(map);
}

static void become_5_18(struct map *map)
{
	fake_add_member(&map->types, "page", "compound_pincount", 24, 4);
	become_5_4(map);
}

static void become_6_1(struct map *map)
{
	fake_add_member(&map->types, "folio", "_total_mapcount", 84, 4);
	fake_add_member(&map->types, "folio", "_pincount", 88, 4);
	become_5_18(map);
}

static void become_6_2(struct map *map)
{
	map->types.enumerators = enumerators_6_3;
	fake_add_member(&map->types, "page", "compound_dtor", 16, 1);
	fake_add_member(&map->types, "page", "compound_mapcount", 20, 4);
	fake_add_member(&map->types, "page", "subpages_mapcount", 24, 4);
	fake_add_member(&map->types, "page", "compound_pincount", 28, 4);
	folio_layout_resolve(&map->kernel);
}

static void become_6_3(struct map *map)
{
	map->types.enumerators = enumerators_6_3;
	fake_add_member(&map->types, "folio", "_folio_dtor", 80, 1);
	fake_add_member(&map->types, "folio", "_entire_mapcount", 84, 4);
	fake_add_member(&map->types, "folio", "_nr_pages_mapped", 88, 4);
	fake_add_member(&map->types, "folio", "_pincount", 92, 4);
	folio_layout_resolve(&map->kernel);
}

static void become_6_6(struct map *map)
{
	map->types.enumerators = enumerators_6_6;
	map->kernel.page.order_rule = PAGE_ORDER_FLAGS;
	map->kernel.page.order_offset = PAGE;
	fake_add_member(&map->types, "folio", "_entire_mapcount", 80, 4);
	fake_add_member(&map->types, "folio", "_nr_pages_mapped", 84, 4);
	fake_add_member(&map->types, "folio", "_pincount", 88, 4);
	folio_layout_resolve(&map->kernel);
}

/* 6.10 to 6.17; where they stand does not matter */
static void become_6_12(struct map *map)
{
	map->kernel.page.order_rule = PAGE_ORDER_FLAGS;
	map->kernel.page.order_offset = PAGE;
	map->kernel.page.type_rule = PAGE_TYPE_BYTE;
	map->kernel.page.type_buddy = 0xf0;
	map->kernel.page.type_hugetlb = 0xf4;
	map->kernel.page.type_slab = 0xf5;
	fake_add_member(&map->types, "folio", "_large_mapcount", 80, 4);
	fake_add_member(&map->types, "folio", "_entire_mapcount", 84, 4);
	fake_add_member(&map->types, "folio", "_nr_pages_mapped", 88, 4);
	fake_add_member(&map->types, "folio", "_pincount", 92, 4);
	folio_layout_resolve(&map->kernel);
}

static void become_6_16(struct map *map)
{
	map->kernel.page.order_rule = PAGE_ORDER_FLAGS;
	map->kernel.page.order_offset = PAGE;
	map->kernel.page.type_rule = PAGE_TYPE_BYTE;
	map->kernel.page.type_hugetlb = 0xf4;
	fake_add_member(&map->types, "folio", "_large_mapcount", 80, 4);
	fake_add_member(&map->types, "folio", "_nr_pages_mapped", 84, 4);
	fake_add_member(&map->types, "folio", "_entire_mapcount", 88, 4);
	fake_add_member(&map->types, "folio", "_pincount", 92, 4);
	folio_layout_resolve(&map->kernel);
}

/* -------------------------------------------------------------------- the pages */

static void put32(struct map *map, uint64_t offset, int32_t value)
{
	memcpy(map->bytes + offset, &value, sizeof(value));
}

static void put64(struct map *map, uint64_t offset, uint64_t value)
{
	memcpy(map->bytes + offset, &value, sizeof(value));
}

/* _mapcount of page @pfn: mapped @times. */
static void map_page(struct map *map, uint64_t pfn, int32_t times)
{
	put32(map, pfn * PAGE + 48, times - 1);
}

static void add_tail_flag(struct map *map, uint64_t pfn, unsigned int bit)
{
	map->bytes[(pfn + 1) * PAGE + bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* A compound page that nobody maps, as prep_compound_page() makes it. */
static void make_large(struct map *map, uint64_t pfn, unsigned int order, uint64_t mapping)
{
	uint64_t i;

	put64(map, pfn * PAGE, map->kernel.page.flag_head);
	put64(map, pfn * PAGE + 24, mapping);
	for (i = 1; i < 1ULL << order; i++)
		put64(map, (pfn + i) * PAGE + 8, (VMEMMAP + pfn * PAGE) | 1);
	map->bytes[pfn * PAGE + map->kernel.page.order_offset] = (uint8_t)order;
	put32(map, pfn * PAGE + map->kernel.folio.mapcount_offset, -1);
}

/* What the number of a whole folio says: mapped @times. */
static void map_whole(struct map *map, uint64_t pfn, int32_t times)
{
	put32(map, pfn * PAGE + map->kernel.folio.mapcount_offset, times - 1);
}

/* The page cache would not see what was put behind it. */
static struct kswapck_page page_of(struct map *map, uint64_t pfn)
{
	struct kswapck_page page;

	memory_overlay_clear(map->kernel.memory);
	memory_free(map->kernel.memory);
	map->kernel.memory = memory_new(&map->fake.source, 0);
	assert_int_equal(page_read(&map->kernel, VMEMMAP + pfn * PAGE, &page), READ_OK);
	return page;
}

static struct kswapck_folio folio_of(struct map *map, uint64_t pfn)
{
	struct kswapck_page page = page_of(map, pfn);
	struct kswapck_folio folio;

	assert_int_equal(folio_read(&map->kernel, &page, &folio), READ_OK);
	return folio;
}

static void expect_mapcount(struct map *map, uint64_t pfn, int64_t mapcount)
{
	struct kswapck_folio folio = folio_of(map, pfn);

	assert_true(folio.mapcount_known);
	assert_int_equal(folio.mapcount, mapcount);
	assert_int_equal(folio.mapcount_size, 4);
}

/* ------------------------------------------------------------------------ small */

static void small_folios(void **state)
{
	struct map *map = *state;

	become_5_10(map);
	expect_mapcount(map, 7, 0);
	map_page(map, 7, 3);
	expect_mapcount(map, 7, 3);
	assert_int_equal(folio_of(map, 7).mapcount_address, VMEMMAP + 7 * PAGE + 48);
	map_page(map, 7, -2);
	expect_mapcount(map, 7, -2);
	assert_false(folio_of(map, 7).pincount_known);
}

static void typed_pages_are_not_mapped(void **state)
{
	struct map *map = *state;

	become_5_10(map);
	put32(map, 7 * PAGE + 48, (int32_t)(0xffffffff & ~0x400U));
	expect_mapcount(map, 7, 0);
	assert_true(folio_page_has_type(&map->kernel, &(struct kswapck_page){
		.page_type = 0xffffffff & ~0x400U}));
	become_6_12(map);
	put32(map, 7 * PAGE + 48, (int32_t)0xf2000000);
	expect_mapcount(map, 7, 0);
	put32(map, 7 * PAGE + 48, -130);	/* a type before 6.12, an underflow since */
	expect_mapcount(map, 7, -129);
}

static void tail_is_refused(void **state)
{
	struct map *map = *state;
	struct kswapck_folio folio;
	struct kswapck_page page;

	become_5_10(map);
	make_large(map, 64, 4, ANON);
	page = page_of(map, 65);
	assert_int_equal(folio_read(&map->kernel, &page, &folio), READ_UNMAPPED);
}

/* ---------------------------------------------------------------- large, to 6.1 */

static void large_by_pmd(void **state)
{
	struct map *map = *state;

	become_5_4(map);
	make_large(map, 512, 9, ANON);
	expect_mapcount(map, 512, 0);
	map_whole(map, 512, 2);
	expect_mapcount(map, 512, 2);
	assert_int_equal(folio_of(map, 512).mapcount_address, VMEMMAP + 513 * PAGE + 20);
	assert_false(folio_of(map, 512).pincount_known);
}

static void large_by_pages(void **state)
{
	struct map *map = *state;
	uint64_t i;

	become_5_10(map);
	make_large(map, 512, 9, ANON);
	for (i = 0; i < 512; i++)
		map_page(map, 512 + i, 1);
	expect_mapcount(map, 512, 512);
	map_page(map, 512, 0);
	map_page(map, 513, 4);
	expect_mapcount(map, 512, 514);
}

/* Two processes map it, one of them by PTEs: each page is counted once more. */
static void large_mapped_both_ways(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;
	int64_t head;
	uint64_t i;

	become_6_1(map);
	make_large(map, 512, 9, ANON);
	map_whole(map, 512, 1);
	for (i = 0; i < 512; i++)
		map_page(map, 512 + i, 2);
	add_tail_flag(map, 512, FLAG_DOUBLE_MAP);
	expect_mapcount(map, 512, 1 + 512);
	page = page_of(map, 512);
	assert_true(folio_head_mapcount(&map->kernel, &page, &head));
	assert_int_equal(head, 1 + 1);
}

/* __split_huge_pmd_locked() sets PG_double_map, and then counts the pages. */
static void large_being_marked_as_mapped_both_ways(void **state)
{
	struct map *map = *state;
	uint64_t i;

	become_6_1(map);
	make_large(map, 512, 9, ANON);
	map_whole(map, 512, 2);
	add_tail_flag(map, 512, FLAG_DOUBLE_MAP);
	expect_mapcount(map, 512, 2);
	for (i = 0; i < 100; i++)
		map_page(map, 512 + i, 1);
	expect_mapcount(map, 512, 2);
	for (; i < 512; i++)
		map_page(map, 512 + i, 1);
	expect_mapcount(map, 512, 2);
}

/* PMDs of a file are counted in every page as well. */
static void large_of_a_file(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;
	int64_t head;
	uint64_t i;

	become_5_10(map);
	make_large(map, 512, 9, FILE_OF);
	map_whole(map, 512, 3);
	for (i = 0; i < 512; i++)
		map_page(map, 512 + i, 3);
	map_page(map, 515, 4);
	expect_mapcount(map, 512, 3 + 1);
	page = page_of(map, 512);
	assert_true(folio_head_mapcount(&map->kernel, &page, &head));
	assert_int_equal(head, 3);
}

static void head_of_a_split_pmd(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;
	int64_t head;
	uint64_t i;

	become_5_10(map);
	make_large(map, 512, 9, ANON);
	for (i = 0; i < 512; i++)
		map_page(map, 512 + i, 1);
	page = page_of(map, 512);
	assert_true(folio_head_mapcount(&map->kernel, &page, &head));
	assert_int_equal(head, 1);
	map_page(map, 7, 5);
	page = page_of(map, 7);
	assert_true(folio_head_mapcount(&map->kernel, &page, &head));
	assert_int_equal(head, 5);
}

static void hugetlb_counts_the_whole(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	become_5_10(map);
	make_large(map, 512, 9, FILE_OF);
	map->bytes[513 * PAGE + 16] = DTOR_HUGETLB;
	map_whole(map, 512, 2);
	page = page_of(map, 512);
	assert_true(folio_is_hugetlb(&map->kernel, &page));
	expect_mapcount(map, 512, 2);
	map->bytes[513 * PAGE + 16] = 3;
	page = page_of(map, 512);
	assert_false(folio_is_hugetlb(&map->kernel, &page));
}

/* ----------------------------------------------------------------- 6.2 and later */

static void sums_of_6_2(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;
	int64_t head;

	become_6_2(map);
	make_large(map, 512, 9, FILE_OF);
	map_whole(map, 512, 3);
	map_page(map, 515, 4);
	add_tail_flag(map, 512, FLAG_DOUBLE_MAP);	/* means nothing any more */
	expect_mapcount(map, 512, 7);
	page = page_of(map, 512);
	assert_false(folio_head_mapcount(&map->kernel, &page, &head));
}

static void sums_of_6_3(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	become_6_3(map);
	make_large(map, 512, 9, ANON);
	map_whole(map, 512, 1);
	map_page(map, 512, 1);
	map_page(map, 1023, 2);
	expect_mapcount(map, 512, 4);
	map->bytes[513 * PAGE + 16] = DTOR_HUGETLB;
	page = page_of(map, 512);
	assert_true(folio_is_hugetlb(&map->kernel, &page));
	expect_mapcount(map, 512, 1);
}

static void sums_of_6_6(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	become_6_6(map);
	make_large(map, 512, 9, ANON);
	map_whole(map, 512, 2);
	map_page(map, 600, 5);
	expect_mapcount(map, 512, 7);
	add_tail_flag(map, 512, FLAG_HUGETLB);
	page = page_of(map, 512);
	assert_true(folio_is_hugetlb(&map->kernel, &page));
	expect_mapcount(map, 512, 2);
}

static void one_number_of_6_12(void **state)
{
	struct map *map = *state;
	struct kswapck_page page;

	become_6_12(map);
	make_large(map, 64, 4, ANON);
	expect_mapcount(map, 64, 0);
	map_whole(map, 64, 17);
	map_page(map, 70, 9);		/* is in it already */
	expect_mapcount(map, 64, 17);
	assert_int_equal(folio_of(map, 64).mapcount_address, VMEMMAP + 65 * PAGE + 16);
	map_whole(map, 64, -1);
	expect_mapcount(map, 64, -1);
	put32(map, 64 * PAGE + 48, (int32_t)0xf4000000);
	page = page_of(map, 64);
	assert_true(folio_is_hugetlb(&map->kernel, &page));
}

static void one_number_of_6_16(void **state)
{
	struct map *map = *state;

	become_6_16(map);
	make_large(map, 64, 1, ANON);
	map_whole(map, 64, 2);
	put32(map, 65 * PAGE + 28, 6);
	expect_mapcount(map, 64, 2);
	assert_true(folio_of(map, 64).pincount_known);
	assert_int_equal(folio_of(map, 64).pincount, 6);
}

/* ------------------------------------------------------------------------- pins */

/* Up to 5.17 in the third page, which the smallest compound page has not. */
static void pins_in_the_third_page(void **state)
{
	struct map *map = *state;

	become_5_10(map);
	make_large(map, 64, 4, ANON);
	put32(map, 66 * PAGE + 16, 5);
	assert_true(folio_of(map, 64).pincount_known);
	assert_int_equal(folio_of(map, 64).pincount, 5);
	make_large(map, 128, 1, ANON);
	put32(map, 130 * PAGE + 16, 5);
	assert_false(folio_of(map, 128).pincount_known);
}

static void pins_in_the_second_page(void **state)
{
	struct map *map = *state;

	become_5_18(map);
	make_large(map, 128, 1, ANON);
	put32(map, 129 * PAGE + 24, 5);
	assert_true(folio_of(map, 128).pincount_known);
	assert_int_equal(folio_of(map, 128).pincount, 5);
}

/* ------------------------------------------------------------------ what may fail */

static void unknown_layout(void **state)
{
	struct map *map = *state;

	folio_layout_resolve(&map->kernel);
	make_large(map, 512, 9, ANON);
	assert_false(folio_of(map, 512).mapcount_known);
	assert_false(folio_of(map, 512).pincount_known);
	map_page(map, 7, 2);
	expect_mapcount(map, 7, 2);
}

/* Offsets that are not within a folio's own pages, and numbers of another size. */
static void odd_types(void **state)
{
	struct map *map = *state;

	fake_add_member(&map->types, "folio", "_large_mapcount", 1 << 20, 4);
	fake_add_member(&map->types, "folio", "_entire_mapcount", 8, 4);
	fake_add_member(&map->types, "page", "compound_mapcount", 20, 8);
	fake_add_member(&map->types, "folio", "_pincount", 92, 8);
	folio_layout_resolve(&map->kernel);
	assert_int_equal(map->kernel.folio.mapcount_rule, FOLIO_MAPCOUNT_NONE);
	assert_int_equal(map->kernel.folio.pincount_offset, 0);
}

static void page_that_is_not_there(void **state)
{
	struct map *map = *state;
	struct kswapck_folio folio;
	struct kswapck_page page;

	become_5_10(map);
	make_large(map, 512, 9, ANON);
	map->fake.hole = VMEMMAP + 576 * PAGE;
	page = page_of(map, 512);
	assert_int_equal(folio_read(&map->kernel, &page, &folio), READ_EXCLUDED);
	assert_false(folio.mapcount_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(small_folios, setup, teardown),
		cmocka_unit_test_setup_teardown(typed_pages_are_not_mapped, setup, teardown),
		cmocka_unit_test_setup_teardown(tail_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(large_by_pmd, setup, teardown),
		cmocka_unit_test_setup_teardown(large_by_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(large_mapped_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(large_being_marked_as_mapped_both_ways,
						setup, teardown),
		cmocka_unit_test_setup_teardown(large_of_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(head_of_a_split_pmd, setup, teardown),
		cmocka_unit_test_setup_teardown(hugetlb_counts_the_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(sums_of_6_2, setup, teardown),
		cmocka_unit_test_setup_teardown(sums_of_6_3, setup, teardown),
		cmocka_unit_test_setup_teardown(sums_of_6_6, setup, teardown),
		cmocka_unit_test_setup_teardown(one_number_of_6_12, setup, teardown),
		cmocka_unit_test_setup_teardown(one_number_of_6_16, setup, teardown),
		cmocka_unit_test_setup_teardown(pins_in_the_third_page, setup, teardown),
		cmocka_unit_test_setup_teardown(pins_in_the_second_page, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_types, setup, teardown),
		cmocka_unit_test_setup_teardown(page_that_is_not_there, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
