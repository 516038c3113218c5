/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What processes had in their registers when they came into the kernel, or were stopped:
 * at the ends of stacks, and in notes. It may be anything, so that it is blanked. Where the
 * process was stays, and so do addresses of memory that is swapped out: by these the story
 * finds the slot that a task faults on.
 */
#ifndef KSWAPCK_DISTILL_USER_REGISTERS_H
#define KSWAPCK_DISTILL_USER_REGISTERS_H

#include "distill/frame_map.h"
#include "kernel/address_map.h"
#include "kernel/page_table.h"
#include "kernel/task.h"
#include "source/diskdump_write.h"

struct user_registers {
	const struct kernel *kernel;
	bool arm64;
	uint64_t size;			/* of struct pt_regs, bytes; 0: not known */
	uint64_t entry_start, entry_end;	/* code; entry_end 0: not known */
	struct task_layout tasks;
	struct address_map_layout map;
	struct page_table_layout tables;
	bool tables_known;		/* both of map and tables */
	struct frame_map stack_ends;	/* the task_struct of each */
	uint64_t *running;		/* mm->pgd of the tasks on CPUs */
	size_t running_count;
};

/**
 * user_registers_find - in @pages, those that will be written.
 *
 * Return: false when out of memory. To be freed with user_registers_free() in any case.
 */
bool user_registers_find(struct user_registers *registers, const struct kernel *kernel,
			 const struct page_set *pages);
void user_registers_free(struct user_registers *registers);

/** user_registers_blank - in the copy of the page in frame @pfn. */
void user_registers_blank(const struct user_registers *registers, uint64_t pfn,
			  unsigned char *page);

/** user_registers_blank_note - in the copy of a note. */
void user_registers_blank_note(const struct user_registers *registers, enum diskdump_note kind,
			       unsigned char *note, size_t size);

#endif
