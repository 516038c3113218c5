// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/swap_entry.h"
#include "kernel/task.h"

struct collect {
	const struct kernel *kernel;
	const struct task_layout *layout;
	const uint64_t *slots;
	unsigned int types;
	uint64_t slots_max;		/* of the largest device */
	struct stack_entries *found;
	size_t room;
	bool out_of_memory;
};

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Sort and drop what is there twice: stacks are full of the same small numbers. */
static void settle(struct stack_entries *found)
{
	size_t kept = 0, i;

	qsort(found->entries, found->count, sizeof(*found->entries), compare);
	for (i = 0; i < found->count; i++)
		if (!kept || found->entries[i] != found->entries[kept - 1])
			found->entries[kept++] = found->entries[i];
	found->count = kept;
}

static void keep(struct collect *collect, uint64_t word)
{
	struct stack_entries *found = collect->found;
	unsigned int type;
	uint64_t slot, *grown;

	/* the entry, or the bare slot before it is made an entry */
	swap_entry_split(word, &type, &slot);
	if (!word || (word >= collect->slots_max &&
		      (type >= collect->types || slot >= collect->slots[type])))
		return;
	if (found->count == collect->room) {
		settle(found);
		if (found->count > collect->room / 2) {
			grown = realloc(found->entries, 2 * collect->room * sizeof(*grown));
			if (!grown) {
				collect->out_of_memory = true;
				return;
			}
			found->entries = grown;
			collect->room *= 2;
		}
	}
	found->entries[found->count++] = word;
}

static void keep_words(struct collect *collect, const void *bytes, size_t size)
{
	uint64_t word;
	size_t i;

	for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, (const char *)bytes + i, sizeof(word));
		keep(collect, word);
	}
}

/* The live part only, for a task that sleeps: from its stack pointer up. */
static bool take_task(void *data, const struct task *task)
{
	struct collect *collect = data;
	uint64_t top = task->stack + collect->layout->stack_size, address = task->stack;
	unsigned char bytes[4096];

	if (!task->on_cpu && task->sp >= task->stack && task->sp < top)
		address = task->sp & ~7ULL;
	while (address < top && !collect->out_of_memory) {
		uint64_t length = 4096 - (address & 4095);

		if (length > top - address)
			length = top - address;
		if (memory_read(collect->kernel->memory, address, bytes, length) == READ_OK)
			keep_words(collect, bytes, length);
		else
			collect->found->complete = false;
		address += length;
	}
	return !collect->out_of_memory;
}

static void take_registers(struct collect *collect)
{
	const void *note;
	size_t index, size;

	for (index = 0; (note = source_prstatus(collect->kernel->source, index, &size)); index++)
		keep_words(collect, note, size);
}

bool stack_entries_read(const struct kernel *kernel, const uint64_t *slots,
			unsigned int types, struct stack_entries *entries,
			struct error *err)
{
	struct task_layout layout;
	struct collect collect = {
		.kernel = kernel,
		.layout = &layout,
		.slots = slots,
		.types = types,
		.found = entries,
		.room = 4096,
	};

	unsigned int type;

	for (type = 0; type < types; type++)
		if (slots[type] > collect.slots_max)
			collect.slots_max = slots[type];
	memset(entries, 0, sizeof(*entries));
	entries->entries = malloc(collect.room * sizeof(*entries->entries));
	if (!entries->entries)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	entries->complete = true;
	if (!task_layout_resolve(kernel, &layout) ||
	    !task_for_each(kernel, &layout, take_task, &collect))
		entries->complete = false;
	take_registers(&collect);
	if (collect.out_of_memory)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	settle(entries);
	return true;
}

void stack_entries_free(struct stack_entries *entries)
{
	free(entries->entries);
	memset(entries, 0, sizeof(*entries));
}

bool stack_entries_have(const struct stack_entries *entries, uint64_t entry)
{
	return entries->count && bsearch(&entry, entries->entries, entries->count,
					 sizeof(*entries->entries), compare);
}
