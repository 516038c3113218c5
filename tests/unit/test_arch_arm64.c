// SPDX-License-Identifier: GPL-2.0-or-later
/* What a swapped page's entry looks like in each kernel of arm64, and locks of page tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_image.h"
#include "fake_source.h"

#include "kernel/arch.h"
#include "kernel/page_table.h"
#include "kernel/page_table_lock.h"

#define MEMORY	       UINT64_C(0xffff800000000000)
#define PROTECTION_MAP (MEMORY + 0x100)
#define MM	       (MEMORY + 0x200)
#define VMEMMAP	       (MEMORY + 0x1000)
#define BYTES	       0x10000

/*
 * Entries as __swp_entry() of arch/arm64/include/asm/pgtable.h makes them:
 *  5.15.215, lines 917-933: bits 2-7 type, 8-57 slot
 *  6.1.192, lines 999-1016: bit 2 exclusive, 3-7 type, 8-57 slot
 *  6.12.107, lines 1423-1441: bit 2 exclusive, 3 uffd-wp, 6-10 type, 12-61 slot
 * and PAGE_NONE, protection_map[0], as it stands in dumps of 6.1.192 and 6.12.107.
 */
struct layout {
	uint64_t page_none;
	bool exclusive;			/* there is PG_anon_exclusive */
	uint64_t third_4001;		/* slot 0x4001 of type 3 */
	uint64_t last_slot;		/* slot 2^50 - 1 of type 31 */
	uint64_t flags;			/* bits that any of them may have besides */
	uint64_t kept_back;		/* the page is there, kept from its user */
};

static const struct layout layouts[] = {
	{0x0460000000000f82, false, 0x40010c, 0x03ffffffffffff7c, 0, 1ULL << 58},
	{0x0460000000000f82, true, 0x400118, 0x03fffffffffffff8, 1ULL << 2, 1ULL << 58},
	{0x0060000000000f82, true, 0x40010c0, 0x3ffffffffffff7c0, 3ULL << 2, 1ULL << 11},
};

struct bench {
	struct fake_source source;
	uint8_t bytes[BYTES];
	struct image image;
	struct types types;
	struct kernel kernel;
};

static const struct fake_enumerator exclusive[] = {{"PG_anon_exclusive", 17}, {NULL, 0}};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	if (!bench)
		return -1;
	bench->kernel.image = &bench->image;
	bench->kernel.types = &bench->types;
	bench->kernel.arch = &arch_arm64;
	bench->kernel.memory = fake_memory(&bench->source, MEMORY, bench->bytes, BYTES);
	fake_add_symbol(&bench->image, "protection_map", PROTECTION_MAP);
	return !bench->kernel.memory;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	memory_free(bench->kernel.memory);
	free(bench);
	return 0;
}

static void check_layout(struct bench *bench, const struct layout *layout)
{
	const struct swap_pte_form *form;
	unsigned int type, kept = 0;
	uint64_t slot, plain;

	memcpy(bench->bytes + 0x100, &layout->page_none, 8);
	bench->types.enumerators = layout->exclusive ? exclusive : NULL;
	form = arch_arm64.swap_pte(&bench->kernel);
	assert_non_null(form);
	bench->kernel.swap_pte = form;
	assert_int_equal(swap_pte_encode(form, 3, 0x4001), layout->third_4001);
	assert_int_equal(swap_pte_encode(form, 31, (1ULL << 50) - 1), layout->last_slot);
	assert_true(page_table_swap_entry(&bench->kernel, layout->third_4001 | layout->flags,
					  &type, &slot));
	assert_int_equal(type, 3);
	assert_int_equal(slot, 0x4001);
	assert_true(page_table_swap_entry(&bench->kernel, layout->last_slot, &type, &slot));
	assert_int_equal(type, 31);
	assert_int_equal(slot, (1ULL << 50) - 1);
	/* empty; a page; a page whose entry says no to its user */
	assert_false(page_table_swap_entry(&bench->kernel, 0, &type, &slot));
	assert_false(page_table_swap_entry(&bench->kernel, layout->third_4001 | 1, &type, &slot));
	assert_false(page_table_swap_entry(&bench->kernel,
					   layout->third_4001 | layout->kept_back, &type, &slot));
	kept += arch_arm64.kept_back(&bench->kernel, 0x40001000 | layout->kept_back, 1, &plain);
	kept += arch_arm64.kept_back(&bench->kernel, 0x40001001 | layout->kept_back, 1, &plain);
	kept += arch_arm64.kept_back(&bench->kernel, layout->third_4001, 1, &plain);
	assert_int_equal(kept, 1);
}

static void swap_entries(void **state)
{
	struct bench *bench = *state;
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		memory_free(bench->kernel.memory);
		bench->kernel.memory = fake_memory(&bench->source, MEMORY, bench->bytes, BYTES);
		check_layout(bench, &layouts[i]);
	}
}

/* Without the symbol nobody knows which it is. */
static void unknown_layout(void **state)
{
	struct bench *bench = *state;

	fake_remove_symbol(&bench->image, "protection_map");
	assert_null(arch_arm64.swap_pte(&bench->kernel));
	fake_add_symbol(&bench->image, "protection_map", MEMORY + BYTES);
	assert_null(arch_arm64.swap_pte(&bench->kernel));
}

/* As a dump of 6.1.192 has it: the slot that the task of the freed-folio scenario spins on. */
static void real_entry(void **state)
{
	struct bench *bench = *state;
	unsigned int type;
	uint64_t slot;

	memcpy(bench->bytes + 0x100, &layouts[1].page_none, 8);
	bench->types.enumerators = exclusive;
	bench->kernel.swap_pte = arch_arm64.swap_pte(&bench->kernel);
	assert_true(page_table_swap_entry(&bench->kernel, 0x400500, &type, &slot));
	assert_int_equal(type, 0);
	assert_int_equal(slot, 16389);
}

/* The lock is in the struct page of the table, whose number depends on the size of pages. */
static void lock_of_a_table(void **state)
{
	static const struct page_table_lock_layout layout = {
		.table = {.offset = 40, .size = 4}, .mm = {.offset = 8, .size = 4},
	};
	struct bench *bench = *state;
	unsigned int shift;

	bench->kernel.lock = (struct field){.offset = 0, .size = 4};
	bench->kernel.page.vmemmap = VMEMMAP;
	bench->kernel.page.size = 64;
	for (shift = 12; shift <= 16; shift += 2) {
		memory_free(bench->kernel.memory);
		memset(bench->bytes, 0, BYTES);
		bench->bytes[0x1000 + 5 * 64 + 40] = 1;
		bench->kernel.memory = fake_memory(&bench->source, MEMORY, bench->bytes, BYTES);
		bench->kernel.page_shift = shift;
		assert_true(page_table_locked(&bench->kernel, &layout, MM, 5ULL << shift));
		assert_false(page_table_locked(&bench->kernel, &layout, MM, 4ULL << shift));
		assert_false(page_table_locked(&bench->kernel, &layout, MM, 6ULL << shift));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(swap_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(real_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(lock_of_a_table, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
