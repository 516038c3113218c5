// SPDX-License-Identifier: GPL-2.0-or-later
/* The page cache, over a source that is made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/backend.h"
#include "source/memory.h"

#define PAGE	 4096
#define BASE	 UINT64_C(0xffff888000000000)
#define BAD_PAGE 13

static unsigned int page_reads;

/* Virtual page n holds words n << 32 | index; physical ones have all bits turned. */
static void fill(uint64_t number, enum address_space space, uint64_t *words)
{
	for (uint64_t i = 0; i < PAGE / 8; i++) {
		words[i] = number << 32 | i;
		if (space == ADDRESS_PHYSICAL)
			words[i] = ~words[i];
	}
}

static enum read_status fake_read(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	uint64_t number = (space == ADDRESS_VIRTUAL ? address - BASE : address) / PAGE;

	(void)source;
	assert_int_equal(address % PAGE, 0);
	page_reads++;
	if (number == BAD_PAGE)
		return READ_EXCLUDED;
	if (number > 1 << 20)
		return READ_UNMAPPED;
	fill(number, space, page);
	return READ_OK;
}

static const struct source_ops fake_ops = { .name = "fake", .read_page = fake_read };
static struct source fake_source = { .ops = &fake_ops, .facts = { .page_size = PAGE } };

static uint64_t word_at(uint64_t address)
{
	return (address - BASE) / PAGE << 32 | address % PAGE / 8;
}

static int setup(void **state)
{
	page_reads = 0;
	*state = memory_new(&fake_source, 0);
	return !*state;
}

static int teardown(void **state)
{
	memory_free(*state);
	return 0;
}

static void each_page_is_read_once(void **state)
{
	struct memory *memory = *state;
	uint64_t value;

	for (uint64_t address = BASE; address < BASE + 4 * PAGE; address += 8) {
		assert_int_equal(memory_read_u64(memory, address, &value), READ_OK);
		assert_int_equal(value, word_at(address));
	}
	assert_int_equal(page_reads, 4);
	assert_int_equal(memory_statistics(memory)->pages_read, 4);
	assert_int_equal(memory_statistics(memory)->hits, 4 * PAGE / 8 - 4);
}

static void spaces_are_kept_apart(void **state)
{
	struct memory *memory = *state;
	uint64_t virtual, physical;

	assert_int_equal(memory_read_u64(memory, BASE + 8, &virtual), READ_OK);
	assert_int_equal(memory_read_physical(memory, 8, &physical, 8), READ_OK);
	assert_int_equal(virtual, ~physical);
}

static void a_read_goes_over_pages(void **state)
{
	struct memory *memory = *state;
	uint64_t words[2 * PAGE / 8];

	assert_int_equal(memory_read(memory, BASE + PAGE - 8, words, sizeof(words)),
			 READ_OK);
	for (size_t i = 0; i < 2 * PAGE / 8; i++)
		assert_int_equal(words[i], word_at(BASE + PAGE - 8 + i * 8));
	assert_int_equal(page_reads, 3);
}

/* What is in the cache comes from there, and what is not does not come in. */
static void a_table_goes_past_the_cache(void **state)
{
	enum { PAGES = 600 };
	struct memory *memory = *state;
	uint64_t *words = malloc(PAGES * PAGE), value;
	uint64_t first = BASE + 100 * PAGE;

	assert_non_null(words);
	assert_int_equal(memory_read_u64(memory, first + 2 * PAGE, &value), READ_OK);
	assert_int_equal(memory_read_once(memory, first - 8, words, PAGES * PAGE), READ_OK);
	for (size_t i = 0; i < PAGES * PAGE / 8; i++)
		assert_int_equal(words[i], word_at(first - 8 + i * 8));
	/* the last 8 bytes of the page before, and all but 8 of the last one */
	assert_int_equal(page_reads, PAGES + 1);
	assert_int_equal(memory_statistics(memory)->pages_read, PAGES + 1);
	assert_int_equal(memory_read_u64(memory, first + PAGE, &value), READ_OK);
	assert_int_equal(page_reads, PAGES + 2);
	/* overlays are seen, in and over the ends of pages */
	assert_true(memory_overlay(memory, first + PAGE - 4, "12345678", 8));
	assert_int_equal(memory_read_once(memory, first, words, 4 * PAGE), READ_OK);
	assert_memory_equal((char *)words + PAGE - 4, "12345678", 8);
	free(words);
}

static void a_table_with_a_hole(void **state)
{
	struct memory *memory = *state;
	unsigned char *bytes = malloc(4 * PAGE);

	assert_non_null(bytes);
	assert_int_equal(memory_read_once(memory, BASE + (BAD_PAGE - 2) * PAGE, bytes, 4 * PAGE),
			 READ_EXCLUDED);
	assert_int_equal(memory_read_once(memory, BASE + (BAD_PAGE - 2) * PAGE, bytes, 4 * PAGE),
			 READ_EXCLUDED);
	assert_int_equal(memory_statistics(memory)->failed[READ_EXCLUDED], 1);
	assert_int_equal(memory_read_once(memory, UINT64_MAX - 8, bytes, 16), READ_UNMAPPED);
	free(bytes);
}

/* A source that reads rows of up to 5 pages, and no bad page. */
static unsigned int row_reads;

static enum read_status fake_physical(struct source *source, uint64_t *address)
{
	(void)source;
	*address -= BASE;
	return READ_OK;
}

static size_t fake_read_row(struct source *source, uint64_t physical, void *const *pages,
			    size_t count)
{
	size_t i;

	(void)source;
	row_reads++;
	for (i = 0; i < count && i < 5 && physical / PAGE + i != BAD_PAGE; i++)
		fill(physical / PAGE + i, ADDRESS_VIRTUAL, pages[i]);
	return i;
}

static const struct source_ops row_ops = {
	.name = "fake", .read_page = fake_read, .read_row = fake_read_row,
	.to_physical = fake_physical,
};
static struct source row_source = {.ops = &row_ops, .facts = {.page_size = PAGE}};

static struct memory *row_memory(size_t cache_bytes)
{
	struct memory *memory = memory_new(&row_source, cache_bytes);

	assert_non_null(memory);
	page_reads = row_reads = 0;
	return memory;
}

static void assert_pages(struct memory *memory, uint64_t first, uint64_t count)
{
	uint64_t value, page;

	for (page = first; page < first + count; page++) {
		assert_int_equal(memory_read_u64(memory, BASE + page * PAGE + 8, &value), READ_OK);
		assert_int_equal(value, word_at(BASE + page * PAGE + 8));
	}
}

static void rows_are_brought(void **state)
{
	struct memory *memory = row_memory(0);

	(void)state;
	/* any address within the first page; a part that the row does not have comes alone */
	memory_bring(memory, BASE + 100 * PAGE + 64, 4 * PAGE);
	memory_bring(memory, BASE + 200 * PAGE, 7 * PAGE);
	assert_int_equal(row_reads, 2);
	assert_int_equal(page_reads, 2);
	assert_pages(memory, 100, 4);
	assert_pages(memory, 200, 7);
	assert_int_equal(page_reads, 2);
	assert_int_equal(memory_statistics(memory)->pages_read, 11);
	/* what is there stays, and ends a row; one page is none */
	memory_bring(memory, BASE + 103 * PAGE, 4 * PAGE);
	memory_bring(memory, BASE + 98 * PAGE, 8 * PAGE);
	memory_bring(memory, BASE + 300 * PAGE, PAGE);
	assert_int_equal(row_reads, 3);
	assert_pages(memory, 98, 6);
	assert_int_equal(memory_statistics(memory)->pages_read, 13);
	/* no more than is to be had at once */
	memory_bring(memory, BASE + 400 * PAGE, 100 * PAGE);
	assert_int_equal(memory_statistics(memory)->pages_read, 13 + MEMORY_BRING_MAX / PAGE);
	memory_free(memory);
}

static void a_row_with_a_bad_page(void **state)
{
	struct memory *memory = row_memory(0);
	uint64_t value;

	(void)state;
	memory_bring(memory, BASE + (BAD_PAGE - 2) * PAGE, 4 * PAGE);
	assert_int_equal(memory_statistics(memory)->failed[READ_EXCLUDED], 1);
	assert_int_equal(memory_read_u64(memory, BASE + BAD_PAGE * PAGE, &value), READ_EXCLUDED);
	assert_int_equal(memory_statistics(memory)->failed[READ_EXCLUDED], 1);
	assert_pages(memory, BAD_PAGE - 2, 2);
	assert_pages(memory, BAD_PAGE + 1, 1);
	assert_int_equal(memory_statistics(memory)->pages_read, 4);
	memory_free(memory);
}

/* The smallest cache has 16 pages: all stay right while rows and pages drive each other out. */
static void rows_under_eviction(void **state)
{
	struct memory *memory = row_memory(1);
	unsigned int seed = 3, round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		uint64_t first = 20 + (uint64_t)rand_r(&seed) % 60;

		if (rand_r(&seed) % 2)
			memory_bring(memory, BASE + first * PAGE,
				     (uint64_t)rand_r(&seed) % 12 * PAGE);
		assert_pages(memory, first, 1 + (uint64_t)rand_r(&seed) % 9);
	}
	assert_true(row_reads > 100);
	memory_free(memory);
}

static void a_table_comes_in_rows(void **state)
{
	enum { PAGES = 40 };
	struct memory *memory = row_memory(0);
	static uint64_t words[PAGES * PAGE / 8];
	uint64_t first = BASE + 100 * PAGE;

	(void)state;
	/* what is in the cache ends a row, and the last page is none */
	assert_pages(memory, 107, 1);
	assert_int_equal(memory_read_once(memory, first - 8, words, sizeof(words)), READ_OK);
	for (size_t i = 0; i < sizeof(words) / 8; i++)
		assert_int_equal(words[i], word_at(first - 8 + i * 8));
	/* pages 99 and 139, of which parts are wanted, and 138 alone */
	assert_int_equal(page_reads, 1 + 3);
	assert_int_equal(memory_statistics(memory)->pages_read, PAGES + 1);
	assert_int_equal(memory_read_once(memory, BASE + (BAD_PAGE - 3) * PAGE, words, 6 * PAGE),
			 READ_EXCLUDED);
	assert_int_equal(memory_statistics(memory)->failed[READ_EXCLUDED], 1);
	memory_free(memory);
}

static bool refuse_one(void *data, uint64_t physical)
{
	return physical / PAGE == *(uint64_t *)data;
}

/* What may not be read is not brought; what is laid over a page is seen. */
static void guarded_rows(void **state)
{
	struct memory *memory = row_memory(0);
	uint64_t refused = 52, value;

	(void)state;
	memory_guard(memory, refuse_one, &refused);
	memory_bring(memory, BASE + 50 * PAGE, 4 * PAGE);
	assert_int_equal(memory_statistics(memory)->pages_read, 2);
	assert_int_equal(memory_read_u64(memory, BASE + 52 * PAGE, &value), READ_FOREIGN);
	assert_pages(memory, 50, 2);
	assert_pages(memory, 53, 1);
	assert_true(memory_overlay(memory, BASE + 61 * PAGE, "12345678", 8));
	memory_bring(memory, BASE + 60 * PAGE, 4 * PAGE);
	assert_int_equal(memory_read_u64(memory, BASE + 61 * PAGE, &value), READ_OK);
	assert_memory_equal(&value, "12345678", 8);
	assert_int_equal(row_reads, 1);
	memory_free(memory);
}

/* A source without rows: pages come when they are asked for. */
static void no_rows(void **state)
{
	struct memory *memory = *state;

	memory_bring(memory, BASE + 100 * PAGE, 4 * PAGE);
	assert_int_equal(page_reads, 0);
	assert_pages(memory, 100, 4);
}

static void integers_are_little_endian(void **state)
{
	struct memory *memory = *state;
	uint64_t address = BASE + 5 * PAGE + 8 * 0x123;	/* 0x0000000500000123 */
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;

	assert_int_equal(memory_read_u8(memory, address, &u8), READ_OK);
	assert_int_equal(u8, 0x23);
	assert_int_equal(memory_read_u16(memory, address, &u16), READ_OK);
	assert_int_equal(u16, 0x123);
	assert_int_equal(memory_read_u32(memory, address + 4, &u32), READ_OK);
	assert_int_equal(u32, 5);
}

static void a_bad_page_is_asked_once(void **state)
{
	struct memory *memory = *state;
	uint64_t value;

	for (int i = 0; i < 10; i++)
		assert_int_equal(memory_read_u64(memory, BASE + BAD_PAGE * PAGE, &value),
				 READ_EXCLUDED);
	assert_int_equal(page_reads, 1);
	assert_int_equal(memory_statistics(memory)->failed[READ_EXCLUDED], 1);
	/* In the middle of a read as well. */
	assert_int_equal(memory_read(memory, BASE + BAD_PAGE * PAGE - 4, &value, 8),
			 READ_EXCLUDED);
}

static void the_cache_is_bounded(void **state)
{
	struct memory *memory = memory_new(&fake_source, 64 * PAGE);
	uint64_t value;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (uint64_t page = 0; page < 1000; page++) {
			uint64_t address = BASE + (page + 100) * PAGE + 8 * page % PAGE;

			assert_int_equal(memory_read_u64(memory, address, &value), READ_OK);
			assert_int_equal(value, word_at(address));
		}
	}
	assert_int_equal(page_reads, 3000);
	/* What is used between all others stays. */
	page_reads = 0;
	for (uint64_t page = 0; page < 1000; page++) {
		memory_read_u64(memory, BASE + 50 * PAGE, &value);
		memory_read_u64(memory, BASE + (page + 100) * PAGE, &value);
	}
	assert_true(page_reads <= 1002);
	memory_free(memory);
}

static void random_reads_under_eviction(void **state)
{
	struct memory *memory = memory_new(&fake_source, 1);	/* the least */
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t address, value;

		seed = seed * 1664525 + 1013904223;
		address = BASE + (seed >> 8) % 64 * PAGE + (seed >> 4) % 512 * 8;
		if ((address - BASE) / PAGE == BAD_PAGE) {
			assert_int_equal(memory_read_u64(memory, address, &value),
					 READ_EXCLUDED);
			continue;
		}
		assert_int_equal(memory_read_u64(memory, address, &value), READ_OK);
		assert_int_equal(value, word_at(address));
		if (i % 1000 == 0) {
			assert_true(memory_overlay(memory, address, &value, 8));
			memory_overlay_clear(memory);
		}
	}
	memory_free(memory);
}

static void map_is_within_a_page(void **state)
{
	struct memory *memory = *state;
	enum read_status status;
	const uint64_t *words = memory_map(memory, BASE + PAGE, PAGE, &status);

	assert_non_null(words);
	assert_int_equal(status, READ_OK);
	assert_int_equal(words[511], word_at(BASE + 2 * PAGE - 8));
	assert_null(memory_map(memory, BASE + PAGE - 4, 8, &status));
	assert_int_equal(status, READ_UNMAPPED);
	assert_null(memory_map(memory, BASE + BAD_PAGE * PAGE, 8, &status));
	assert_int_equal(status, READ_EXCLUDED);
	assert_null(memory_map(memory, BASE + BAD_PAGE * PAGE, 8, NULL));
}

static void the_address_space_ends(void **state)
{
	struct memory *memory = *state;
	char buffer[64];
	uint64_t value;

	assert_int_equal(memory_read(memory, UINT64_MAX - 7, buffer, 16), READ_UNMAPPED);
	assert_int_equal(memory_read_u64(memory, UINT64_MAX, &value), READ_UNMAPPED);
	assert_int_equal(memory_read_string(memory, UINT64_MAX - 3, buffer, sizeof(buffer)),
			 READ_UNMAPPED);
	assert_string_equal(buffer, "");
}

static void overlays_are_seen(void **state)
{
	struct memory *memory = *state;
	uint64_t wrong[2] = { 0x1111111111111111, 0x2222222222222222 };
	uint64_t address = BASE + 3 * PAGE - 8;
	unsigned char page[PAGE];
	uint64_t value;

	/* Over a page that is in the cache and one that is not. */
	assert_int_equal(memory_read_u64(memory, address, &value), READ_OK);
	assert_true(memory_overlay(memory, address, wrong, sizeof(wrong)));
	memory_read_u64(memory, address, &value);
	assert_int_equal(value, wrong[0]);
	memory_read_u64(memory, address + 8, &value);
	assert_int_equal(value, wrong[1]);
	memory_read_u64(memory, address + 16, &value);
	assert_int_equal(value, word_at(address + 16));
	/* The later one wins. */
	assert_true(memory_overlay(memory, address, "\x33", 1));
	memory_read_u64(memory, address, &value);
	assert_int_equal(value, 0x1111111111111133);
	/* A missing page is there only when all of it is laid over. */
	assert_true(memory_overlay(memory, BASE + BAD_PAGE * PAGE, wrong, 8));
	assert_int_equal(memory_read_u64(memory, BASE + BAD_PAGE * PAGE, &value),
			 READ_EXCLUDED);
	memset(page, 0x44, sizeof(page));
	assert_true(memory_overlay(memory, BASE + BAD_PAGE * PAGE, page, PAGE));
	assert_int_equal(memory_read_u64(memory, BASE + BAD_PAGE * PAGE, &value), READ_OK);
	assert_int_equal(value, 0x4444444444444444);

	memory_overlay_clear(memory);
	memory_read_u64(memory, address, &value);
	assert_int_equal(value, word_at(address));
	assert_int_equal(memory_read_u64(memory, BASE + BAD_PAGE * PAGE, &value),
			 READ_EXCLUDED);
}

static void strings_are_cut_and_terminated(void **state)
{
	struct memory *memory = *state;
	char text[PAGE + 100];
	char buffer[PAGE + 100];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_true(memory_overlay(memory, BASE + PAGE - 50, text, sizeof(text)));
	assert_int_equal(memory_read_string(memory, BASE + PAGE - 50, buffer,
					    sizeof(buffer)), READ_OK);
	assert_string_equal(buffer, text);
	assert_int_equal(memory_read_string(memory, BASE + PAGE - 50, buffer, 5), READ_OK);
	assert_string_equal(buffer, "xxxx");
	assert_int_equal(memory_read_string(memory, BASE + PAGE - 50, buffer, 51), READ_OK);
	assert_int_equal(strlen(buffer), 50);
	assert_int_equal(memory_read_string(memory, BASE + PAGE - 50, buffer, 52), READ_OK);
	assert_int_equal(strlen(buffer), 51);
	assert_int_equal(memory_read_string(memory, BASE, buffer, 1), READ_OK);
	assert_string_equal(buffer, "");
	/* A string that runs into a bad page. */
	assert_true(memory_overlay(memory, BASE + BAD_PAGE * PAGE - 3, "abc", 3));
	assert_int_equal(memory_read_string(memory, BASE + BAD_PAGE * PAGE - 3, buffer, 64),
			 READ_EXCLUDED);
	assert_string_equal(buffer, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_page_is_read_once, setup, teardown),
		cmocka_unit_test_setup_teardown(spaces_are_kept_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(a_read_goes_over_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(a_table_goes_past_the_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(a_table_with_a_hole, setup, teardown),
		cmocka_unit_test(rows_are_brought),
		cmocka_unit_test(a_row_with_a_bad_page),
		cmocka_unit_test(rows_under_eviction),
		cmocka_unit_test(a_table_comes_in_rows),
		cmocka_unit_test(guarded_rows),
		cmocka_unit_test_setup_teardown(no_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(integers_are_little_endian, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_page_is_asked_once, setup, teardown),
		cmocka_unit_test_setup_teardown(the_cache_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(random_reads_under_eviction, setup, teardown),
		cmocka_unit_test_setup_teardown(map_is_within_a_page, setup, teardown),
		cmocka_unit_test_setup_teardown(the_address_space_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(overlays_are_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(strings_are_cut_and_terminated, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
