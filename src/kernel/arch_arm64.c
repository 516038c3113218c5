// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/arch.h"

#include <string.h>

#include "kernel/cpu_stacks.h"

/* arch/arm64/include/asm/pgtable-prot.h */
#define VALID		    (1ULL << 0)
#define PROT_NONE	    (1ULL << 58)	/* up to 6.10 */
#define PRESENT_INVALID	    (1ULL << 11)	/* since 6.11 (f0f5863a0fb0) */

/* Words of struct user_pt_regs: x0 to x30, sp, pc, pstate. */
#define WORDS	     34
#define WORD_SP	     31
#define WORD_PC	     32
#define WORD_PSTATE  33
#define PSTATE_MODE  0xfULL	/* 0: user mode (EL0t) */
#define PSTATE_32BIT 0x10ULL

#define OVERFLOW_STACK_SIZE 4096

#define CLUSTER_SLOTS_THP 512	/* with pages of 4 KiB */

static bool va_bits(const struct kernel *kernel, unsigned int *bits)
{
	int64_t number;

	if (!image_vmcoreinfo_number(kernel->image, "VA_BITS", &number) || number < 36 ||
	    number > 52)
		return false;
	*bits = (unsigned int)number;
	return true;
}

/*
 * memstart_addr: where RAM begins as the linear map sees it; with KASLR it may be below 0. It
 * is signed, all sums with it are modulo 2^64.
 */
static bool ram_start(const struct kernel *kernel, uint64_t *start)
{
	uint64_t variable;
	int64_t number;

	if (image_symbol(kernel->image, "memstart_addr", &variable) &&
	    memory_read_u64(kernel->memory, variable, start) == READ_OK)
		return true;
	if (!image_vmcoreinfo_number(kernel->image, "PHYS_OFFSET", &number))
		return false;
	*start = (uint64_t)number;
	return true;
}

/* PAGE_OFFSET of kernels since 5.4 (14c127c957c1), which begins at the low end of their half. */
static uint64_t page_offset(unsigned int bits)
{
	return -(1ULL << bits);
}

static bool direct_map(const struct kernel *kernel, uint64_t *address)
{
	unsigned int bits;
	uint64_t start;

	if (!va_bits(kernel, &bits) || !ram_start(kernel, &start))
		return false;
	*address = page_offset(bits) - start;
	return true;
}

/*
 * VMEMMAP_START before VMCOREINFO told of it (6.1, 2369f171d5c5): of 5.11 to 6.0
 * (8c96400d6a39), and of 5.4 to 5.10. vmemmap has room for the linear map, half of the space.
 */
static bool older_vmemmap(const struct kernel *kernel, unsigned int bits, uint64_t size,
			  unsigned int form, uint64_t *start)
{
	unsigned int struct_shift = 64 - (unsigned int)__builtin_clzll(size - 1);
	unsigned int shift = kernel_page_shift(kernel) - struct_shift;

	if (size < 2 || struct_shift >= kernel_page_shift(kernel))
		return false;
	*start = form ? -(1ULL << (bits - 1 - shift)) - (2ULL << 20) : -(1ULL << (bits - shift));
	return true;
}

/* Is there a struct page of the kernel's own first page? */
static bool describes_kernel(const struct kernel *kernel, uint64_t vmemmap)
{
	uint64_t text, physical;
	uint8_t byte;

	return image_symbol(kernel->image, "_text", &text) &&
	       memory_physical(kernel->memory, text, &physical) == READ_OK &&
	       memory_read_u8(kernel->memory, vmemmap + (physical >> kernel_page_shift(kernel)) *
			      kernel->page.size, &byte) != READ_UNMAPPED;
}

static bool vmemmap(const struct kernel *kernel, uint64_t *vmemmap, struct error *err)
{
	uint64_t start, base;
	unsigned int bits, form;
	int64_t number;

	if (!va_bits(kernel, &bits) || !ram_start(kernel, &base))
		return error_set(err, ERROR_MISSING, "no memstart_addr or NUMBER(PHYS_OFFSET), "
				 "or no NUMBER(VA_BITS) in VMCOREINFO: the struct pages cannot be "
				 "found");
	base = (uint64_t)((int64_t)base >> kernel_page_shift(kernel)) * kernel->page.size;
	if (image_vmcoreinfo_number(kernel->image, "VMEMMAP_START", &number)) {
		*vmemmap = (uint64_t)number - base;
		return true;
	}
	for (form = 0; form < 2; form++) {
		if (!older_vmemmap(kernel, bits, kernel->page.size, form, &start))
			break;
		*vmemmap = start - base;
		if (describes_kernel(kernel, *vmemmap))
			return true;
	}
	return error_set(err, ERROR_MISSING, "VMCOREINFO has no NUMBER(VMEMMAP_START), and struct "
			 "pages are in none of the places where older kernels have them");
}

/*
 * __swp_type(), __swp_offset() of arch/arm64/include/asm/pgtable.h. Three times bits were
 * needed below: for "exclusive" in 5.19 (570ef363509b; generic code got PG_anon_exclusive
 * then), for userfaultfd in 6.11, with which PTE_PROT_NONE left bit 58 (f0f5863a0fb0).
 * protection_map[0] is the protection of PROT_NONE, with that bit or without.
 */
static const struct swap_pte_form *swap_pte(const struct kernel *kernel)
{
	static const struct swap_pte_form first = {
		.type_shift = 2, .type_bits = 6, .slot_shift = 8, .slot_bits = 50,
		.present = VALID | PROT_NONE,
	}, exclusive = {
		.type_shift = 3, .type_bits = 5, .slot_shift = 8, .slot_bits = 50,
		.present = VALID | PROT_NONE,
	}, newest = {
		.type_shift = 6, .type_bits = 5, .slot_shift = 12, .slot_bits = 50,
		.present = VALID | PRESENT_INVALID,
	};
	uint64_t map, none;
	int64_t flag;

	if (!image_symbol(kernel->image, "protection_map", &map) ||
	    memory_read_u64(kernel->memory, map, &none) != READ_OK)
		return NULL;
	if (!(none & PROT_NONE))
		return &newest;
	return types_enumerator(kernel->types, "pageflags", "PG_anon_exclusive", &flag) ?
		       &exclusive : &first;
}

/*
 * Whole huge pages are swapped since 6.0, and with pages of 4 KiB (d0637c505f8a). What tells
 * of it is split_swap_cluster(), which went in 6.10, after when all such kernels do.
 */
static uint32_t swap_cluster(const struct kernel *kernel, uint32_t usual)
{
	uint64_t address;
	int64_t type;

	if (image_symbol(kernel->image, "split_swap_cluster", &address))
		return CLUSTER_SLOTS_THP;
	/* enum pagetype came in 6.10 as well (46df8e73a4a3) */
	if (!types_enumerator(kernel->types, "pagetype", "PG_buddy", &type) &&
	    !types_enumerator(kernel->types, "pagetype", "PGTY_buddy", &type))
		return usual;
	return kernel_page_shift(kernel) == 12 ? CLUSTER_SLOTS_THP : 0;
}

/*
 * irq_stack_ptr has the lower end of a stack like a task's; overflow_stack is an array of
 * OVERFLOW_STACK_SIZE (arch/arm64/include/asm/memory.h).
 */
static void cpu_stacks(const struct kernel *kernel, const struct cpu_stack_layout *layout,
		       unsigned int cpu, struct cpu_stacks *stacks)
{
	uint64_t address, start;

	if (cpu_variable_address(kernel, "irq_stack_ptr", cpu, &address) &&
	    memory_read_u64(kernel->memory, address, &start) == READ_OK)
		cpu_stacks_add(stacks, STACK_IRQ, start, layout->task_stack_size);
	if (cpu_variable_address(kernel, "overflow_stack", cpu, &address))
		cpu_stacks_add(stacks, STACK_OVERFLOW, address, OVERFLOW_STACK_SIZE);
}

static void registers(const uint64_t *words, struct registers *registers)
{
	unsigned int i;

	memset(registers, 0, sizeof(*registers));
	registers->arm64 = true;
	for (i = 0; i <= 30; i++)
		register_set(registers, register_of_x(i), words[i]);
	register_set(registers, REGISTER_SP, words[WORD_SP]);
	register_set(registers, REGISTER_PC, words[WORD_PC]);
	registers->user = !(words[WORD_PSTATE] & PSTATE_MODE) ||
			  words[WORD_PSTATE] & PSTATE_32BIT;
}

/* arch/arm64/include/asm/pgtable-hwdef.h */
static const struct entry_flag entry_flags[] = {
	{VALID, "valid", NULL, NULL}, {1ULL << 1, "table", "page", NULL},
	{1ULL << 6, "user", NULL, NULL}, {1ULL << 7, "read-only", NULL, NULL},
	{1ULL << 10, "accessed", NULL, NULL}, {1ULL << 51, "writable", NULL, NULL},
	{1ULL << 52, "contiguous", NULL, NULL}, {1ULL << 53, "no-execute", NULL, NULL},
	{1ULL << 54, "user-no-execute", NULL, NULL}, {1ULL << 55, "dirty", NULL, NULL},
	{0, NULL, NULL, NULL},
};

/* PTE_SWP_EXCLUSIVE; the one for userfaultfd came with the third layout. */
static const struct entry_flag swapped_flags[] = {
	{1ULL << 2, "exclusive", NULL, NULL}, {0, NULL, NULL, NULL},
};

static bool kept_back(const struct kernel *kernel, uint64_t entry, unsigned int level,
		      uint64_t *plain)
{
	*plain = entry;
	return level <= 3 && !(entry & VALID) && kernel->swap_pte &&
	       entry & kernel->swap_pte->present;
}

/* In the order of register_of_x(). */
static const char *const names[REGISTER_COUNT] = {
	"x0", "x1", "x2", "x3", "x4", "x5", "x29", "sp",
	"x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "pc",
	"x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
	"x27", "x28", "x30",
};

const struct architecture arch_arm64 = {
	.name = "aarch64",
	.user_bits = 52,
	.saved_sp = "thread.cpu_context.sp",
	.current_task = "__entry_task",
	.section_bits = 27,	/* with pages of 4 KiB: arch/arm64/include/asm/sparsemem.h */
	.vmemmap = vmemmap,
	.direct_map = direct_map,
	.entry_flags = entry_flags,
	.swapped_flags = swapped_flags,
	.kept_back = kept_back,
	.swap_pte = swap_pte,
	.swap_cluster = swap_cluster,
	.cpu_stacks = cpu_stacks,
	.prstatus_size = 392,
	.prstatus_words = WORDS,
	.registers = registers,
	.register_names = names,
	/* x19 to x28, and x29 */
	.kept = 0x3ffULL << (REGISTER_X14 + 5) | 1ULL << REGISTER_FP,
};
