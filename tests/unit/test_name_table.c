// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers by the hash of their names, of a table that is made at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "image/name_index.h"
#include "image/name_table.h"

#define MANY 200000u

/* Every thousandth is of one name, every seventh has none. */
static uint64_t hash_of(uint32_t number)
{
	return number % 1000 ? number * NAME_HASH_FACTOR : name_hash("equal");
}

static void make(struct name_table *table, uint32_t count)
{
	uint32_t i;

	assert_true(name_table_reserve(table, count));
	for (i = 0; i < count; i++)
		table->tags[i] = i % 7 ? name_tag(hash_of(i)) : 0;
	assert_true(name_table_fill(table, count));
	assert_true(table->together <= NAMES_TOGETHER_MAX);
}

static void all_are_found(void **state)
{
	static const uint32_t counts[] = { 1, 2, 9, 64, 1001, MANY };
	size_t k;

	(void)state;
	for (k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		struct name_table table = {0};
		uint32_t i, number;

		make(&table, counts[k]);
		for (i = 0; i < counts[k]; i++) {
			size_t cursor = 0;
			bool found = false;

			while (!found && name_table_next(&table, hash_of(i), &cursor, &number))
				found = number == i;
			assert_int_equal(found, i % 7 != 0);
			while (name_table_next(&table, hash_of(i), &cursor, &number))
				assert_int_not_equal(number, i);
		}
		name_table_free(&table);
	}
}

static void equal_names_keep_their_order(void **state)
{
	struct name_table table = {0};
	uint32_t i, number;
	size_t cursor = 0;

	(void)state;
	make(&table, MANY);
	for (i = 0; i < MANY; i += 1000) {
		if (i % 7 == 0)
			continue;
		assert_true(name_table_next(&table, name_hash("equal"), &cursor, &number));
		assert_int_equal(number, i);
	}
	assert_false(name_table_next(&table, name_hash("equal"), &cursor, &number));
	assert_false(name_table_next(&table, name_hash("equal"), &cursor, &number));
	name_table_free(&table);
}

/* Where the index of names that come one by one gives up. */
static void equal_names_cost_no_more(void **state)
{
	struct name_table table = {0};
	uint32_t i, number;
	size_t cursor = 0;

	(void)state;
	assert_true(name_table_reserve(&table, MANY));
	for (i = 0; i < MANY; i++)
		table.tags[i] = name_tag(name_hash("same"));
	assert_true(name_table_fill(&table, MANY));
	assert_int_equal(table.together, MANY);
	for (i = 0; i < MANY; i++) {
		assert_true(name_table_next(&table, name_hash("same"), &cursor, &number));
		assert_int_equal(number, i);
	}
	assert_false(name_table_next(&table, name_hash("same"), &cursor, &number));
	name_table_free(&table);
}

static void first_ones_come_first(void **state)
{
	static const uint32_t order[] = { 2, 5, 0, 1, 3, 4, 6 };
	struct name_table table = {0};
	uint32_t i, number;
	size_t cursor = 0;

	(void)state;
	assert_true(name_table_reserve(&table, 7));
	for (i = 0; i < 7; i++)
		table.tags[i] = name_tag(name_hash("same")) | (i % 3 == 2 ? NAME_FIRST : 0);
	assert_true(name_table_fill(&table, 7));
	for (i = 0; i < 7; i++) {
		assert_true(name_table_next(&table, name_hash("same"), &cursor, &number));
		assert_int_equal(number, order[i]);
	}
	assert_int_equal(table.together, 7);
	name_table_free(&table);
}

static void nothing_in_it(void **state)
{
	struct name_table table = {0};
	uint32_t number;
	size_t cursor = 0;

	(void)state;
	assert_false(name_table_next(&table, name_hash("any"), &cursor, &number));
	make(&table, 0);
	assert_false(name_table_next(&table, name_hash("any"), &cursor, &number));
	name_table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_found),
		cmocka_unit_test(equal_names_keep_their_order),
		cmocka_unit_test(equal_names_cost_no_more),
		cmocka_unit_test(first_ones_come_first),
		cmocka_unit_test(nothing_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
