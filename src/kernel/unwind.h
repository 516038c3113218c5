/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call chains: of x86_64 by the ORC tables that the kernel keeps of itself
 * (arch/x86/kernel/unwind_orc.c; Documentation/arch/x86/orc-unwinder.rst), of arm64 by frame
 * records (arch/arm64/kernel/stacktrace.c).
 *
 * An unwind goes across IRQ, exception, NMI and entry stacks, and ends at the
 * boundary to user mode or at the first function of a kernel thread. Whatever
 * else ends it is said; where no tables are the reason, what may be callers follows
 * as guessed frames (unwind_guess.h). Where the kernel has no tables: BPF programs are left by
 * their frame pointers, and __crash_kexec(), in which a CPU that panics is, by the
 * call that leads into it. It is bounded: UNWIND_FRAMES_MAX frames, and every step
 * goes up its stack or leaves for a stack that was not seen yet.
 */
#ifndef KSWAPCK_UNWIND_H
#define KSWAPCK_UNWIND_H

#include "kernel/code.h"
#include "kernel/cpu.h"
#include "kernel/cpu_stacks.h"
#include "kernel/task.h"

#define UNWIND_FRAMES_MAX 192

enum frame_kind {
	FRAME_RUNNING,		/* pc is the instruction that the CPU was at */
	FRAME_CALL,		/* pc is a return address */
	FRAME_INTERRUPTED,	/* pc is where an interrupt or exception came, or where a
				 * task that never ran will begin */
};

struct frame {
	uint64_t pc;
	uint64_t cfa;		/* canonical frame address; 0: not known, or has none */
	enum frame_kind kind;
	enum stack_kind stack;	/* where rsp is */
	bool guessed;		/* without tables: it may be left from a call that is over; of
				 * arm64: pc is a place that the function was at before */
	/*
	 * As they were in this frame. ORC gives rip, rsp and rbp; all others are
	 * known only where they were saved whole (FRAME_RUNNING, FRAME_INTERRUPTED),
	 * and rbx and r12 to r15 in the first frame of a task that sleeps.
	 */
	struct registers registers;
};

enum unwind_end {
	UNWIND_USER,		/* entered from user mode: complete */
	UNWIND_TOP,		/* first function of a kernel thread or idle task, or of an
				 * entry that has saved nothing yet: complete */
	UNWIND_NO_STACK,	/* the task has exited and given its stack back: complete */
	UNWIND_ON_CPU,		/* the task is on a CPU, or just coming or leaving: its saved
				 * stack pointer is an old one */
	UNWIND_NO_START,	/* no registers, or no saved stack pointer */
	UNWIND_NO_TABLE,	/* no ORC tables for the code at end_address */
	UNWIND_NOT_CODE,	/* a return address that is none: end_address */
	UNWIND_UNREADABLE,	/* stack or table at end_address not in the dump */
	UNWIND_OFF_STACK,	/* stack pointer end_address is on no stack of this CPU or task */
	UNWIND_NO_PROGRESS,	/* the next frame is not above this one: corrupt */
	UNWIND_TOO_DEEP,	/* more than UNWIND_FRAMES_MAX frames */
	UNWIND_NO_REGISTER,	/* the caller hangs on a register that is not known */
	UNWIND_BAD_REGISTERS,	/* registers saved at end_address make no sense */
	UNWIND_END_COUNT,
};

struct unwound {
	struct frame frames[UNWIND_FRAMES_MAX];	/* innermost first */
	unsigned int count;
	enum unwind_end end;
	uint64_t end_address;
	struct registers user;	/* registers of user mode; known 0 if it did not get there */
};

struct unwinder;

/**
 * unwinder_open - find the tables and their format.
 * @kernel, @code: must outlive the unwinder.
 *
 * Return: NULL with @err set when out of memory. A kernel without ORC tables has
 * an unwinder too; its unwinds end with UNWIND_NO_TABLE.
 */
struct unwinder *unwinder_open(const struct kernel *kernel, const struct code *code,
			       struct error *err);
void unwinder_close(struct unwinder *unwinder);	/* NULL is fine */

/** unwinder_orc_version - form of the ORC tables, 1 to 4 (orc.c); 0: none known. */
unsigned int unwinder_orc_version(const struct unwinder *unwinder);

/** unwind_cpu - what @cpu did, from its registers. */
void unwind_cpu(struct unwinder *unwinder, const struct cpu *cpu, struct unwound *unwound);

/**
 * unwind_task - what a task that is not on a CPU did, from thread.sp
 * (struct inactive_task_frame). Of a task on a CPU that would be an old switch:
 * the unwind then ends at once with UNWIND_ON_CPU.
 */
void unwind_task(struct unwinder *unwinder, const struct task *task, struct unwound *unwound);

/** unwind_end_complete - is nothing missing, with that end? */
bool unwind_end_complete(enum unwind_end reason);
/** unwind_end_text - "no ORC tables for the code there" ...; for people. */
const char *unwind_end_text(enum unwind_end reason);
#endif
