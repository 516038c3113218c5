// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/arch.h"
#include "kernel/cpu_stacks.h"

/* 4 or 5 levels of page tables move the defaults: pgtable_64_types.h, page_64_types.h */
#define VMEMMAP_BASE_L4 0xffffea0000000000ULL
#define VMEMMAP_BASE_L5 0xffd4000000000000ULL
#define DIRECT_MAP_L4	0xffff888000000000ULL
#define DIRECT_MAP_L5	0xff11000000000000ULL

/* arch/x86/include/asm/pgtable_types.h */
#define PRESENT	 (1ULL << 0)
#define ACCESSED (1ULL << 5)
#define DIRTY	 (1ULL << 6)
#define PROTNONE (1ULL << 8)	/* of an entry that the CPU takes for absent */

#define CLUSTER_SLOTS_THP 512

#define PAGE 4096ULL

static bool five_levels(const struct kernel *kernel)
{
	int64_t five = 0;

	return image_vmcoreinfo_number(kernel->image, "pgtable_l5_enabled", &five) && five;
}

static bool is_radix(const struct kernel *kernel)
{
	struct field field;

	return kernel_field(kernel, "radix_tree_node", "exceptional", &field);
}

static bool vmemmap(const struct kernel *kernel, uint64_t *vmemmap, struct error *err)
{
	uint64_t address;

	*vmemmap = five_levels(kernel) ? VMEMMAP_BASE_L5 : VMEMMAP_BASE_L4;
	/* a variable with CONFIG_DYNAMIC_MEMORY_LAYOUT, which KASLR needs */
	if (!image_symbol(kernel->image, "vmemmap_base", &address) ||
	    memory_read_u64(kernel->memory, address, vmemmap) == READ_OK)
		return true;
	return error_set(err, ERROR_UNREADABLE, "vmemmap_base at 0x%llx is not readable in "
			 "this dump", (unsigned long long)address);
}

/* Up to 4.19 it may be elsewhere (4.20: d52888aa2753); high_memory is where it ends. */
static uint64_t direct_map_of_old(const struct kernel *kernel)
{
	uint64_t variable, end;

	if (!image_symbol(kernel->image, "high_memory", &variable) ||
	    memory_read_u64(kernel->memory, variable, &end) != READ_OK || !(end >> 63))
		return DIRECT_MAP_L4;
	return end - kernel->page.pages * PAGE;
}

static bool direct_map(const struct kernel *kernel, uint64_t *address)
{
	uint64_t variable;

	*address = five_levels(kernel) ? DIRECT_MAP_L5 :
		   is_radix(kernel) ? direct_map_of_old(kernel) : DIRECT_MAP_L4;
	/* of kernels with CONFIG_RANDOMIZE_MEMORY */
	return !image_symbol(kernel->image, "page_offset_base", &variable) ||
	       (memory_read_u64(kernel->memory, variable, address) == READ_OK && *address >> 63);
}

/*
 * The slot's bits of a swap entry, and the frame's of one that is kept back, are inverted
 * since L1TF became known: 4.18.1, 4.17.15, 4.14.63 and the kernels of that week. With
 * them came this variable (arch/x86/kernel/cpu/bugs.c), and later kernels may lack it.
 */
static bool before_l1tf(const struct kernel *kernel)
{
	uint64_t address;

	return is_radix(kernel) && !image_symbol(kernel->image, "l1tf_mitigation", &address);
}

/*
 * __swp_type(), __swp_offset() of pgtable_64.h, the same since 4.19; before L1TF (4.14.5:207)
 * the type came first. pte_none(): a Knights Landing CPU may set the two ignored ones in an
 * empty entry.
 */
static const struct swap_pte_form *swap_pte(const struct kernel *kernel)
{
	static const struct swap_pte_form form = {
		.type_shift = 59, .type_bits = 5, .slot_shift = 9, .slot_bits = 50,
		.inverted = true, .present = PRESENT | PROTNONE, .ignored = ACCESSED | DIRTY,
	}, old_form = {
		.type_shift = 9, .type_bits = 5, .slot_shift = 14, .slot_bits = 50,
		.present = PRESENT | PROTNONE, .ignored = ACCESSED | DIRTY,
	};

	return before_l1tf(kernel) ? &old_form : &form;
}

/* Every kernel with huge pages swaps them whole. */
static uint32_t swap_cluster(const struct kernel *kernel, uint32_t usual)
{
	(void)kernel;
	(void)usual;
	return CLUSTER_SLOTS_THP;
}

static void registers(const uint64_t *words, struct registers *registers)
{
	registers_of_pt_regs(registers, words);
}

/*
 * The pointer is to the end of the stack, since 5.12 to the last word of it, where
 * the switch keeps the old stack pointer (map_irq_stack()). Up to 5.1 it has another name.
 */
static void add_irq_stack(const struct kernel *kernel, const struct cpu_stack_layout *layout,
			  unsigned int cpu, struct cpu_stacks *stacks)
{
	uint64_t address, end;

	if (layout->hot_irq.size == 8 &&
	    cpu_variable_address(kernel, "pcpu_hot", cpu, &address))
		address += layout->hot_irq.offset;
	else if (!cpu_variable_address(kernel, "hardirq_stack_ptr", cpu, &address) &&
		 !cpu_variable_address(kernel, "irq_stack_ptr", cpu, &address))
		return;
	if (memory_read_u64(kernel->memory, address, &end) != READ_OK || end > -PAGE)
		return;
	end = (end + PAGE - 1) & -PAGE;
	if (end > layout->irq_stack_size)
		cpu_stacks_add(stacks, STACK_IRQ, end - layout->irq_stack_size,
			       layout->irq_stack_size);
}

/*
 * Up to 5.1 they lie one behind the other, and orig_ist has their ends (4.14, 4.19:
 * arch/x86/kernel/cpu/common.c cpu_init()). That for debugging is of two pages.
 */
static void add_old_exception_stacks(const struct kernel *kernel,
				     const struct cpu_stack_layout *layout, unsigned int cpu,
				     struct cpu_stacks *stacks)
{
	static const struct {
		enum stack_kind kind;
		unsigned int pages;
	} old[] = {
		{STACK_DOUBLE_FAULT, 1}, {STACK_NMI, 1}, {STACK_DEBUG, 2}, {STACK_MACHINE_CHECK, 1},
	};
	struct field first;
	uint64_t address, end;
	size_t i;

	if (!cpu_variable_address(kernel, "orig_ist", cpu, &address))
		return;
	/* with page table isolation they lie in cpu_entry_area, and so does that of entries */
	if (kernel_field(kernel, "cpu_entry_area", "exception_stacks", &first) &&
	    memory_read_u64(kernel->memory, address, &end) == READ_OK)
		cpu_stacks_add(stacks, STACK_ENTRY, end - PAGE - first.offset +
			       layout->entry_stack.offset, layout->entry_stack.size);
	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (memory_read_u64(kernel->memory, address + 8 * i, &end) == READ_OK)
			cpu_stacks_add(stacks, old[i].kind, end - old[i].pages * PAGE,
				       old[i].pages * PAGE);
}

static void add_exception_stacks(const struct kernel *kernel,
				 const struct cpu_stack_layout *layout, unsigned int cpu,
				 struct cpu_stacks *stacks)
{
	const struct field *entry = &layout->entry_stack;
	uint64_t address, base;
	unsigned int i;

	if (!cpu_variable_address(kernel, "cea_exception_stacks", cpu, &address)) {
		add_old_exception_stacks(kernel, layout, cpu, stacks);
		return;
	}
	if (memory_read_u64(kernel->memory, address, &base) != READ_OK || !(base >> 63))
		return;
	for (i = 0; i < EXCEPTION_STACKS; i++)
		cpu_stacks_add(stacks, cpu_exception_stacks[i].kind,
			       base + layout->exceptions[i].offset,
			       layout->exceptions[i].size);
	/* where the area itself is has been random since 6.2, but these lie in it */
	if (layout->entry_exceptions.size)
		cpu_stacks_add(stacks, STACK_ENTRY, base - layout->entry_exceptions.offset +
			       entry->offset, entry->size);
}

static void cpu_stacks(const struct kernel *kernel, const struct cpu_stack_layout *layout,
		       unsigned int cpu, struct cpu_stacks *stacks)
{
	add_irq_stack(kernel, layout, cpu, stacks);
	add_exception_stacks(kernel, layout, cpu, stacks);
}

/* arch/x86/include/asm/pgtable_types.h */
static const struct entry_flag entry_flags[] = {
	{PRESENT, "present", NULL, NULL}, {1ULL << 1, "writable", NULL, NULL},
	{1ULL << 2, "user", NULL, NULL}, {1ULL << 3, "write-through", NULL, NULL},
	{1ULL << 4, "uncached", NULL, NULL}, {ACCESSED, "accessed", NULL, NULL},
	{DIRTY, "dirty", NULL, NULL}, {1ULL << 7, "huge", "PAT", NULL},
	{PROTNONE, "global", NULL, "protnone"}, {1ULL << 63, "no-execute", NULL, NULL},
	{0, NULL, NULL, NULL},
};

/* _PAGE_SWP_* of pgtable_types.h */
static const struct entry_flag swapped_flags[] = {
	{1ULL << 1, "soft-dirty", NULL, NULL}, {1ULL << 2, "uffd-wp", NULL, NULL},
	{1ULL << 3, "exclusive", NULL, NULL}, {0, NULL, NULL, NULL},
};

/* The frame's bits of one that is not present are inverted (L1TF; 4.18, 6b28baca9b1f). */
static bool kept_back(const struct kernel *kernel, uint64_t entry, unsigned int level,
		      uint64_t *plain)
{
	*plain = before_l1tf(kernel) ? entry : ~entry;
	return level <= 3 && !(entry & PRESENT) && entry & PROTNONE;
}

static const char *const names[REGISTER_COUNT] = {
	"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};

const struct architecture arch_x86_64 = {
	.name = "x86_64",
	.user_bits = 56,	/* of 5 levels of page tables */
	.saved_sp = "thread.sp",
	.current_task = "current_task",
	.section_bits = 27,	/* arch/x86/include/asm/sparsemem.h */
	.vmemmap = vmemmap,
	.direct_map = direct_map,
	.entry_flags = entry_flags,
	.swapped_flags = swapped_flags,
	.kept_back = kept_back,
	.swap_pte = swap_pte,
	.swap_cluster = swap_cluster,
	.cpu_stacks = cpu_stacks,
	.prstatus_size = 336,
	.prstatus_words = 27,
	.registers = registers,
	.register_names = names,
	.kept = 1ULL << REGISTER_RBX | 1ULL << REGISTER_RBP | 1ULL << REGISTER_R12 |
		1ULL << REGISTER_R13 | 1ULL << REGISTER_R14 | 1ULL << REGISTER_R15,
};
