// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms tables in a kernel image. The input begins with where its parts are (struct places);
 * the image follows. They are read by these places, or searched when the place of _stext
 * is odd, which takes longer.
 */
#include "image/kallsyms.h"

#include <inttypes.h>
#include <stdio.h>

#include "fuzz.h"

#define IMAGE	UINT64_C(0xffffffff81000000)
#define WINDOW	(UINT64_C(1) << 17)

/* Offsets into the image. */
struct places {
	uint32_t stext, count, names, table, index, values, base, is_absolute;
};

static void describe(const struct places *places, char *text, size_t size)
{
	snprintf(text, size, "SYMBOL(_stext)=%" PRIx64 "\nSYMBOL(kallsyms_num_syms)=%" PRIx64
		 "\nSYMBOL(kallsyms_names)=%" PRIx64 "\nSYMBOL(kallsyms_token_table)=%" PRIx64
		 "\nSYMBOL(kallsyms_token_index)=%" PRIx64 "\nSYMBOL(%s)=%" PRIx64 "\n",
		 IMAGE + (places->stext & ~1U), IMAGE + places->count, IMAGE + places->names,
		 IMAGE + places->table, IMAGE + places->index,
		 places->is_absolute ? "kallsyms_addresses" : "kallsyms_offsets",
		 IMAGE + places->values);
	if (places->base)
		snprintf(text + strlen(text), size - strlen(text),
			 "SYMBOL(kallsyms_relative_base)=%" PRIx64 "\n", IMAGE + places->base);
}

static bool count_name(void *data, const char *name, uint64_t address)
{
	size_t *count = data;

	*count += strlen(name) + (address != 0);
	return true;
}

static void ask(struct symbols *symbols)
{
	uint64_t address, offset;
	size_t count = 0;
	char name[512];

	if (!symbols)
		return;
	symbols->ops->lookup(symbols, "_stext", &address);
	symbols->ops->lookup(symbols, "function_200", &address);
	symbols->ops->nearest(symbols, IMAGE + 0x123, name, sizeof(name), &offset);
	symbols->ops->nearest(symbols, UINT64_MAX, name, 2, &offset);
	symbols->ops->each(symbols, count_name, &count);
	symbols->ops->close(symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallsyms_place place;
	struct fuzz_memory fuzz;
	struct error err = {0};
	struct places places;
	struct memory *memory;
	char vmcoreinfo[1024];
	bool found;

	if (size < sizeof(places))
		return 0;
	memcpy(&places, data, sizeof(places));
	describe(&places, vmcoreinfo, sizeof(vmcoreinfo));
	memory = fuzz_memory_new(&fuzz, data + sizeof(places), size - sizeof(places), WINDOW);
	if (!memory)
		return 0;
	fuzz.end = IMAGE + WINDOW;
	found = places.stext & 1 ?
		kallsyms_scan(memory, IMAGE, places.base ? IMAGE + places.base : 0, &place, &err) :
		kallsyms_exported(memory, vmcoreinfo, &place, &err);
	if (found)
		ask(kallsyms_open(memory, &place, vmcoreinfo, &err));
	memory_free(memory);
	return 0;
}
