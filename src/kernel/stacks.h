/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Swap entries that tasks have in hand: every word of the live part of the kernel
 * stacks that matter, and the registers of the CPUs.
 *
 * A swap entry on its way into or out of the swap cache is in a local variable
 * of the task that does it. A word that only looks like one does no harm: a
 * doubtful finding is then not made. To keep that rare, only tasks count that
 * are on a CPU or have a function of the swap code on their stack.
 */
#ifndef KSWAPCK_STACKS_H
#define KSWAPCK_STACKS_H

#include "kernel/kernel.h"

struct stack_entries {
	uint64_t *entries;	/* sorted */
	size_t count;
	bool tables_moving;	/* some task is where page tables or shmem files are out of place */
	bool complete;		/* all stacks and registers were read */
};

/**
 * stack_entries_read - collect all words that could be swap entries or slots.
 * @slots: [@types] slots of each device; other words are not kept.
 */
bool stack_entries_read(const struct kernel *kernel, const uint64_t *slots,
			unsigned int types, struct stack_entries *entries,
			struct error *err);
void stack_entries_free(struct stack_entries *entries);

/** stack_entries_have - is one of @count entries, or slots, from @first on among them? */
bool stack_entries_have(const struct stack_entries *entries, uint64_t first, uint64_t count);

#endif
