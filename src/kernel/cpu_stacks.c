// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cpu_stacks.h"

#include <string.h>

#include "kernel/arch.h"
#include "kernel/per_cpu.h"
#include "kernel/task.h"

#define PAGE 4096
#define IRQ_STACK_SIZE_USUAL 16384	/* arch/x86/include/asm/page_64_types.h */
#define STACK_SIZE_MAX (1 << 20)

/* Members of struct cea_exception_stacks; DB1 and DB2 until 5.8, VC since 5.10. */
const struct cpu_exception_stack cpu_exception_stacks[EXCEPTION_STACKS] = {
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
	layout->task_stack_size = task_stack_size(kernel);
	for (i = 0; i < EXCEPTION_STACKS; i++)
		kernel_field(kernel, "cea_exception_stacks", cpu_exception_stacks[i].member,
			     &layout->exceptions[i]);
	kernel_field(kernel, "cpu_entry_area", "entry_stack_page", &layout->entry_stack);
	kernel_field(kernel, "cpu_entry_area", "estacks", &layout->entry_exceptions);
}

void cpu_stacks_add(struct cpu_stacks *stacks, enum stack_kind kind, uint64_t start,
		    uint64_t size)
{
	if (size && size <= STACK_SIZE_MAX && start >> 63 && start + size > start &&
	    stacks->count < CPU_STACKS_MAX)
		stacks->ranges[stacks->count++] = (struct stack_range){kind, start, start + size};
}

void cpu_stacks_read(const struct kernel *kernel, const struct cpu_stack_layout *layout,
		     unsigned int cpu, struct cpu_stacks *stacks)
{
	stacks->count = 0;
	kernel->arch->cpu_stacks(kernel, layout, cpu, stacks);
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
	case STACK_OVERFLOW:
		return "overflow";
	}
	return "unknown";
}
