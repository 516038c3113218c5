/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks (include/linux/sched.h) and their kernel stacks. */
#ifndef KSWAPCK_TASK_H
#define KSWAPCK_TASK_H

#include "kernel/kernel.h"

struct task_layout {
	uint64_t init_task;
	struct field tasks, signal, thread_node, thread_head, stack, sp, on_cpu;
	uint32_t stack_size;		/* THREAD_SIZE, bytes */
};

struct task {
	uint64_t address;	/* of the task_struct */
	uint64_t stack;		/* lowest address of its kernel stack */
	uint64_t sp;		/* stack pointer when it last went to sleep */
	bool on_cpu;
};

bool task_layout_resolve(const struct kernel *kernel, struct task_layout *layout);

/** Called for each thread; return false to stop the walk. */
typedef bool task_fn(void *data, const struct task *task);

/**
 * task_for_each - visit every thread but the idle ones.
 *
 * Return: true when the lists were sound and all of them were seen.
 */
bool task_for_each(const struct kernel *kernel, const struct task_layout *layout,
		   task_fn *visit, void *data);

#endif
