// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/per_cpu.h"

unsigned int per_cpu_count(const struct kernel *kernel)
{
	uint64_t address;
	uint32_t count;

	if (!image_symbol(kernel->image, "nr_cpu_ids", &address) ||
	    memory_read_u32(kernel->memory, address, &count) != READ_OK ||
	    count > PER_CPU_MAX)
		return 0;
	return count;
}

bool per_cpu_possible(const struct kernel *kernel, unsigned int cpu)
{
	uint64_t mask;
	uint8_t bits;

	/* struct cpumask is an array of bits, little-endian */
	return !image_symbol(kernel->image, "__cpu_possible_mask", &mask) ||
	       memory_read_u8(kernel->memory, mask + cpu / 8, &bits) != READ_OK ||
	       bits & 1U << cpu % 8;
}

bool per_cpu_address(const struct kernel *kernel, const char *name, unsigned int cpu,
		     uint64_t *address)
{
	uint64_t symbol, offsets, offset;

	if (cpu >= PER_CPU_MAX ||
	    !image_symbol(kernel->image, name, &symbol) ||
	    !image_symbol(kernel->image, "__per_cpu_offset", &offsets) ||
	    memory_read_u64(kernel->memory, offsets + 8ULL * cpu, &offset) != READ_OK)
		return false;
	*address = symbol + offset;
	return true;
}
