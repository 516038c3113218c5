// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers by the hash of their names: order, growth, and tables made to be slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "image/name_index.h"

#define MANY 20000u

static void all_are_found(void **state)
{
	struct name_index index = {0};
	uint32_t i, number;

	(void)state;
	for (i = 0; i < MANY; i++)
		assert_true(name_index_add(&index, i * NAME_HASH_FACTOR, i));
	for (i = 0; i < MANY; i++) {
		size_t cursor = 0;

		do {
			assert_true(name_index_next(&index, i * NAME_HASH_FACTOR, &cursor,
						    &number));
		} while (number != i);
	}
	name_index_free(&index);
}

/* Across several growths, too. */
static void equal_names_keep_their_order(void **state)
{
	struct name_index index = {0};
	uint32_t i, number;
	size_t cursor = 0;

	(void)state;
	for (i = 0; i < 500; i++)
		assert_true(name_index_add(&index, name_hash(i % 2 ? "odd" : "even"), i));
	for (i = 1; i < 500; i += 2) {
		assert_true(name_index_next(&index, name_hash("odd"), &cursor, &number));
		assert_int_equal(number, i);
	}
	assert_false(name_index_next(&index, name_hash("odd"), &cursor, &number));
	name_index_free(&index);
}

/* As many equal names as a table may have would take hours. */
static void too_many_equal_names(void **state)
{
	struct name_index index = {0};
	uint32_t i;

	(void)state;
	assert_true(name_index_reserve(&index, MANY * 10));
	for (i = 0; i < MANY * 10; i++)
		if (!name_index_add(&index, name_hash("same"), i))
			break;
	assert_in_range(i, 4096, MANY * 10 - 1);
	name_index_free(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_found),
		cmocka_unit_test(equal_names_keep_their_order),
		cmocka_unit_test(too_many_equal_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
