// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables: of a process, swept and looked up in, and those that translate kernel addresses. */
#include "kernel/page_table.h"

#include <stdlib.h>

#include "../unit/fake_image.h"
#include "fuzz.h"
#include "kernel/arch.h"
#include "source/translate.h"

#define DIRECT_MAP UINT64_C(0xffff888000000000)
#define WINDOW	   16384
#define ENTRIES_MAX (1 << 18)

#define PLACES "SYMBOL(swapper_pg_dir)=ffffffff82000000\nNUMBER(phys_base)=0\n"

static const char *const forms[] = {
	PLACES,
	PLACES "NUMBER(pgtable_l5_enabled)=1\n",
};

static bool take(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	int *left = data;

	(void)address;
	(void)pte;
	(void)place;
	return (*left)--;
}

static void sweep(const struct kernel *kernel, uint64_t address)
{
	struct page_table_sweep sweep = {.tables_max = 4096};
	struct page_table_layout layout;
	int left = ENTRIES_MAX;
	uint64_t pte;

	if (!page_table_layout_resolve(kernel, &layout))
		return;
	page_table_for_each_swap(kernel, &layout, DIRECT_MAP, take, &left, &sweep);
	if (sweep.tables > sweep.tables_max)
		abort();
	page_table_lookup(kernel, &layout, DIRECT_MAP, address & ~(~UINT64_C(0) << 56), &pte);
}

static void translate(struct source *source, uint64_t address)
{
	struct error err = {0};
	struct translation *translation =
		translation_new(source, source->facts.vmcoreinfo, &err);
	uint64_t physical;

	if (translation) {
		translation_physical(translation, address, &physical);
		translation_physical(translation, ~address, &physical);
	}
	translation_free(translation);
}

/* The first word is an address to look for besides an entry of the top table. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image = {0};
	struct types types = {0};	/* of no radix trees, for their entries have another form */
	struct kernel kernel = {.arch = &arch_x86_64, .image = &image, .types = &types};
	struct fuzz_memory fuzz;
	uint64_t address = 0;
	size_t i;

	memcpy(&address, data, size < sizeof(address) ? size : sizeof(address));
	kernel.memory = fuzz_memory_new(&fuzz, data, size, WINDOW);
	kernel.source = &fuzz.source;
	for (i = 0; kernel.memory && i < sizeof(forms) / sizeof(forms[0]); i++) {
		fuzz.source.facts.vmcoreinfo = forms[i];
		kernel.swap_pte = arch_x86_64.swap_pte(&kernel);
		sweep(&kernel, address);
		translate(&fuzz.source, address);
	}
	memory_free(kernel.memory);
	return 0;
}
