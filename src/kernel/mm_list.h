/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All address spaces that can have swap entries: those of init_mm.mmlist, which
 * swapoff goes through (mm/swapfile.c try_to_unuse()), and those of all tasks.
 */
#ifndef KSWAPCK_MM_LIST_H
#define KSWAPCK_MM_LIST_H

#include "kernel/kernel.h"
#include "kernel/task.h"

struct mm_owner {
	uint64_t mm;		/* address of the mm_struct */
	uint64_t task;		/* of a task_struct that has it, a leader if there is one; or 0 */
};

struct mm_list {
	struct mm_owner *owners;	/* each mm once, in order of address */
	size_t count;
	bool complete;			/* both lists were sound and readable to their ends */
};

/**
 * mm_list_read - of a running kernel some times anew, if it is not complete: what was read
 * before is forgotten then. False with @err set when out of memory.
 */
bool mm_list_read(const struct kernel *kernel, const struct task_layout *tasks,
		  struct mm_list *list, struct error *err);
void mm_list_free(struct mm_list *list);

#endif
