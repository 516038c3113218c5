/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the CPUs of the running kernel do: their registers, as the kernel's own sampling
 * sees them (perf_event_open(2), the clock of each CPU). A CPU goes on meanwhile, so
 * this tells of one that is in a loop, and of any other where it just was.
 */
#ifndef KSWAPCK_LIVE_REGISTERS_H
#define KSWAPCK_LIVE_REGISTERS_H

#include "source/source.h"

struct live_registers;

/** live_registers_new - one sampler for each CPU, at rest; NULL: the kernel has or allows none. */
struct live_registers *live_registers_new(void);
void live_registers_free(struct live_registers *registers);	/* NULL is fine */

/**
 * live_registers_sample - watch all CPUs for some 20 ms, or 200 ms for one that lags.
 *
 * @source's register notes become those of the last moment that each CPU was seen at;
 * pr_pid is its number + 1. Without samplers, or memory, there are no notes.
 */
void live_registers_sample(struct live_registers *registers, struct source *source);

#endif
