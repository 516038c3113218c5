/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks (include/linux/sched.h) and their kernel stacks. */
#ifndef KSWAPCK_TASK_H
#define KSWAPCK_TASK_H

#include "kernel/kernel.h"

struct task_layout {
	uint64_t init_task;
	struct field tasks, signal, thread_node, thread_head, stack, sp, on_cpu;
	struct field group_leader;	/* absent: a thread is of the process on whose list it is */
	uint32_t task_size;		/* bytes of a task_struct; 0: not known */
	/* for task_details_read(); absent ones leave their details unknown */
	struct field pid, tgid, comm, state, exit_state, flags, mm, cpu, rcu_nesting, min_flt,
		maj_flt, utime, stime;
	uint32_t stack_size;		/* THREAD_SIZE, bytes */
};

struct task {
	uint64_t address;	/* of the task_struct */
	uint64_t stack;		/* lowest address of its kernel stack */
	uint64_t sp;		/* stack pointer when it last went to sleep */
	bool on_cpu;
};

/* States of include/linux/sched.h; the same numbers in all versions. */
#define TASK_RUNNING		0x0
#define TASK_INTERRUPTIBLE	0x1
#define TASK_UNINTERRUPTIBLE	0x2
#define EXIT_DEAD		0x10
#define EXIT_ZOMBIE		0x20
#define TASK_NOLOAD		0x400	/* with it, that of kernel threads at rest */

/* What people want to know of a task. */
struct task_details {
	uint64_t address;	/* of the task_struct */
	int32_t pid;		/* of the thread */
	int32_t tgid;		/* of the process */
	char comm[17];		/* raw bytes of the dump, terminated */
	uint64_t state;		/* TASK_* bits; 0: running or ready to run */
	uint64_t exit_state;	/* EXIT_* bits; 0: it lives */
	uint64_t mm;		/* mm_struct; 0: a kernel thread */
	bool kernel_thread;	/* PF_KTHREAD */
	bool cpu_known;
	unsigned int cpu;	/* on which it runs or ran last */
	bool rcu_nesting_known;	/* CONFIG_PREEMPT_RCU */
	int32_t rcu_nesting;	/* rcu_read_lock() held so many times */
	uint64_t min_flt, maj_flt;	/* page faults so far; 0 if not known */
	uint64_t utime, stime;	/* nanoseconds of CPU; 0 if not known */
};

/** task_details_read - of the task_struct at @address; false if not readable. */
bool task_details_read(const struct kernel *kernel, const struct task_layout *layout,
		       uint64_t address, struct task_details *details);

/** task_stack_size - THREAD_SIZE, bytes. */
uint32_t task_stack_size(const struct kernel *kernel);

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
