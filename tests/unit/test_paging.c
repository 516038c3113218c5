// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables of arm64 in made memory: all sizes of pages and of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/arch.h"
#include "source/backend.h"
#include "source/paging.h"
#include "source/translate.h"

#define PAGES	16
#define VALID	1ULL
#define TABLE	3ULL		/* or page, in a lowest table */
#define OTHERS	0x0060000000000400ULL	/* accessed, no-execute */
#define CONT	0x0010000000000000ULL	/* contiguous (contpte); the address is that of one page */
#define SHARED	0x300ULL	/* inner shareable; FEAT_LPA2 has address bits there */

/* Pages of physical memory, wherever they are. */
struct machine {
	struct source source;
	uint64_t addresses[PAGES];
	uint64_t *pages[PAGES];
	unsigned int count;
	uint64_t page_size;
	char text[512];
};

struct form {
	unsigned int page_shift, va_bits;	/* as the kernel was built */
	unsigned int cpu_bits;			/* 64 - T1SZ; 0: VMCOREINFO does not tell */
	unsigned int levels, top_bits;		/* what is to come out */
};

static const struct form forms[] = {
	{12, 39, 0, 3, 9}, {12, 39, 39, 3, 9}, {12, 48, 0, 4, 9}, {12, 48, 48, 4, 9},
	{12, 52, 52, 5, 4}, {12, 52, 48, 4, 9},
	{14, 36, 36, 2, 11}, {14, 47, 47, 3, 11}, {14, 48, 48, 4, 1}, {14, 52, 52, 4, 5},
	{14, 52, 47, 3, 11},
	{16, 42, 42, 2, 13}, {16, 48, 48, 3, 6}, {16, 52, 52, 3, 10}, {16, 52, 48, 3, 10},
};

static uint64_t *page_at(struct machine *machine, uint64_t address)
{
	unsigned int i;

	for (i = 0; i < machine->count; i++)
		if (machine->addresses[i] == address)
			return machine->pages[i];
	assert_true(machine->count < PAGES);
	machine->addresses[i] = address;
	machine->pages[i] = calloc(1, machine->page_size);
	machine->count++;
	return machine->pages[i];
}

static enum read_status read_page(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	const struct machine *machine = source->private;

	assert_int_equal(space, ADDRESS_PHYSICAL);
	for (unsigned int i = 0; i < machine->count; i++)
		if (machine->addresses[i] == address) {
			memcpy(page, machine->pages[i], machine->page_size);
			return READ_OK;
		}
	return READ_NOT_RAM;
}

static const struct source_ops ops = {.name = "machine", .read_page = read_page};

static bool is_lpa2(const struct form *form)
{
	return form->page_shift < 16 && (form->cpu_bits ? form->cpu_bits : form->va_bits) == 52;
}

/* An entry that leads to @physical, as the hardware of @form wants it. */
static uint64_t entry(const struct form *form, uint64_t physical, uint64_t bits)
{
	uint64_t value = physical & ((1ULL << 48) - 1);

	if (form->page_shift == 16)
		value |= (physical >> 48 & 0xf) << 12;
	else if (is_lpa2(form))
		value |= (physical & 3ULL << 48) | (physical >> 50 & 3) << 8;
	return value | bits | OTHERS | (is_lpa2(form) ? 0 : form->page_shift < 16 ? SHARED : 0);
}

/* Of the table at @table and @level, the entry for @address. */
static uint64_t *place(struct machine *machine, const struct form *form, uint64_t table,
		       unsigned int level, uint64_t address)
{
	unsigned int per_level = form->page_shift - 3;
	unsigned int bits = level == form->levels ? form->top_bits : per_level;
	uint64_t index = address >> (form->page_shift + per_level * (level - 1));

	return &page_at(machine, table)[index & ((1ULL << bits) - 1)];
}

/* Map @address to @physical by an entry of @lowest, with tables from @next on. */
static void map(struct machine *machine, const struct form *form, uint64_t root, uint64_t next,
		uint64_t address, uint64_t physical, unsigned int lowest)
{
	uint64_t table = root, *at;
	unsigned int level;

	for (level = form->levels; level > lowest; level--) {
		at = place(machine, form, table, level, address);
		if (!*at)
			*at = entry(form, next + level * machine->page_size, TABLE);
		table = next + level * machine->page_size;
	}
	*place(machine, form, table, lowest, address) =
		entry(form, physical, (lowest == 1 ? TABLE : VALID) | CONT);
}

static void drop(struct machine *machine)
{
	while (machine->count)
		free(machine->pages[--machine->count]);
}

static uint64_t high_memory(const struct form *form)
{
	if (form->page_shift == 16 || is_lpa2(form))
		return 0xaULL << 48;	/* beyond 48 bits */
	return 0x8000ULL << 32;
}

static void one_form(const struct form *form)
{
	struct machine machine = {.page_size = 1ULL << form->page_shift};
	unsigned int bits = form->cpu_bits ? form->cpu_bits : form->va_bits;
	/* the kernel's image in vmalloc's part, somewhere in the upper half */
	uint64_t image = -(1ULL << (bits - 1)) + (5ULL << 30), offset = image - 0x40000000;
	uint64_t tables = image + 0x10000, linear = -(1ULL << bits), physical;
	uint64_t huge = linear + (3ULL << (2 * form->page_shift - 3));
	struct translation *translation;
	struct error err = {0};
	char unused[64] = "";

	machine.source.ops = &ops;
	machine.source.private = &machine;
	machine.source.facts.page_size = (uint32_t)machine.page_size;
	strcpy(machine.source.facts.architecture, "aarch64");
	if (form->cpu_bits)
		snprintf(unused, sizeof(unused), "NUMBER(TCR_EL1_T1SZ)=0x%x\n",
			 64 - form->cpu_bits);
	snprintf(machine.text, sizeof(machine.text), "PAGESIZE=%llu\nSYMBOL(swapper_pg_dir)=%llx\n"
		 "NUMBER(VA_BITS)=%u\nNUMBER(kimage_voffset)=0x%llx\n%s",
		 (unsigned long long)machine.page_size, (unsigned long long)tables,
		 form->va_bits, (unsigned long long)offset, unused);
	map(&machine, form, 0x40010000, 0x50000000, tables, 0x40010000, 1);
	map(&machine, form, 0x40010000, high_memory(form), linear + 0x10000, 0x123450000, 1);
	map(&machine, form, 0x40010000, high_memory(form), huge, high_memory(form), 2);

	translation = translation_new(&machine.source, machine.text, &err);
	if (!translation)
		fail_msg("%s", err.text);
	assert_int_equal(translation_paging(translation)->levels, form->levels);
	assert_int_equal(translation_paging(translation)->top_bits, form->top_bits);
	assert_int_equal(translation_physical(translation, tables + 8, &physical), READ_OK);
	assert_int_equal(physical, 0x40010008);
	/* through tables in high memory; and the same with a tag */
	assert_int_equal(translation_physical(translation, linear + 0x10123, &physical), READ_OK);
	assert_int_equal(physical, 0x123450123);
	assert_int_equal(translation_physical(translation, (linear + 0x10123) &
					      ~(0x0cULL << 56), &physical), READ_OK);
	assert_int_equal(physical, 0x123450123);
	assert_int_equal(translation_physical(translation, huge + 0x54321, &physical), READ_OK);
	assert_int_equal(physical, high_memory(form) + 0x54321);
	assert_int_equal(translation_physical(translation, linear + 0x20000, &physical),
			 READ_UNMAPPED);
	assert_int_equal(translation_physical(translation, 0x10000, &physical), READ_UNMAPPED);
	assert_int_equal(translation_physical(translation, linear - 0x10000, &physical),
			 READ_UNMAPPED);
	translation_free(translation);
	drop(&machine);
}

static void all_forms(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		one_form(&forms[i]);
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"SYMBOL(swapper_pg_dir)=ffff800008000000\nNUMBER(VA_BITS)=48\nPAGESIZE=4096\n",
		"NUMBER(kimage_voffset)=0x1000\nNUMBER(VA_BITS)=48\nPAGESIZE=4096\n",
		"SYMBOL(swapper_pg_dir)=ffff800008000000\nNUMBER(kimage_voffset)=0x1000\n"
		"NUMBER(VA_BITS)=64\nPAGESIZE=4096\n",
		"SYMBOL(swapper_pg_dir)=ffff800008000000\nNUMBER(kimage_voffset)=0x1000\n"
		"NUMBER(VA_BITS)=48\nPAGESIZE=8192\n",
		"SYMBOL(swapper_pg_dir)=ffff800008000000\nNUMBER(kimage_voffset)=0x1000\n"
		"NUMBER(VA_BITS)=12\nPAGESIZE=4096\n",
	};
	struct paging found[PAGING_FORMS_MAX];
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(paging_forms("aarch64", texts[i], found, &err), 0);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	assert_int_equal(paging_forms("vax", texts[0], found, &err), 0);
}

static void architectures(void **state)
{
	(void)state;
	assert_string_equal(paging_architecture("NUMBER(kimage_voffset)=0x1000\n"), "aarch64");
	assert_string_equal(paging_architecture("NUMBER(phys_base)=0\n"), "x86_64");
	assert_null(paging_architecture("NUMBER(phys_ram_base)=0\n"));
	assert_ptr_equal(architecture_find("aarch64"), &arch_arm64);
	assert_ptr_equal(architecture_find("x86_64"), &arch_x86_64);
	assert_null(architecture_find("s390x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms),
		cmocka_unit_test(refused),
		cmocka_unit_test(architectures),
	};

	return cmocka_run_group_tests_name("paging", tests, NULL, NULL);
}
