// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/swap_slots.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/per_cpu.h"
#include "kernel/swap_entry.h"

#define SWAP_SLOTS_CACHE_SIZE 64	/* SWAP_BATCH, include/linux/swap.h */

struct layout {
	struct field slots, nr, cur, slots_ret, n_ret;
	struct field lock_owner;	/* of alloc_lock, a mutex */
};

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Entries [@first, @first + @count) of the array whose address stands at @pointer_at. */
static bool take_slots(const struct kernel *kernel, uint64_t pointer_at, uint32_t first,
		       uint32_t count, struct swap_slots *slots)
{
	uint64_t entries[SWAP_SLOTS_CACHE_SIZE], pointer;
	uint32_t i;

	if (memory_read_u64(kernel->memory, pointer_at, &pointer) != READ_OK)
		return false;
	if (!pointer || !count)
		return true;
	if (first > SWAP_SLOTS_CACHE_SIZE || count > SWAP_SLOTS_CACHE_SIZE - first ||
	    memory_read(kernel->memory, pointer + 8ULL * first, entries,
			8ULL * count) != READ_OK)
		return false;
	for (i = 0; i < count; i++)
		if (entries[i])
			slots->entries[slots->count++] =
				swap_entry_take(kernel->swap.old_entries, entries[i]);
	return true;
}

static bool load(const struct kernel *kernel, uint64_t cache, struct field field,
		 uint64_t *value)
{
	*value = 0;
	return field.size <= sizeof(*value) &&
	       memory_read(kernel->memory, cache + field.offset, value, field.size) == READ_OK;
}

/*
 * slots[cur] ... slots[cur + nr - 1] wait for folio_alloc_swap(). What
 * drain_slots_cache_cpu() has given back stays in the array; what
 * refill_swap_slots_cache() puts in comes before nr is set, under alloc_lock.
 */
static bool take_allocated(const struct kernel *kernel, const struct layout *layout,
			   uint64_t cache, struct swap_slots *slots)
{
	uint64_t nr = 0, cur = 0, owner = 1;

	if (!load(kernel, cache, layout->nr, &nr) || !load(kernel, cache, layout->cur, &cur) ||
	    (layout->lock_owner.size && !load(kernel, cache, layout->lock_owner, &owner)))
		return false;
	if (owner) {
		cur = 0;
		nr = SWAP_SLOTS_CACHE_SIZE;
	}
	return nr <= UINT32_MAX && cur <= UINT32_MAX &&
	       take_slots(kernel, cache + layout->slots.offset, (uint32_t)cur, (uint32_t)nr,
			  slots);
}

/* slots_ret[] is gone since 6.14; it is not cleared: only the first n_ret count. */
static bool take_cpu(const struct kernel *kernel, const struct layout *layout,
		     uint64_t cache, struct swap_slots *slots)
{
	uint64_t n_ret;

	if (!take_allocated(kernel, layout, cache, slots))
		return false;
	if (!layout->slots_ret.size)
		return true;
	return load(kernel, cache, layout->n_ret, &n_ret) && n_ret <= UINT32_MAX &&
	       take_slots(kernel, cache + layout->slots_ret.offset, 0, (uint32_t)n_ret, slots);
}

static bool resolve(const struct kernel *kernel, struct layout *layout)
{
	if (!kernel_field(kernel, "swap_slots_cache", "slots", &layout->slots) ||
	    !kernel_field(kernel, "swap_slots_cache", "nr", &layout->nr) ||
	    !kernel_field(kernel, "swap_slots_cache", "cur", &layout->cur))
		return false;
	kernel_field(kernel, "swap_slots_cache", "alloc_lock.owner", &layout->lock_owner);
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
