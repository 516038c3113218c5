// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables are named by physical address, so all but the top one are read without
 * translation. A table may be as large as 64 KiB: each level of a sweep has one buffer.
 */
#include "kernel/page_table.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/arch.h"

/* Page frames seen: open addressing, a power of two, at most half full. 0 is free. */
struct frame_set {
	uint64_t *frames;	/* + 1 */
	size_t room;
	size_t count;
};

struct sweep_walk {
	const struct kernel *kernel;
	const struct paging *paging;
	page_table_fn *visit;
	void *data;
	struct page_table_sweep *sweep;
	struct frame_set seen;
	uint64_t left;		/* tables that may still be read */
	bool stopped;		/* the visitor has seen enough */
	/* a table of each level above the lowest, and what a lowest one has */
	uint64_t *tables[PAGING_LEVELS_MAX + 1];
	uint16_t *indices;
	uint64_t *ptes;
};

bool page_table_layout_resolve(const struct kernel *kernel, struct page_table_layout *layout)
{
	return kernel->swap_pte && source_paging(kernel->source, &layout->paging);
}

bool page_table_swap_entry(const struct kernel *kernel, uint64_t pte, unsigned int *type,
			   uint64_t *slot)
{
	return kernel->swap_pte && swap_pte_decode(kernel->swap_pte, pte, type, slot);
}

/* Where kernel and user share one table, as on x86_64, the upper half of it is the kernel's. */
static unsigned int user_entries(const struct paging *paging)
{
	unsigned int entries = paging_entries(paging, paging->levels);

	return paging->shared ? entries / 2 : entries;
}

/* A top table that is less than a page comes from slab, and is aligned to its size. */
static bool is_top_table(const struct paging *paging, uint64_t pgd)
{
	return pgd >> 63 && pgd % (8ULL * paging_entries(paging, paging->levels)) == 0;
}

static bool is_user_address(const struct paging *paging, uint64_t address)
{
	return address >> paging_shift(paging, paging->levels) < user_entries(paging);
}

enum read_status page_table_lookup(const struct kernel *kernel,
				   const struct page_table_layout *layout, uint64_t pgd,
				   uint64_t address, uint64_t *pte)
{
	const struct paging *paging = &layout->paging;
	unsigned int level = paging->levels;
	enum read_status status;
	uint64_t entry, at;

	*pte = 0;
	if (!is_top_table(paging, pgd) || !is_user_address(paging, address))
		return READ_UNMAPPED;
	at = pgd + 8ULL * paging_index(paging, level, address);
	status = memory_read_u64(kernel->memory, at, &entry);
	while (status == READ_OK && level > 1) {
		if (paging->ops->entry(entry, level) != PAGING_TABLE)
			return READ_OK;
		level--;
		at = paging_address(paging, entry) + 8ULL * paging_index(paging, level, address);
		status = memory_read_physical(kernel->memory, at, &entry, sizeof(entry));
	}
	if (status == READ_OK)
		*pte = entry;
	return status;
}

/* Where @frame is, or the free place where it belongs. */
static uint64_t *frame_place(const struct frame_set *set, uint64_t frame)
{
	size_t i = (size_t)(frame * 0x9e3779b97f4a7c15 >> 20) & (set->room - 1);

	while (set->frames[i] && set->frames[i] != frame + 1)
		i = (i + 1) & (set->room - 1);
	return &set->frames[i];
}

static bool frame_set_widen(struct frame_set *set)
{
	struct frame_set wider = {.room = set->room ? set->room * 2 : 256};
	size_t i;

	wider.frames = calloc(wider.room, sizeof(*wider.frames));
	if (!wider.frames)
		return false;
	wider.count = set->count;
	for (i = 0; i < set->room; i++)
		if (set->frames[i])
			*frame_place(&wider, set->frames[i] - 1) = set->frames[i];
	free(set->frames);
	*set = wider;
	return true;
}

/* May the table at @physical be read: is it new, and the bound not reached? */
static bool enter(struct sweep_walk *walk, uint64_t physical)
{
	struct frame_set *seen = &walk->seen;
	uint64_t frame = physical >> walk->paging->page_shift, *place;

	if ((seen->count + 1) * 2 > seen->room && !frame_set_widen(seen)) {
		walk->sweep->truncated = true;
		return false;
	}
	place = frame_place(seen, frame);
	if (*place) {
		walk->sweep->repeated++;
		return false;
	}
	if (!walk->left) {
		walk->sweep->truncated = true;
		return false;
	}
	walk->left--;
	*place = frame + 1;
	seen->count++;
	return true;
}

/*
 * The swap entries of a lowest table: how many. What they are is copied, for visitors read
 * memory.
 */
static unsigned int gather_swap_ptes(struct sweep_walk *walk, const uint64_t *table,
				     unsigned int entries)
{
	const struct swap_pte_form *form = walk->kernel->swap_pte;
	unsigned int count = 0, i, type;
	uint64_t slot;

	for (i = 0; i < entries; i++) {
		/* most are empty or present */
		if (!table[i] || table[i] & form->present ||
		    !swap_pte_decode(form, table[i], &type, &slot))
			continue;
		walk->indices[count] = (uint16_t)i;
		walk->ptes[count++] = table[i];
	}
	return count;
}

static void sweep_ptes(struct sweep_walk *walk, uint64_t physical, uint64_t base)
{
	unsigned int shift = walk->paging->page_shift, entries = paging_entries(walk->paging, 1);
	enum read_status status;
	const uint64_t *table = memory_map_physical(walk->kernel->memory, physical, 8ULL * entries,
						    &status);
	unsigned int count, i;

	if (!table) {
		walk->sweep->unreadable++;
		return;
	}
	walk->sweep->tables++;
	walk->sweep->ptes += entries;
	count = gather_swap_ptes(walk, table, entries);
	for (i = 0; i < count && !walk->stopped; i++) {
		uint64_t index = walk->indices[i];

		walk->stopped = !walk->visit(walk->data, base + (index << shift), walk->ptes[i],
					     physical + 8 * index);
	}
}

static void sweep_below(struct sweep_walk *walk, uint64_t entry, unsigned int level,
			uint64_t base);

/* The first @count entries of a table of @level, which is not the lowest. */
static void sweep_table(struct sweep_walk *walk, unsigned int count, unsigned int level,
			uint64_t base)
{
	const uint64_t *table = walk->tables[level];
	unsigned int i;

	for (i = 0; i < count && !walk->stopped && !walk->sweep->truncated; i++)
		if (walk->paging->ops->entry(table[i], level) == PAGING_TABLE)
			sweep_below(walk, table[i], level - 1,
				    base + ((uint64_t)i << paging_shift(walk->paging, level)));
}

/* The table of @level that @entry names. */
static void sweep_below(struct sweep_walk *walk, uint64_t entry, unsigned int level,
			uint64_t base)
{
	uint64_t physical = paging_address(walk->paging, entry);
	unsigned int entries = paging_entries(walk->paging, level);

	if (!enter(walk, physical))
		return;
	if (level == 1) {
		sweep_ptes(walk, physical, base);
		return;
	}
	if (memory_read_physical(walk->kernel->memory, physical, walk->tables[level],
				 8ULL * entries) != READ_OK) {
		walk->sweep->unreadable++;
		return;
	}
	walk->sweep->tables++;
	sweep_table(walk, entries, level, base);
}

uint64_t page_tables_max(const struct kernel *kernel)
{
	uint64_t pages = kernel->source ? source_facts(kernel->source)->ram_pages : 0;

	return pages ? pages : kernel->page.pages;
}

void page_tables_take(uint64_t *left, const struct page_table_sweep *sweep)
{
	uint64_t read = sweep->tables + sweep->unreadable;

	*left -= read < *left ? read : *left;
}

static void free_room(struct sweep_walk *walk)
{
	unsigned int level;

	for (level = 2; level <= walk->paging->levels; level++)
		free(walk->tables[level]);
	free(walk->indices);
	free(walk->ptes);
	free(walk->seen.frames);
}

static bool make_room(struct sweep_walk *walk)
{
	unsigned int level, entries = paging_entries(walk->paging, 1);
	bool made = true;

	for (level = 2; level <= walk->paging->levels; level++) {
		walk->tables[level] = malloc(8ULL * paging_entries(walk->paging, level));
		made &= walk->tables[level] != NULL;
	}
	walk->indices = malloc(entries * sizeof(*walk->indices));
	walk->ptes = malloc(entries * sizeof(*walk->ptes));
	return made && walk->indices && walk->ptes;
}

/* The top table's own frame is not known; met again below, it is read once more. */
static void sweep_top(struct sweep_walk *walk, uint64_t pgd)
{
	const struct paging *paging = walk->paging;
	unsigned int level = paging->levels;

	if (!make_room(walk)) {
		walk->sweep->truncated = true;
		return;
	}
	if (!is_top_table(paging, pgd) ||
	    memory_read(walk->kernel->memory, pgd, walk->tables[level],
			8ULL * paging_entries(paging, level)) != READ_OK) {
		walk->sweep->unreadable++;
		return;
	}
	walk->sweep->tables++;
	sweep_table(walk, user_entries(paging), level, 0);
}

bool page_table_for_each_swap(const struct kernel *kernel,
			      const struct page_table_layout *layout, uint64_t pgd,
			      page_table_fn *visit, void *data,
			      struct page_table_sweep *sweep)
{
	struct sweep_walk walk = {
		.kernel = kernel, .paging = &layout->paging, .visit = visit, .data = data,
		.sweep = sweep, .left = sweep->tables_max,
	};

	*sweep = (struct page_table_sweep){.tables_max = sweep->tables_max};
	if (!walk.left)
		walk.left = page_tables_max(kernel);
	sweep_top(&walk, pgd);
	free_room(&walk);
	return !walk.stopped;
}
