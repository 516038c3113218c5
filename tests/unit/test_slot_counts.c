// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters of slots, and blocks of them that get more bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/slot_counts.h"

#define SLOTS 40001	/* three blocks */

static int setup(void **state)
{
	static struct slot_counts counts;

	slot_counts_init(&counts, SLOTS);
	*state = &counts;
	return 0;
}

static int teardown(void **state)
{
	slot_counts_free(*state);
	return 0;
}

static void add(struct slot_counts *counts, uint64_t slot, unsigned int times)
{
	while (times--)
		assert_true(slot_counts_add(counts, slot));
}

static void empty(void **state)
{
	const struct slot_counts *counts = *state;

	assert_int_equal(slot_counts_get(counts, 0), 0);
	assert_int_equal(slot_counts_get(counts, SLOTS - 1), 0);
	assert_null(counts->blocks);
}

/* Neighbours share a word. */
static void neighbours(void **state)
{
	struct slot_counts *counts = *state;

	add(counts, 6, 14);
	add(counts, 7, 3);
	add(counts, SLOTS - 1, 1);
	assert_int_equal(slot_counts_get(counts, 5), 0);
	assert_int_equal(slot_counts_get(counts, 6), 14);
	assert_int_equal(slot_counts_get(counts, 7), 3);
	assert_int_equal(slot_counts_get(counts, 8), 0);
	assert_int_equal(slot_counts_get(counts, SLOTS - 1), 1);
	assert_int_equal(slot_counts_get(counts, SLOTS), 0);
}

static void exactly_at_the_edge(void **state)
{
	struct slot_counts *counts = *state;
	unsigned int i;

	for (i = 1; i <= 40; i++) {
		add(counts, 9, 1);
		assert_int_equal(slot_counts_get(counts, 9), i);
		assert_int_equal(slot_counts_get(counts, 8), 0);
	}
}

/* Other blocks stay as they are. */
static void one_block_widens(void **state)
{
	struct slot_counts *counts = *state;
	uint64_t slot;

	for (slot = 0; slot < SLOTS; slot++)
		add(counts, slot, slot % 2);
	add(counts, 20000, 70000);
	for (slot = 0; slot < SLOTS; slot++)
		assert_int_equal(slot_counts_get(counts, slot),
				 slot == 20000 ? 70000 : slot % 2);
}

static void many_large(void **state)
{
	struct slot_counts *counts = *state;
	uint64_t slot;

	for (slot = 0; slot < SLOTS; slot++)
		add(counts, slot, 15 + (unsigned int)slot % 200);
	for (slot = 0; slot < SLOTS; slot++)
		assert_int_equal(slot_counts_get(counts, slot), 15 + slot % 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbours, setup, teardown),
		cmocka_unit_test_setup_teardown(exactly_at_the_edge, setup, teardown),
		cmocka_unit_test_setup_teardown(one_block_widens, setup, teardown),
		cmocka_unit_test_setup_teardown(many_large, setup, teardown),
	};

	return cmocka_run_group_tests_name("slot_counts", tests, NULL, NULL);
}
