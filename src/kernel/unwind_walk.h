/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the unwinders of all architectures share: the stacks that a walk may be on, and its end.
 * An architecture's unwinder is one file that ends in one const struct unwind_ops; unwind.c
 * holds the array of them, and bounds every walk.
 */
#ifndef KSWAPCK_UNWIND_WALK_H
#define KSWAPCK_UNWIND_WALK_H

#include "kernel/orc.h"
#include "kernel/unwind.h"

#define STACKS_MAX (CPU_STACKS_MAX + 1)

/* struct inactive_task_frame of x86_64, arch/x86/include/asm/switch_to.h */
#define INACTIVE_FIELDS 7

struct unwind_ops;

struct unwinder {
	const struct kernel *kernel;
	const struct code *code;
	const struct unwind_ops *ops;
	struct cpu_stack_layout stack_layout;
	struct task_layout task_layout;
	uint64_t fork_return;		/* where a new task begins */
	uint64_t only_task;		/* that runs, on kernels without on_cpu; else 0 */
	/* of x86_64 */
	struct orc orc;
	struct field inactive[INACTIVE_FIELDS];
	uint64_t inactive_size;
	uint64_t image_start, image_end;/* of the kernel itself, data too */
	/* of arm64 */
	struct field context;		/* thread.cpu_context, within struct task_struct */
	struct field record;		/* pt_regs.stackframe; size 0: not known */
	uint64_t pt_regs_size;
	uint64_t signature;		/* bits of a return address that may be signed */
	uint64_t entry_text, entry_text_end;
};

struct walk {
	const struct unwinder *unwinder;
	struct unwound *unwound;
	struct stack_range stacks[STACKS_MAX];
	unsigned int stack_count;
	uint32_t seen;			/* bit i: the walk has been on stacks[i] */
	bool guessed;			/* where the next frame is in its function: struct frame */
};

struct unwind_ops {
	const char *architecture;
	/* Fill what of the unwinder is this architecture's. */
	void (*open)(struct unwinder *unwinder);
	/*
	 * The caller of @frame, or what was interrupted: @kind. False with the walk ended. A
	 * caller of user mode ends it as well.
	 */
	bool (*caller)(struct walk *walk, struct frame *frame, struct registers *caller,
		       enum frame_kind *kind);
	/* What a task that sleeps has saved. False when that is not readable. */
	bool (*sleeping)(const struct walk *walk, const struct task *task,
			 struct registers *registers);
	/* Where a task may be and whence a call may come. */
	bool (*is_code)(const struct unwinder *unwinder, uint64_t address);
	/* Callers by guess, where the walk ended for want of tables; NULL: none. */
	void (*guess)(const struct kernel *kernel, const struct code *code,
		      const struct stack_range *stacks, unsigned int count,
		      struct unwound *unwound);
};

extern const struct unwind_ops unwind_x86_64;	/* unwind_x86_64.c */
extern const struct unwind_ops unwind_arm64;	/* unwind_arm64.c */

/** walk_end - why the walk ends; always false, so that a step can end with it. */
bool walk_end(const struct walk *walk, enum unwind_end reason, uint64_t address);

/**
 * walk_stack - index of the stack that a stack pointer is on, -1 if it is on none. An empty
 * stack's is at its end.
 */
int walk_stack(const struct walk *walk, uint64_t sp);

/** walk_read - bytes of a stack; false with the walk ended. */
bool walk_read(const struct walk *walk, uint64_t address, void *buffer, size_t size);

#endif
