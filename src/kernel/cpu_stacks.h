/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks that each CPU has besides those of its tasks
 * (arch/x86/kernel/dumpstack_64.c, arch/x86/include/asm/cpu_entry_area.h,
 * arch/arm64/kernel/irq.c).
 */
#ifndef KSWAPCK_CPU_STACKS_H
#define KSWAPCK_CPU_STACKS_H

#include "kernel/kernel.h"

enum stack_kind {
	STACK_UNKNOWN,
	STACK_TASK,
	STACK_IRQ,
	STACK_NMI,
	STACK_DOUBLE_FAULT,
	STACK_DEBUG,
	STACK_MACHINE_CHECK,
	STACK_VMM_COMMUNICATION,
	STACK_ENTRY,
	STACK_OVERFLOW,		/* of arm64, when a task has used up its own */
};

struct stack_range {
	enum stack_kind kind;
	uint64_t start, end;	/* addresses; end is exclusive */
};

#define CPU_STACKS_MAX 10

struct cpu_stacks {
	struct stack_range ranges[CPU_STACKS_MAX];
	unsigned int count;
};

#define EXCEPTION_STACKS 8	/* names that struct cea_exception_stacks has had */

struct cpu_exception_stack {
	const char *member;
	enum stack_kind kind;
};

extern const struct cpu_exception_stack cpu_exception_stacks[EXCEPTION_STACKS];

struct cpu_stack_layout {
	struct field hot_irq;		/* pcpu_hot.hardirq_stack_ptr: 6.2 - 6.14 */
	uint64_t irq_stack_size;	/* of x86_64 */
	uint64_t task_stack_size;
	struct field exceptions[EXCEPTION_STACKS];
	struct field entry_stack;	/* within struct cpu_entry_area */
	struct field entry_exceptions;	/* its struct cea_exception_stacks */
};

/** cpu_stack_layout_resolve - stacks whose types are not known are left out. */
void cpu_stack_layout_resolve(const struct kernel *kernel, struct cpu_stack_layout *layout);

/** cpu_stacks_add - one more, if it can be one. */
void cpu_stacks_add(struct cpu_stacks *stacks, enum stack_kind kind, uint64_t start,
		    uint64_t size);

/** cpu_stacks_read - those of @cpu that can be found. */
void cpu_stacks_read(const struct kernel *kernel, const struct cpu_stack_layout *layout,
		     unsigned int cpu, struct cpu_stacks *stacks);

/** stack_range_has - do @length bytes at @address lie on it? */
static inline bool stack_range_has(const struct stack_range *range, uint64_t address,
				   uint64_t length)
{
	return address >= range->start && address <= range->end &&
	       range->end - address >= length;
}

/** cpu_stacks_have - do @length bytes at @address lie on one of them? */
bool cpu_stacks_have(const struct cpu_stacks *stacks, uint64_t address, uint64_t length);

/** stack_kind_text - "task", "IRQ", "NMI" ... */
const char *stack_kind_text(enum stack_kind kind);

/**
 * cpu_variable_address - per-CPU symbol on @cpu, on kernels without CONFIG_SMP too,
 * where it is a plain variable.
 */
bool cpu_variable_address(const struct kernel *kernel, const char *name, unsigned int cpu,
			  uint64_t *address);

#endif
