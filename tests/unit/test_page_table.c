// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables in made physical memory: whole, with holes, and leading back to themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "kernel/arch.h"
#include "kernel/page_table.h"
#include "source/backend.h"

#define DIRECT_MAP UINT64_C(0xffff888000000000)
#define PAGES	   32
#define TABLE	   UINT64_C(0x67)	/* present, writable, user, accessed, dirty */
#define HUGE	   UINT64_C(0x80)
#define PROTNONE   UINT64_C(0x100)
#define SEEN_MAX   64

#define PLACES "SYMBOL(swapper_pg_dir)=ffffffff82000000\nNUMBER(phys_base)=0\n"

/* Frame of each table; the top one is read by its virtual address. */
enum { TOP, P4D, PUD, PMD, PTE, PTE2, FREE };

struct machine {
	struct source source;
	struct kernel kernel;
	struct image image;
	struct types types;
	struct page_table_layout layout;
	struct page_table_sweep sweep;
	uint64_t frames[PAGES][512];
	uint64_t hole;		/* physical address of a page left out; 0: none */
	uint64_t seen[SEEN_MAX], ptes[SEEN_MAX], places[SEEN_MAX];
	size_t count, stop_after;
};

static enum read_status read_page(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	const struct machine *machine = source->private;
	uint64_t physical = space == ADDRESS_PHYSICAL ? address : address - DIRECT_MAP;

	if (physical / 4096 >= PAGES)
		return space == ADDRESS_PHYSICAL ? READ_NOT_RAM : READ_UNMAPPED;
	if (machine->hole && physical == machine->hole)
		return READ_EXCLUDED;
	memcpy(page, machine->frames[physical / 4096], 4096);
	return READ_OK;
}

static const struct source_ops ops = {.name = "machine", .read_page = read_page};

static uint64_t table(unsigned int frame)
{
	return frame * 4096ULL | TABLE;
}

/* As __swp_entry() of arch/x86/include/asm/pgtable_64.h makes it. */
static uint64_t swap_pte(unsigned int type, uint64_t slot)
{
	return ~slot << 14 >> 5 | (uint64_t)type << 59;
}

static uint64_t address_of(unsigned int p4d, unsigned int pud, unsigned int pmd,
			   unsigned int pte)
{
	return (uint64_t)p4d << 39 | (uint64_t)pud << 30 | (uint64_t)pmd << 21 |
	       (uint64_t)pte << 12;
}

/* Four levels: TOP[3] -> PUD[2] -> PMD[1] -> PTE. */
static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	machine->source.ops = &ops;
	machine->source.private = machine;
	machine->source.facts.page_size = 4096;
	machine->source.facts.ram_pages = PAGES;
	machine->kernel.source = &machine->source;
	machine->kernel.memory = memory_new(&machine->source, 0);
	strcpy(machine->source.facts.architecture, "x86_64");
	machine->source.facts.vmcoreinfo = PLACES;
	machine->kernel.image = &machine->image;
	machine->kernel.types = &machine->types;
	machine->kernel.swap_pte = arch_x86_64.swap_pte(&machine->kernel);
	if (!page_table_layout_resolve(&machine->kernel, &machine->layout))
		return -1;
	machine->stop_after = SEEN_MAX;
	machine->frames[TOP][3] = table(PUD);
	machine->frames[PUD][2] = table(PMD);
	machine->frames[PMD][1] = table(PTE);
	machine->frames[PTE][0] = 0x1000 | TABLE;
	machine->frames[PTE][5] = swap_pte(0, 16389);
	machine->frames[PTE][511] = swap_pte(2, 1);
	*state = machine;
	return !machine->kernel.memory;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	memory_free(machine->kernel.memory);
	free(machine);
	return 0;
}

static bool visit(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	struct machine *machine = data;

	assert_true(machine->count < SEEN_MAX);
	machine->seen[machine->count] = address;
	machine->places[machine->count] = place;
	machine->ptes[machine->count++] = pte;
	return machine->count < machine->stop_after;
}

static bool sweep(struct machine *machine)
{
	machine->count = 0;
	return page_table_for_each_swap(&machine->kernel, &machine->layout, DIRECT_MAP, visit,
					machine, &machine->sweep);
}

static enum read_status lookup(struct machine *machine, uint64_t address, uint64_t *pte)
{
	return page_table_lookup(&machine->kernel, &machine->layout, DIRECT_MAP, address, pte);
}

static void layouts(void **state)
{
	static const struct {
		const char *text;
		bool good;
		unsigned int levels;
		uint64_t mask;
	} cases[] = {
		{PLACES, true, 4, 0x000ffffffffff000},
		{PLACES "NUMBER(pgtable_l5_enabled)=0\nNUMBER(sme_mask)=0\n", true, 4,
		 0x000ffffffffff000},
		{PLACES "NUMBER(pgtable_l5_enabled)=1\n", true, 5, 0x000ffffffffff000},
		{PLACES "NUMBER(sme_mask)=140737488355328\n", true, 4, 0x000f7ffffffff000},
		{PLACES "NUMBER(pgtable_l5_enabled)=2\n", false, 0, 0},
		{PLACES "NUMBER(pgtable_l5_enabled)=-1\n", false, 0, 0},
		{PLACES "NUMBER(sme_mask)=3\n", false, 0, 0},
		{PLACES "NUMBER(sme_mask)=4096\n", false, 0, 0},
		{PLACES "NUMBER(sme_mask)=-1\n", false, 0, 0},
		{"SYMBOL(swapper_pg_dir)=ffffffff82000000\n", false, 0, 0},
	};
	struct machine *machine = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct page_table_layout layout;

		machine->source.facts.vmcoreinfo = cases[i].text;
		assert_int_equal(page_table_layout_resolve(&machine->kernel, &layout),
				 cases[i].good);
		if (!cases[i].good)
			continue;
		assert_int_equal(layout.paging.levels, cases[i].levels);
		assert_int_equal(layout.paging.address_mask, cases[i].mask);
	}
}

static void swap_entries(void **state)
{
	/* taken from a dump of 6.1: slot 16385 of device 0 */
	static const uint64_t real = UINT64_C(0x7ffffffff7ffc00);
	static const uint64_t none[] = {
		0, 0x20, 0x40, 0x60, TABLE, PROTNONE, PROTNONE | 0x1000, real | 1,
		real | PROTNONE,
	};
	struct machine *machine = *state;
	unsigned int type, i;
	uint64_t slot;

	assert_true(page_table_swap_entry(&machine->kernel, real, &type, &slot));
	assert_int_equal(type, 0);
	assert_int_equal(slot, 16385);
	/* soft dirty, uffd-wp, exclusive */
	assert_true(page_table_swap_entry(&machine->kernel, real | 0xe, &type, &slot));
	assert_int_equal(slot, 16385);
	for (i = 0; i < 32; i++) {
		assert_true(page_table_swap_entry(&machine->kernel,
						  swap_pte(i, (1ULL << 50) - 1 - i) | 2,
						  &type, &slot));
		assert_int_equal(type, i);
		assert_int_equal(slot, (1ULL << 50) - 1 - i);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(page_table_swap_entry(&machine->kernel, none[i], &type, &slot));
}

static void lookups(void **state)
{
	struct machine *machine = *state;
	uint64_t pte;

	assert_int_equal(lookup(machine, address_of(3, 2, 1, 5) + 4095, &pte), READ_OK);
	assert_int_equal(pte, swap_pte(0, 16389));
	assert_int_equal(lookup(machine, address_of(3, 2, 1, 0), &pte), READ_OK);
	assert_int_equal(pte, 0x1000 | TABLE);
	assert_int_equal(lookup(machine, address_of(3, 2, 1, 6), &pte), READ_OK);
	assert_int_equal(pte, 0);
	assert_int_equal(lookup(machine, address_of(3, 2, 2, 5), &pte), READ_OK);
	assert_int_equal(pte, 0);
	assert_int_equal(lookup(machine, 0, &pte), READ_OK);
	assert_int_equal(pte, 0);
}

static void lookups_that_fail(void **state)
{
	struct machine *machine = *state;
	uint64_t pte = 1;

	assert_int_equal(lookup(machine, 1ULL << 47, &pte), READ_UNMAPPED);
	assert_int_equal(pte, 0);
	assert_int_equal(lookup(machine, UINT64_MAX, &pte), READ_UNMAPPED);
	assert_int_equal(page_table_lookup(&machine->kernel, &machine->layout, 0x1000, 0, &pte),
			 READ_UNMAPPED);
	assert_int_equal(page_table_lookup(&machine->kernel, &machine->layout,
					   DIRECT_MAP + 8, 0, &pte), READ_UNMAPPED);
	machine->frames[PUD][2] = table(PAGES + 7);
	assert_int_equal(lookup(machine, address_of(3, 2, 1, 5), &pte), READ_NOT_RAM);
	assert_int_equal(pte, 0);
	machine->hole = PUD * 4096;
	memory_free(machine->kernel.memory);
	machine->kernel.memory = memory_new(&machine->source, 0);
	assert_int_equal(lookup(machine, address_of(3, 2, 1, 5), &pte), READ_EXCLUDED);
}

/* A huge page, one without access, one under migration: no table below. */
static void huge_pages(void **state)
{
	static const uint64_t entries[] = {
		PTE * 4096 | TABLE | HUGE,
		PTE * 4096 | HUGE | PROTNONE,
		PTE * 4096 | HUGE,
		PTE * 4096,
	};
	struct machine *machine = *state;
	uint64_t pte;
	size_t i;

	for (i = 0; i < 2 * sizeof(entries) / sizeof(entries[0]); i++) {
		teardown(state);
		setup(state);
		machine = *state;
		machine->frames[i % 2 ? PMD : PUD][i % 2 ? 1 : 2] = entries[i / 2];
		assert_true(sweep(machine));
		assert_int_equal(machine->count, 0);
		assert_int_equal(machine->sweep.tables, i % 2 ? 3 : 2);
		assert_int_equal(machine->sweep.unreadable, 0);
		assert_int_equal(lookup(machine, address_of(3, 2, 1, 5), &pte), READ_OK);
		assert_int_equal(pte, 0);
	}
}

static void whole_sweep(void **state)
{
	struct machine *machine = *state;

	machine->frames[PMD][9] = table(PTE2);
	machine->frames[PTE2][7] = swap_pte(31, 3);
	machine->frames[PTE2][8] = 0x60;
	machine->frames[PTE2][9] = PROTNONE | 0x2000;
	machine->frames[TOP][256] = table(FREE);	/* the kernel's half */
	machine->frames[TOP][511] = table(FREE);
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 3);
	assert_int_equal(machine->seen[0], address_of(3, 2, 1, 5));
	assert_int_equal(machine->ptes[0], swap_pte(0, 16389));
	assert_int_equal(machine->seen[1], address_of(3, 2, 1, 511));
	assert_int_equal(machine->seen[2], address_of(3, 2, 9, 7));
	assert_int_equal(machine->places[0], PTE * 4096 + 5 * 8);
	assert_int_equal(machine->places[1], PTE * 4096 + 511 * 8);
	assert_int_equal(machine->places[2], PTE2 * 4096 + 7 * 8);
	assert_int_equal(machine->sweep.tables, 5);
	assert_int_equal(machine->sweep.ptes, 1024);
	assert_int_equal(machine->sweep.unreadable, 0);
	assert_int_equal(machine->sweep.repeated, 0);
	assert_false(machine->sweep.truncated);
}

/* Entries of no device, and of none that there is: the visitor decides. */
static void special_entries(void **state)
{
	/* migration, hwpoison, a marker of types that 6.1 has; a slot beyond any device */
	const uint64_t entries[] = {
		swap_pte(29, 0x1234), swap_pte(31, 7), swap_pte(27, 1), swap_pte(3, 1ULL << 49),
	};
	struct machine *machine = *state;
	unsigned int type, i;
	uint64_t slot;

	memset(machine->frames[PTE], 0, 4096);
	memcpy(&machine->frames[PTE][100], entries, sizeof(entries));
	machine->frames[PTE][104] = entries[0] | PROTNONE;
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(machine->ptes[i], entries[i]);
		assert_int_equal(machine->places[i], PTE * 4096 + (100 + i) * 8);
		assert_true(page_table_swap_entry(&machine->kernel, machine->ptes[i], &type,
						  &slot));
		assert_int_equal(swap_pte(type, slot), entries[i]);
	}
}

/* 4.14: arch/x86/include/asm/pgtable_64.h before and after L1TF became known. */
static void before_l1tf(void **state)
{
	const uint64_t entry = 16389ULL << 14 | 3ULL << 9;
	struct machine *machine = *state;
	const struct swap_pte_form *form;
	unsigned int type;
	uint64_t slot;

	fake_add_member(&machine->types, "radix_tree_node", "exceptional", 3, 1);
	form = arch_x86_64.swap_pte(&machine->kernel);
	assert_int_equal(swap_pte_encode(form, 3, 16389), entry);
	assert_true(swap_pte_decode(form, entry | 2, &type, &slot));
	assert_int_equal(type, 3);
	assert_int_equal(slot, 16389);
	assert_false(swap_pte_decode(form, entry | PROTNONE, &type, &slot));
	fake_add_symbol(&machine->image, "l1tf_mitigation", DIRECT_MAP);
	assert_int_equal(swap_pte_encode(arch_x86_64.swap_pte(&machine->kernel), 3, 16389),
			 swap_pte(3, 16389));
}

/* The next process has tables of its own: what one has seen counts for it alone. */
static void processes_with_a_table_in_common(void **state)
{
	struct machine *machine = *state;

	assert_true(sweep(machine));
	assert_int_equal(machine->count, 2);
	memcpy(machine->frames[FREE], machine->frames[TOP], 4096);
	machine->count = 0;
	assert_true(page_table_for_each_swap(&machine->kernel, &machine->layout,
					     DIRECT_MAP + FREE * 4096, visit, machine,
					     &machine->sweep));
	assert_int_equal(machine->count, 2);
	assert_int_equal(machine->sweep.tables, 4);
	assert_int_equal(machine->sweep.repeated, 0);
}

static void five_levels(void **state)
{
	struct machine *machine = *state;
	uint64_t high = 200ULL << 48, pte;

	memset(machine->frames[TOP], 0, 4096);
	machine->frames[TOP][200] = table(P4D);
	machine->frames[P4D][3] = table(PUD);
	machine->layout.paging.levels = 5;
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 2);
	assert_int_equal(machine->seen[0], high | address_of(3, 2, 1, 5));
	assert_int_equal(machine->sweep.tables, 5);
	assert_int_equal(lookup(machine, high | address_of(3, 2, 1, 5), &pte), READ_OK);
	assert_int_equal(pte, swap_pte(0, 16389));
	assert_int_equal(lookup(machine, 1ULL << 56, &pte), READ_UNMAPPED);
}

/* SME and NX: bits of an entry that are not of the address. */
static void other_bits(void **state)
{
	struct machine *machine = *state;

	machine->layout.paging.address_mask &= ~(1ULL << 47);
	machine->frames[TOP][3] |= 1ULL << 47 | 1ULL << 63;
	machine->frames[PMD][1] |= 1ULL << 47 | 1ULL << 52;
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 2);
}

static void visitor_stops(void **state)
{
	struct machine *machine = *state;

	machine->stop_after = 1;
	assert_false(sweep(machine));
	assert_int_equal(machine->count, 1);
}

static void tables_not_readable(void **state)
{
	struct machine *machine = *state;

	machine->frames[PMD][2] = table(PAGES + 1);
	machine->frames[PMD][3] = 0x000ffffffffff000 | TABLE;
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 2);
	assert_int_equal(machine->sweep.tables, 4);
	assert_int_equal(machine->sweep.unreadable, 2);

	memory_free(machine->kernel.memory);
	machine->kernel.memory = memory_new(&machine->source, 0);
	machine->hole = PMD * 4096;
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 0);
	assert_int_equal(machine->sweep.tables, 2);
	assert_int_equal(machine->sweep.unreadable, 1);
}

static void no_top_table(void **state)
{
	static const uint64_t tops[] = {0, 0x1000, DIRECT_MAP + 8, DIRECT_MAP + PAGES * 4096ULL};
	struct machine *machine = *state;
	size_t i;

	for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		assert_true(page_table_for_each_swap(&machine->kernel, &machine->layout, tops[i],
						     visit, machine, &machine->sweep));
		assert_int_equal(machine->sweep.unreadable, 1);
		assert_int_equal(machine->sweep.tables, 0);
	}
	assert_int_equal(machine->count, 0);
}

/* Every entry of every table leads to the same few tables: each is read once. */
static void tables_in_a_ring(void **state)
{
	struct machine *machine = *state;
	unsigned int frame, i;

	for (frame = TOP; frame <= PTE; frame++)
		for (i = 0; i < 512; i++)
			machine->frames[frame][i] = table(PUD + i % 3);
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 0);
	assert_int_equal(machine->sweep.tables, 4);
	assert_true(machine->sweep.repeated > 0);
	assert_int_equal(machine->sweep.unreadable, 0);
	assert_false(machine->sweep.truncated);
}

static void tables_that_name_the_top(void **state)
{
	struct machine *machine = *state;
	unsigned int i;

	for (i = 0; i < 512; i++)
		machine->frames[TOP][i] = table(TOP);
	assert_true(sweep(machine));
	assert_int_equal(machine->count, 0);
	assert_int_equal(machine->sweep.tables, 2);
}

static void bounded(void **state)
{
	struct machine *machine = *state;
	unsigned int i;

	for (i = 0; i < 20; i++)
		machine->frames[PMD][10 + i] = table(FREE + i);
	machine->sweep.tables_max = 10;
	assert_true(sweep(machine));
	assert_true(machine->sweep.truncated);
	assert_int_equal(machine->sweep.tables, 11);	/* and the top one */
	assert_int_equal(machine->sweep.tables_max, 10);
	machine->sweep.tables_max = 0;
	assert_true(sweep(machine));
	assert_false(machine->sweep.truncated);
	assert_int_equal(machine->sweep.tables, 24);
	/* no more tables than pages of RAM, whatever is said of them */
	machine->source.facts.ram_pages = 5;
	assert_true(sweep(machine));
	assert_true(machine->sweep.truncated);
}

/* Of two processes that have theirs in common the second has what the first left. */
static void bounded_for_all(void **state)
{
	struct machine *machine = *state;
	uint64_t left = 100;

	machine->sweep.tables_max = left;
	assert_true(sweep(machine));
	page_tables_take(&left, &machine->sweep);
	assert_int_equal(left, 100 - machine->sweep.tables - machine->sweep.unreadable);
	assert_true(left < 100);
	machine->sweep.unreadable = 200;
	page_tables_take(&left, &machine->sweep);
	assert_int_equal(left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(layouts, setup, teardown),
		cmocka_unit_test_setup_teardown(swap_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(lookups, setup, teardown),
		cmocka_unit_test_setup_teardown(lookups_that_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(huge_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(whole_sweep, setup, teardown),
		cmocka_unit_test_setup_teardown(special_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(before_l1tf, setup, teardown),
		cmocka_unit_test_setup_teardown(processes_with_a_table_in_common, setup,
						teardown),
		cmocka_unit_test_setup_teardown(five_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(other_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(visitor_stops, setup, teardown),
		cmocka_unit_test_setup_teardown(tables_not_readable, setup, teardown),
		cmocka_unit_test_setup_teardown(no_top_table, setup, teardown),
		cmocka_unit_test_setup_teardown(tables_in_a_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(tables_that_name_the_top, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded_for_all, setup, teardown),
	};

	return cmocka_run_group_tests_name("page_table", tests, NULL, NULL);
}
