// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/swap_slots.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/per_cpu.h"

#define SWAP_SLOTS_CACHE_SIZE 64	/* SWAP_BATCH, include/linux/swap.h */

struct layout {
	struct field slots, slots_ret, n_ret;
};

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* The first @count entries of the array that @pointer points to. */
static bool take_array(const struct kernel *kernel, uint64_t pointer, uint32_t count,
		       struct swap_slots *slots)
{
	uint64_t entries[SWAP_SLOTS_CACHE_SIZE];
	uint32_t i;

	if (!pointer || !count)
		return true;
	if (count > SWAP_SLOTS_CACHE_SIZE ||
	    memory_read(kernel->memory, pointer, entries, 8ULL * count) != READ_OK)
		return false;
	for (i = 0; i < count; i++)
		if (entries[i])
			slots->entries[slots->count++] = entries[i];
	return true;
}

/* The array of slots whose pointer and count stand at these addresses. */
static bool take_slots(const struct kernel *kernel, uint64_t pointer_at, uint32_t count,
		       struct swap_slots *slots)
{
	uint64_t pointer;

	return memory_read_u64(kernel->memory, pointer_at, &pointer) == READ_OK &&
	       take_array(kernel, pointer, count, slots);
}

/*
 * A slot that is taken out of slots[] leaves a 0 there (folio_alloc_swap()), and
 * one that refill_swap_slots_cache() is just putting in comes before nr is set:
 * so all of slots[] counts, whatever nr says. slots_ret[], which is gone since
 * 6.14, is not cleared: only the first n_ret count.
 */
static bool take_cpu(const struct kernel *kernel, const struct layout *layout,
		     uint64_t cache, struct swap_slots *slots)
{
	uint32_t n_ret;

	if (!take_slots(kernel, cache + layout->slots.offset, SWAP_SLOTS_CACHE_SIZE, slots))
		return false;
	if (!layout->slots_ret.size)
		return true;
	return memory_read_u32(kernel->memory, cache + layout->n_ret.offset, &n_ret) == READ_OK &&
	       take_slots(kernel, cache + layout->slots_ret.offset, n_ret, slots);
}

static bool resolve(const struct kernel *kernel, struct layout *layout)
{
	if (!kernel_field(kernel, "swap_slots_cache", "slots", &layout->slots))
		return false;
	if (kernel_field(kernel, "swap_slots_cache", "slots_ret", &layout->slots_ret))
		return kernel_field(kernel, "swap_slots_cache", "n_ret", &layout->n_ret);
	return true;
}

bool swap_slots_read(const struct kernel *kernel, struct swap_slots *slots, struct error *err)
{
	struct layout layout;
	uint64_t cache;
	unsigned int cpus, cpu;

	memset(slots, 0, sizeof(*slots));
	slots->complete = true;
	if (!image_symbol(kernel->image, "swp_slots", &cache))
		return true;
	cpus = per_cpu_count(kernel);
	if (!cpus || !resolve(kernel, &layout)) {
		slots->complete = false;
		return true;
	}
	slots->entries = calloc(cpus, 2 * SWAP_SLOTS_CACHE_SIZE * sizeof(*slots->entries));
	if (!slots->entries)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (cpu = 0; cpu < cpus; cpu++)
		if (per_cpu_possible(kernel, cpu) &&
		    (!per_cpu_address(kernel, "swp_slots", cpu, &cache) ||
		     !take_cpu(kernel, &layout, cache, slots)))
			slots->complete = false;
	qsort(slots->entries, slots->count, sizeof(*slots->entries), compare);
	return true;
}

void swap_slots_free(struct swap_slots *slots)
{
	free(slots->entries);
	memset(slots, 0, sizeof(*slots));
}

bool swap_slots_have(const struct swap_slots *slots, uint64_t entry)
{
	return slots->count && bsearch(&entry, slots->entries, slots->count,
				       sizeof(*slots->entries), compare);
}
