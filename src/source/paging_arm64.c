// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables of arm64: pages of 4, 16 and 64 KiB, addresses of 36 to 52 bits
 * (arch/arm64/include/asm/pgtable-hwdef.h; Arm Architecture Reference Manual, D8).
 */
#include "source/paging.h"

#include <stdlib.h>

#include "source/vmcoreinfo.h"

#define VALID (1ULL << 0)
#define TABLE (1ULL << 1)	/* of a lowest table: page; else it is reserved there */

/* FEAT_LPA, pages of 64 KiB: bits 51 to 48 of the address. 0 without it. */
#define LPA_HIGH  0xf000ULL
#define LPA_SHIFT 36
/* FEAT_LPA2, smaller pages: bits 51 and 50. Without it there is the shareability. */
#define LPA2_HIGH  0x300ULL
#define LPA2_SHIFT 42

/* Bit 55 tells the half; those above may be a tag (tagged-pointers.rst). */
#define HALF (1ULL << 55)
#define TAG  0xff00000000000000ULL

static bool recognises(const char *vmcoreinfo)
{
	uint64_t value;

	return vmcoreinfo_number(vmcoreinfo, "NUMBER", "kimage_voffset", 16, &value);
}

static unsigned int log2_of_page(const char *vmcoreinfo)
{
	size_t length;
	const char *line = vmcoreinfo_line(vmcoreinfo, "PAGESIZE", &length);
	unsigned long size = line ? strtoul(line, NULL, 10) : 0;

	return size == 4096 ? 12 : size == 16384 ? 14 : size == 65536 ? 16 : 0;
}

/* ARM64_HW_PGTABLE_LEVELS(): as many as it takes for the bits above a page. */
static struct paging form_of(unsigned int page_shift, unsigned int bits, uint64_t root)
{
	unsigned int per_level = page_shift - 3;
	unsigned int levels = (bits - page_shift + per_level - 1) / per_level;
	bool large = bits == 52;
	struct paging form = {
		.ops = &paging_arm64,
		.page_shift = page_shift,
		.levels = levels,
		.top_bits = bits - page_shift - per_level * (levels - 1),
		.kernel_bits = bits,
		.root = root,
		.address_mask = ((1ULL << 48) - 1) & -(1ULL << page_shift),
	};

	if (page_shift == 16) {
		form.high_mask = LPA_HIGH;
		form.high_shift = LPA_SHIFT;
	} else if (large) {
		form.address_mask |= 3ULL << 48;
		form.high_mask = LPA2_HIGH;
		form.high_shift = LPA2_SHIFT;
	}
	return form;
}

static bool sound(unsigned int page_shift, uint64_t bits)
{
	return bits > page_shift + 3 && bits <= 52;
}

/*
 * TCR_EL1_T1SZ (5.10 and later) tells what the CPU uses. A kernel for 52 bits on a CPU without
 * them has its tables in one of two forms: the missing level folded away (pages of 4 and 16 KiB,
 * 6.9), or the top table as for 52 bits and its last part in use (64 KiB, 5.0, 68d23da4373a).
 */
static unsigned int resolve(const char *vmcoreinfo, struct paging *forms, struct error *err)
{
	unsigned int page_shift = log2_of_page(vmcoreinfo), count = 0;
	uint64_t tables, offset, bits = 0, unused = 0, root;

	if (!vmcoreinfo_number(vmcoreinfo, "SYMBOL", "swapper_pg_dir", 16, &tables) ||
	    !vmcoreinfo_number(vmcoreinfo, "NUMBER", "kimage_voffset", 16, &offset) ||
	    !vmcoreinfo_number(vmcoreinfo, "NUMBER", "VA_BITS", 10, &bits))
		return error_set(err, ERROR_INPUT, "VMCOREINFO lacks SYMBOL(swapper_pg_dir), "
				 "NUMBER(kimage_voffset) or NUMBER(VA_BITS), so the page tables "
				 "cannot be found: it is cut or not of an arm64 kernel; "
				 "dump again");
	if (!page_shift || !sound(page_shift, bits))
		return error_set(err, ERROR_INPUT, "VMCOREINFO says PAGESIZE and VA_BITS that no "
				 "arm64 kernel has: it is damaged; dump again");
	root = tables - offset;
	if (vmcoreinfo_number(vmcoreinfo, "NUMBER", "TCR_EL1_T1SZ", 16, &unused) && unused < 64 &&
	    sound(page_shift, 64 - unused) && 64 - unused != bits)
		forms[count++] = form_of(page_shift, (unsigned int)(64 - unused), root);
	forms[count++] = form_of(page_shift, (unsigned int)bits, root);
	return count;
}

static enum paging_entry entry_kind(uint64_t entry, unsigned int level)
{
	if (!(entry & VALID) || (level == 1 && !(entry & TABLE)))
		return PAGING_NONE;
	return level == 1 || !(entry & TABLE) ? PAGING_LEAF : PAGING_TABLE;
}

static uint64_t canonical(uint64_t address)
{
	return (address & HALF) ? address | TAG : address;
}

const struct paging_ops paging_arm64 = {
	.architecture = "aarch64",
	.recognises = recognises,
	.resolve = resolve,
	.entry = entry_kind,
	.canonical = canonical,
};
