/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call chains of single tasks and CPUs, as the story has them of many. */
#ifndef KSWAPCK_SHELL_CHAIN_H
#define KSWAPCK_SHELL_CHAIN_H

#include "kernel/unwind.h"
#include "shell/print.h"

struct chains;

/** chains_open - NULL with @err set when out of memory or no task can be found. */
struct chains *chains_open(struct shell *shell, struct error *err);
void chains_close(struct chains *chains);	/* NULL is fine */

/** chains_cpus - the CPUs that are online. */
const struct cpus *chains_cpus(const struct chains *chains);

/**
 * chain_of_cpu - what a CPU did.
 * @thread: filled; to be given back with chain_free(), before chains_close().
 *
 * Return: false with @err set when out of memory.
 */
bool chain_of_cpu(struct chains *chains, const struct cpu *cpu, struct story_thread *thread,
		  struct error *err);
/** chain_of_task - the same of a task, which may be on a CPU. */
bool chain_of_task(struct chains *chains, const struct task *task, struct story_thread *thread,
		   struct error *err);
void chain_free(struct story_thread *thread);

/** chain_write - one of them as an object of an array. */
void chain_write(struct json_writer *json, const struct story_thread *thread);

#endif
