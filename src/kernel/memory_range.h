/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, sections and memory blocks: which page frames there are. */
#ifndef KSWAPCK_MEMORY_RANGE_H
#define KSWAPCK_MEMORY_RANGE_H

#include "kernel/kernel.h"

#define MEMORY_NODES_MAX 1024	/* NODES_SHIFT of MAXSMP is 10, arch/x86/Kconfig */

struct memory_range {
	uint64_t first;		/* pfn */
	uint64_t pages;
};

/** memory_node_range - from the first to the last page of a node; false if there is none. */
bool memory_node_range(const struct kernel *kernel, unsigned int node,
		       struct memory_range *range);

/** memory_node_count - nodes there can be; at least 1. */
unsigned int memory_node_count(const struct kernel *kernel);

/**
 * memory_block_range - what /sys/devices/system/memory/memoryN stands for; false if the
 * kernel has no memory hotplug, or no such block.
 */
bool memory_block_range(const struct kernel *kernel, uint64_t block,
			struct memory_range *range);

/** memory_section_pages - pages of a section: 128 MiB on x86_64. */
uint64_t memory_section_pages(const struct kernel *kernel);

enum memory_section_state {
	MEMORY_SECTION_ABSENT,		/* no memory there */
	MEMORY_SECTION_OFFLINE,		/* its struct pages mean nothing */
	MEMORY_SECTION_ONLINE,
	MEMORY_SECTION_UNKNOWN,
};

struct memory_sections {
	uint64_t table;			/* address of mem_section[], or of its roots */
	bool roots;			/* CONFIG_SPARSEMEM_EXTREME */
	uint32_t size;			/* sizeof(struct mem_section); 0: not known */
	struct field map;
	uint64_t pages;			/* of a section */
};

void memory_sections_resolve(const struct kernel *kernel, struct memory_sections *sections);
/** memory_section_state - of the section that has @pfn. */
enum memory_section_state memory_section_state(const struct kernel *kernel,
					       const struct memory_sections *sections,
					       uint64_t pfn);

#endif
