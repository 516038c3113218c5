/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Per-CPU variables: symbol plus __per_cpu_offset[cpu], in every kernel. */
#ifndef KSWAPCK_PER_CPU_H
#define KSWAPCK_PER_CPU_H

#include "kernel/kernel.h"

#define PER_CPU_MAX 8192	/* CONFIG_NR_CPUS of MAXSMP, arch/x86/Kconfig */

/** per_cpu_count - CPU ids there can be (nr_cpu_ids); 0 when not known. */
unsigned int per_cpu_count(const struct kernel *kernel);

/**
 * per_cpu_possible - can there be a CPU of this id? Ids may have gaps. True when
 * that cannot be known.
 */
bool per_cpu_possible(const struct kernel *kernel, unsigned int cpu);

/**
 * per_cpu_address - run-time address of per-CPU symbol @name on @cpu.
 *
 * Return: false when there is no such symbol, or @cpu is not possible.
 */
bool per_cpu_address(const struct kernel *kernel, const char *name, unsigned int cpu,
		     uint64_t *address);

#endif
