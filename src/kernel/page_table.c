// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An entry is 8 bytes, a table 512 of them at every level. Tables are named by
 * physical address, so all but the top one are read without translation.
 */
#include "kernel/page_table.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES		512
#define LEVEL_BITS	9
#define LEVELS_MAX	5
#define PAGE_BITS	12
#define PAGE_BYTES	4096

/* arch/x86/include/asm/pgtable_types.h */
#define PRESENT		(1ULL << 0)
#define ACCESSED	(1ULL << 5)
#define DIRTY		(1ULL << 6)
#define HUGE		(1ULL << 7)	/* _PAGE_PSE: in a PMD or PUD */
#define PROTNONE	(1ULL << 8)	/* of an entry that the CPU takes for absent */

/* __swp_type(), __swp_offset() of pgtable_64.h: the slot's bits are inverted (L1TF). */
#define SWAP_TYPE_BITS	5
#define SWAP_SLOT_SHIFT (PAGE_BITS - 3 + SWAP_TYPE_BITS)

/* Page frames seen: open addressing, a power of two, at most half full. 0 is free. */
struct frame_set {
	uint64_t *frames;	/* + 1 */
	size_t room;
	size_t count;
};

struct sweep_walk {
	const struct kernel *kernel;
	const struct page_table_layout *layout;
	page_table_fn *visit;
	void *data;
	struct page_table_sweep *sweep;
	struct frame_set seen;
	uint64_t left;		/* tables that may still be read */
	bool stopped;		/* the visitor has seen enough */
};

/* Without the line a kernel has 4 levels (4.17 brought the other). */
bool page_table_layout_resolve(const struct kernel *kernel, struct page_table_layout *layout)
{
	int64_t five = 0, sme_number = 0;
	uint64_t sme;

	image_vmcoreinfo_number(kernel->image, "pgtable_l5_enabled", &five);
	image_vmcoreinfo_number(kernel->image, "sme_mask", &sme_number);
	sme = (uint64_t)sme_number;
	layout->levels = five ? 5 : 4;
	layout->address_mask = ((1ULL << 52) - PAGE_BYTES) & ~sme;
	/* the mask is one bit, and not one of those that RAM needs (cpuid 0x8000001f) */
	return (five == 0 || five == 1) && (sme & (sme - 1)) == 0 &&
	       (sme == 0 || sme >= 1ULL << 32);
}

static bool is_table(uint64_t entry)
{
	return (entry & (PRESENT | HUGE)) == PRESENT;
}

bool page_table_swap_entry(uint64_t pte, unsigned int *type, uint64_t *slot)
{
	/* pte_none(): a Knights Landing CPU may set these two in an empty entry */
	if (!(pte & ~(ACCESSED | DIRTY)) || pte & (PRESENT | PROTNONE))
		return false;
	*type = (unsigned int)(pte >> (64 - SWAP_TYPE_BITS));
	*slot = ~pte << SWAP_TYPE_BITS >> SWAP_SLOT_SHIFT;
	return true;
}

static unsigned int level_shift(unsigned int level)
{
	return PAGE_BITS + LEVEL_BITS * (level - 1);
}

static bool is_top_table(uint64_t pgd)
{
	return pgd >> 63 && pgd % PAGE_BYTES == 0;
}

enum read_status page_table_lookup(const struct kernel *kernel,
				   const struct page_table_layout *layout, uint64_t pgd,
				   uint64_t address, uint64_t *pte)
{
	unsigned int level = layout->levels;
	enum read_status status;
	uint64_t entry, at;

	*pte = 0;
	if (!is_top_table(pgd) || address >> (level_shift(level) + LEVEL_BITS - 1))
		return READ_UNMAPPED;
	at = pgd + (address >> level_shift(level)) * 8;
	status = memory_read_u64(kernel->memory, at, &entry);
	while (status == READ_OK && --level) {
		if (!is_table(entry))
			return READ_OK;
		at = (entry & layout->address_mask) +
		     (address >> level_shift(level)) % ENTRIES * 8;
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
	uint64_t frame = physical >> PAGE_BITS, *place;

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

/* The swap entries of a lowest table; what they are is copied, for visitors read memory. */
struct swap_ptes {
	unsigned int count;
	uint16_t indices[ENTRIES];
	uint64_t ptes[ENTRIES];
};

static void gather_swap_ptes(const uint64_t *table, struct swap_ptes *found)
{
	unsigned int i, type;
	uint64_t slot;

	found->count = 0;
	for (i = 0; i < ENTRIES; i++) {
		/* most are empty or present */
		if (!table[i] || table[i] & PRESENT ||
		    !page_table_swap_entry(table[i], &type, &slot))
			continue;
		found->indices[found->count] = (uint16_t)i;
		found->ptes[found->count++] = table[i];
	}
}

static void sweep_ptes(struct sweep_walk *walk, uint64_t physical, uint64_t base)
{
	enum read_status status;
	const uint64_t *table = memory_map_physical(walk->kernel->memory, physical, PAGE_BYTES,
						    &status);
	struct swap_ptes found;
	unsigned int i;

	if (!table) {
		walk->sweep->unreadable++;
		return;
	}
	walk->sweep->tables++;
	walk->sweep->ptes += ENTRIES;
	gather_swap_ptes(table, &found);
	for (i = 0; i < found.count && !walk->stopped; i++) {
		uint64_t index = found.indices[i];

		walk->stopped = !walk->visit(walk->data, base + (index << PAGE_BITS), found.ptes[i],
					     physical + 8 * index);
	}
}

static void sweep_below(struct sweep_walk *walk, uint64_t entry, unsigned int level,
			uint64_t base);

/* The first @count entries of a table of @level, which is not the lowest. */
static void sweep_table(struct sweep_walk *walk, const uint64_t *table, unsigned int count,
			unsigned int level, uint64_t base)
{
	unsigned int i;

	for (i = 0; i < count && !walk->stopped && !walk->sweep->truncated; i++)
		if (is_table(table[i]))
			sweep_below(walk, table[i], level - 1,
				    base + ((uint64_t)i << level_shift(level)));
}

/* The table of @level that @entry names. */
static void sweep_below(struct sweep_walk *walk, uint64_t entry, unsigned int level,
			uint64_t base)
{
	uint64_t physical = entry & walk->layout->address_mask;
	uint64_t table[ENTRIES];

	if (!enter(walk, physical))
		return;
	if (level == 1) {
		sweep_ptes(walk, physical, base);
		return;
	}
	if (memory_read_physical(walk->kernel->memory, physical, table,
				 sizeof(table)) != READ_OK) {
		walk->sweep->unreadable++;
		return;
	}
	walk->sweep->tables++;
	sweep_table(walk, table, ENTRIES, level, base);
}

static uint64_t ram_pages(const struct kernel *kernel)
{
	uint64_t pages = kernel->source ? source_facts(kernel->source)->ram_pages : 0;

	return pages ? pages : kernel->page.pages;
}

/* The top table's own frame is not known; met again below, it is read once more. */
bool page_table_for_each_swap(const struct kernel *kernel,
			      const struct page_table_layout *layout, uint64_t pgd,
			      page_table_fn *visit, void *data,
			      struct page_table_sweep *sweep)
{
	struct sweep_walk walk = {
		.kernel = kernel, .layout = layout, .visit = visit, .data = data,
		.sweep = sweep, .left = sweep->tables_max,
	};
	uint64_t table[ENTRIES];

	*sweep = (struct page_table_sweep){.tables_max = sweep->tables_max};
	if (!walk.left)
		walk.left = ram_pages(kernel);
	if (!is_top_table(pgd) ||
	    memory_read(kernel->memory, pgd, table, sizeof(table)) != READ_OK) {
		sweep->unreadable++;
		return true;
	}
	sweep->tables++;
	sweep_table(&walk, table, ENTRIES / 2, layout->levels, 0);
	free(walk.seen.frames);
	return !walk.stopped;
}
