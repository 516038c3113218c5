// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables of x86_64, 4 and 5 levels (arch/x86/include/asm/pgtable_types.h). */
#include "source/paging.h"

#include "source/vmcoreinfo.h"

/* Where the kernel image is mapped: arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)

#define PAGE_SHIFT 12
#define PRESENT	   (1ULL << 0)
#define HUGE	   (1ULL << 7)	/* _PAGE_PSE: in a PMD or PUD */

static bool recognises(const char *vmcoreinfo)
{
	uint64_t value;

	return vmcoreinfo_number(vmcoreinfo, "SYMBOL", "init_top_pgt", 16, &value) ||
	       vmcoreinfo_number(vmcoreinfo, "NUMBER", "phys_base", 10, &value);
}

static unsigned int resolve(const char *vmcoreinfo, struct paging *forms, struct error *err)
{
	uint64_t tables, phys_base, five_levels = 0, encryption = 0;

	if (!vmcoreinfo_number(vmcoreinfo, "SYMBOL", "swapper_pg_dir", 16, &tables) &&
	    !vmcoreinfo_number(vmcoreinfo, "SYMBOL", "init_top_pgt", 16, &tables))
		return error_set(err, ERROR_INPUT, "VMCOREINFO has no "
				 "SYMBOL(swapper_pg_dir): the page tables cannot be found");
	if (!vmcoreinfo_number(vmcoreinfo, "NUMBER", "phys_base", 10, &phys_base))
		return error_set(err, ERROR_INPUT, "VMCOREINFO has no "
				 "NUMBER(phys_base), so the page tables cannot be found: it is cut "
				 "or not of an x86_64 kernel; dump again");
	vmcoreinfo_number(vmcoreinfo, "NUMBER", "pgtable_l5_enabled", 10, &five_levels);
	/* AMD's SME: a bit of each entry that is no address */
	vmcoreinfo_number(vmcoreinfo, "NUMBER", "sme_mask", 10, &encryption);
	/* one bit, and not one of those that RAM needs (cpuid 0x8000001f) */
	if (five_levels > 1 || encryption & (encryption - 1) ||
	    (encryption && encryption < 1ULL << 32))
		return error_set(err, ERROR_INPUT, "VMCOREINFO has a NUMBER(pgtable_l5_enabled) or "
				 "NUMBER(sme_mask) that cannot be: it is damaged; dump again");
	forms[0] = (struct paging){
		.ops = &paging_x86_64,
		.page_shift = PAGE_SHIFT,
		.levels = five_levels ? 5 : 4,
		.top_bits = PAGE_SHIFT - 3,
		.shared = true,
		.kernel_bits = five_levels ? 56 : 47,
		.root = tables - START_KERNEL_MAP + phys_base,
		.address_mask = ((1ULL << 52) - (1ULL << PAGE_SHIFT)) & ~encryption,
	};
	return 1;
}

static enum paging_entry entry_kind(uint64_t entry, unsigned int level)
{
	if (!(entry & PRESENT))
		return PAGING_NONE;
	if (level == 1)
		return PAGING_LEAF;
	if (!(entry & HUGE))
		return PAGING_TABLE;
	return level <= 3 ? PAGING_LEAF : PAGING_NONE;
}

static uint64_t canonical(uint64_t address)
{
	return address;
}

const struct paging_ops paging_x86_64 = {
	.architecture = "x86_64",
	.recognises = recognises,
	.resolve = resolve,
	.entry = entry_kind,
	.canonical = canonical,
};
