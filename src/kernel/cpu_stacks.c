// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cpu_stacks.h"

#include <string.h>

#include "kernel/per_cpu.h"

#define PAGE 4096
#define IRQ_STACK_SIZE_USUAL 16384	/* arch/x86/include/asm/page_64_types.h */
#define STACK_SIZE_MAX (1 << 20)

/* Members of struct cea_exception_stacks; DB1 and DB2 until 5.8, VC since 5.10. */
static const struct {
	const char *member;
	enum stack_kind kind;
} exception_stacks[EXCEPTION_STACKS] = {
	{"DF_stack", STACK_DOUBLE_FAULT},
	{"NMI_stack", STACK_NMI},
	{"DB_stack", STACK_DEBUG},
	{"DB1_stack", STACK_DEBUG},
	{"DB2_stack", STACK_DEBUG},
	{"MCE_stack", STACK_MACHINE_CHECK},
	{"VC_stack", STACK_VMM_COMMUNICATION},
	{"VC2_stack", STACK_VMM_COMMUNICATION},
};

bool cpu_variable_address(const struct kernel *kernel, const char *name, unsigned int cpu,
			  uint64_t *address)
{
	uint64_t offsets;

	if (image_symbol(kernel->image, "__per_cpu_offset", &offsets))
		return per_cpu_address(kernel, name, cpu, address);
	return !cpu && image_symbol(kernel->image, name, address);
}

void cpu_stack_layout_resolve(const struct kernel *kernel, struct cpu_stack_layout *layout)
{
	unsigned int i;

	memset(layout, 0, sizeof(*layout));
	/* 6.2 put hot per-CPU variables in one struct, 6.15 took it apart again */
	kernel_field(kernel, "pcpu_hot", "hardirq_stack_ptr", &layout->hot_irq);
	if (!types_size(kernel->types, "irq_stack", &layout->irq_stack_size) ||
	    layout->irq_stack_size < PAGE || layout->irq_stack_size > STACK_SIZE_MAX)
		layout->irq_stack_size = IRQ_STACK_SIZE_USUAL;
	for (i = 0; i < EXCEPTION_STACKS; i++)
		kernel_field(kernel, "cea_exception_stacks", exception_stacks[i].member,
			     &layout->exceptions[i]);
	kernel_field(kernel, "cpu_entry_area", "entry_stack_page", &layout->entry_stack);
	kernel_field(kernel, "cpu_entry_area", "estacks", &layout->entry_exceptions);
}

static void add(struct cpu_stacks *stacks, enum stack_kind kind, uint64_t start,
		uint64_t size)
{
	if (size && size <= STACK_SIZE_MAX && start >> 63 && start + size > start &&
	    stacks->count < CPU_STACKS_MAX)
		stacks->ranges[stacks->count++] = (struct stack_range){kind, start, start + size};
}

/*
 * The pointer is to the end of the stack, since 5.12 to the last word of it, where
 * the switch keeps the old stack pointer (map_irq_stack()).
 */
static void add_irq_stack(const struct kernel *kernel, const struct cpu_stack_layout *layout,
			  unsigned int cpu, struct cpu_stacks *stacks)
{
	uint64_t address, end;

	if (layout->hot_irq.size == 8 &&
	    cpu_variable_address(kernel, "pcpu_hot", cpu, &address))
		address += layout->hot_irq.offset;
	else if (!cpu_variable_address(kernel, "hardirq_stack_ptr", cpu, &address))
		return;
	if (memory_read_u64(kernel->memory, address, &end) != READ_OK || end > -(uint64_t)PAGE)
		return;
	end = (end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (end > layout->irq_stack_size)
		add(stacks, STACK_IRQ, end - layout->irq_stack_size, layout->irq_stack_size);
}

static void add_exception_stacks(const struct kernel *kernel,
				 const struct cpu_stack_layout *layout, unsigned int cpu,
				 struct cpu_stacks *stacks)
{
	const struct field *entry = &layout->entry_stack;
	uint64_t address, base;
	unsigned int i;

	if (!cpu_variable_address(kernel, "cea_exception_stacks", cpu, &address) ||
	    memory_read_u64(kernel->memory, address, &base) != READ_OK || !(base >> 63))
		return;
	for (i = 0; i < EXCEPTION_STACKS; i++)
		add(stacks, exception_stacks[i].kind, base + layout->exceptions[i].offset,
		    layout->exceptions[i].size);
	/* where the area itself is has been random since 6.2, but these lie in it */
	if (layout->entry_exceptions.size)
		add(stacks, STACK_ENTRY, base - layout->entry_exceptions.offset + entry->offset,
		    entry->size);
}

void cpu_stacks_read(const struct kernel *kernel, const struct cpu_stack_layout *layout,
		     unsigned int cpu, struct cpu_stacks *stacks)
{
	stacks->count = 0;
	add_irq_stack(kernel, layout, cpu, stacks);
	add_exception_stacks(kernel, layout, cpu, stacks);
}

bool cpu_stacks_have(const struct cpu_stacks *stacks, uint64_t address, uint64_t length)
{
	unsigned int i;

	for (i = 0; i < stacks->count; i++)
		if (stack_range_has(&stacks->ranges[i], address, length))
			return true;
	return false;
}

const char *stack_kind_text(enum stack_kind kind)
{
	switch (kind) {
	case STACK_UNKNOWN:
		break;
	case STACK_TASK:
		return "task";
	case STACK_IRQ:
		return "IRQ";
	case STACK_NMI:
		return "NMI";
	case STACK_DOUBLE_FAULT:
		return "double fault";
	case STACK_DEBUG:
		return "debug";
	case STACK_MACHINE_CHECK:
		return "machine check";
	case STACK_VMM_COMMUNICATION:
		return "VMM communication";
	case STACK_ENTRY:
		return "entry";
	}
	return "unknown";
}
