/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUs: what ran on each, and its registers.
 *
 * Notes of a dump are in an order of their own and CPUs that did not answer have
 * none, so a note is never taken for that of a CPU by its index:
 *  - a genuine kdump (VMCOREINFO has CRASHTIME): the note that the CPU itself
 *    wrote to its buffer, crash_notes (kernel/crash_core.c, kernel/kexec_core.c);
 *  - QEMU: gs, which points to the CPU's own area, tells; else pr_pid, which is
 *    QEMU's number of it + 1 (target/i386/arch_dump.c);
 *  - the running kernel, sampled (live/registers.h): pr_pid is the CPU's number + 1;
 *  - else the note whose stack pointer lies on a stack of the CPU or of its task.
 * A note that was given to a CPU must also fit the task that runs there.
 */
#ifndef KSWAPCK_CPU_H
#define KSWAPCK_CPU_H

#include "kernel/kernel.h"
#include "kernel/registers.h"

enum register_origin {
	REGISTERS_MISSING,	/* see struct cpu.missing */
	REGISTERS_CRASH_NOTES,	/* the CPU's own crash note */
	REGISTERS_QEMU,		/* QEMU's note of this CPU */
	REGISTERS_SAMPLED,	/* of a running kernel: where it was a moment before */
	REGISTERS_MATCHED,	/* a note whose stack pointer is on this CPU's stacks */
};

struct cpu {
	unsigned int number;
	uint64_t task;		/* task_struct that runs on it; 0: not known */
	enum register_origin origin;
	const char *missing;	/* why there are no registers; a constant, else NULL */
	struct registers registers;
	bool cr2_known;
	uint64_t cr2;		/* address of the last page fault; QEMU's dumps tell */
};

struct cpus {
	struct cpu *cpus;	/* the online ones, by number */
	unsigned int count;
};

/**
 * cpus_read - all CPUs that were online.
 *
 * Return: false with @err set when out of memory or no CPU can be found; else
 * @cpus is to be freed with cpus_free().
 */
bool cpus_read(const struct kernel *kernel, struct cpus *cpus, struct error *err);
void cpus_free(struct cpus *cpus);

/** register_origin_text - "crash note", "note of QEMU" ...; for people. */
const char *register_origin_text(enum register_origin origin);

#endif
