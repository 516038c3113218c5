// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/usual_folio.h"

#include "kernel/swap_entry.h"

/* The least that a page of any kernel has; what lies within one can be mapped at once. */
#define WINDOW_BYTES 4096

#define COMPOUND_TAIL 1UL
#define MAPPING_ANON  1UL

/* Struct pages in the page cache, [start, start + length), until the next read. */
struct window {
	uint64_t start, length;
	const unsigned char *bytes;
};

/* What the words of a usual folio are. */
struct usual {
	uint32_t flags_offset, compound_offset, mapping_offset, private_offset, mapcount_offset,
		 refcount_offset;
	uint64_t flags_mask, flags;
	uint64_t private;
};

/*
 * All fields are of 8 bytes, and counts of 4 (page.c). @entry: of the first slot of the space.
 * False: such a kernel has none.
 */
static bool describe(const struct kernel *kernel, uint64_t entry, struct usual *usual)
{
	const struct page_layout *layout = &kernel->page;
	const struct field *fields = layout->fields;

	if (!layout->shift || !fields[KSWAPCK_FIELD_PAGE_TYPE].size)
		return false;
	usual->flags_offset = fields[KSWAPCK_FIELD_FLAGS].offset;
	usual->compound_offset = fields[KSWAPCK_FIELD_COMPOUND_HEAD].offset;
	usual->mapping_offset = fields[KSWAPCK_FIELD_MAPPING].offset;
	usual->private_offset = fields[KSWAPCK_FIELD_PRIVATE].offset;
	usual->mapcount_offset = fields[KSWAPCK_FIELD_PAGE_TYPE].offset;
	usual->refcount_offset = fields[KSWAPCK_FIELD_REFCOUNT].offset;
	usual->flags = layout->flag_swapcache | layout->flag_swapbacked;
	usual->flags_mask = usual->flags | layout->flag_locked | layout->flags_rare;
	usual->private = swap_entry_give(kernel->swap.old_entries, entry);
	return true;
}

static uint64_t word_at(const unsigned char *bytes, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, bytes + offset, sizeof(word));
	return word;
}

static int32_t count_at(const unsigned char *bytes, uint32_t offset)
{
	int32_t count;

	memcpy(&count, bytes + offset, sizeof(count));
	return count;
}

/*
 * The struct page at @bytes is that of a small folio (no tail, and PG_head is rare), which
 * is in the swap cache and nobody's at the moment (unlocked; under writeback is rare), no
 * page of a file, of slot @i; and it has one reference for that slot and one for each
 * mapping. Mappings are counted from -1, below which are page types.
 */
static bool is_usual(const struct usual *usual, const unsigned char *bytes, uint64_t i)
{
	uint64_t mapping = word_at(bytes, usual->mapping_offset);
	int64_t mapcount = count_at(bytes, usual->mapcount_offset);

	return (word_at(bytes, usual->flags_offset) & usual->flags_mask) == usual->flags &&
	       !(word_at(bytes, usual->compound_offset) & COMPOUND_TAIL) &&
	       (!mapping || mapping & MAPPING_ANON) &&
	       word_at(bytes, usual->private_offset) == usual->private + i &&
	       mapcount >= -1 && count_at(bytes, usual->refcount_offset) == mapcount + 2;
}

/*
 * Folios that were swapped out one after the other often lie so in memory. Where the slots
 * ahead hold pages whose struct pages are those ahead, these will be read, too.
 */
static void look_ahead(const struct kernel *kernel, const struct kswapck_space *space, uint32_t i)
{
	uint32_t pages = WINDOW_BYTES >> kernel->page.shift, windows = 1;
	uint64_t address = space->entries[i];

	while (windows * WINDOW_BYTES < MEMORY_BRING_MAX && i + windows * pages < space->slots &&
	       space->entries[i + windows * pages] == address + windows * WINDOW_BYTES)
		windows++;
	if (windows > 1)
		memory_bring(kernel->memory, address, windows * WINDOW_BYTES);
}

/* False: slot @i has no struct page, or none that can be read. */
static bool move_window(const struct kernel *kernel, const struct kswapck_space *space, uint32_t i,
			struct window *window)
{
	const struct page_layout *layout = &kernel->page;
	uint64_t end = layout->vmemmap + (layout->pages << layout->shift);
	uint64_t address = space->entries[i];

	if (address < layout->vmemmap || address >= end)
		return false;
	look_ahead(kernel, space, i);
	window->start = address & ~(uint64_t)(WINDOW_BYTES - 1);
	window->length = end - window->start < WINDOW_BYTES ? end - window->start : WINDOW_BYTES;
	window->bytes = memory_map(kernel->memory, window->start, WINDOW_BYTES, NULL);
	return window->bytes;
}

/* Slot @i holds a usual folio. */
static bool holds_usual(const struct kernel *kernel, const struct kswapck_space *space, uint32_t i,
			const struct usual *usual, struct window *window)
{
	uint64_t address = space->entries[i];

	return space->kinds[i] == KSWAPCK_ENTRY_PAGE && !(address & (kernel->page.size - 1)) &&
	       (address - window->start < window->length ||
		move_window(kernel, space, i, window)) &&
	       is_usual(usual, window->bytes + (address - window->start), i);
}

uint32_t usual_folios(const struct kernel *kernel, const struct kswapck_space *space,
		      uint32_t first, uint32_t end)
{
	struct window window = {0};
	struct usual usual;
	uint32_t i = first;

	if (!describe(kernel, swap_entry(space->device->type, space->first_slot), &usual))
		return 0;
	while (i < end && holds_usual(kernel, space, i, &usual, &window))
		i++;
	/* a folio that the next slot holds, too, is a run of two, of which one is wrong */
	if (i > first && i < space->slots && space->entries[i] == space->entries[i - 1])
		i--;
	return i - first;
}
