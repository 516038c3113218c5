// SPDX-License-Identifier: GPL-2.0-or-later
/* What was looked up is known; what took its place is not; and there is an end of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kernel/word_memo.h"

#define TEXT UINT64_C(0xffffffff81000000)

static void remembers(void **state)
{
	static struct word_memo memo;
	unsigned int value, known = 0;
	uint64_t i;

	(void)state;
	assert_false(word_memo_get(&memo, TEXT, &value));
	for (i = 0; i < 3 * WORD_MEMO_SIZE; i++)
		word_memo_put(&memo, TEXT + i, (unsigned int)i);
	assert_true(word_memo_get(&memo, TEXT + i - 1, &value));
	assert_int_equal(value, i - 1);
	for (i = 0; i < 3 * WORD_MEMO_SIZE; i++) {
		if (!word_memo_get(&memo, TEXT + i, &value))
			continue;
		assert_int_equal(value, i);
		known++;
	}
	assert_in_range(known, WORD_MEMO_SIZE / 2, WORD_MEMO_SIZE);
}

static void ends(void **state)
{
	static struct word_memo memo;
	unsigned int i;

	(void)state;
	for (i = 0; i < WORD_MEMO_LOOKUPS; i++) {
		assert_false(word_memo_full(&memo));
		word_memo_put(&memo, TEXT, 1);
	}
	assert_true(word_memo_full(&memo));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers),
		cmocka_unit_test(ends),
	};

	return cmocka_run_group_tests_name("word_memo", tests, NULL, NULL);
}
