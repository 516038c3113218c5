// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of the swap cache and of swap_map, as each era writes them. */
#include "victim.h"

#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_entry.h"
#include "kernel/xarray.h"

#define NODE_TAG   2UL
#define SIBLINGS   (62UL << 2 | 2)	/* the last one */
#define RETRY	   (256UL << 2 | 2)
#define ZERO	   (257UL << 2 | 2)
#define ERRORS	   ((uint64_t)-4095 << 2 | 2)	/* the first one */

#define PFN_MARK   2UL
#define MARK_BITS  3UL
#define COUNT_SHIFT 60
#define COUNT_MASK (15UL << COUNT_SHIFT)

bool has_trees(const struct scene *scene)
{
	return scene->kernel->swap.table.form == TABLE_NONE;
}

bool has_counts(const struct scene *scene)
{
	return scene->kernel->swap.table.form > TABLE_POINTER;
}

/* @old: the word that was there; its flags and count stay. */
static bool word_of(const struct scene *scene, uint64_t old, uint64_t entry, uint64_t *word)
{
	const struct page_layout *layout = &scene->kernel->page;
	uint64_t flags = old & scene->kernel->swap.table.flags;

	if (!entry)
		*word = 0;
	else if (entry & 1)
		*word = flags | entry;
	else if (entry >= layout->vmemmap && (entry - layout->vmemmap) % layout->size == 0)
		*word = flags | (entry - layout->vmemmap) / layout->size << 2 | PFN_MARK;
	else
		return false;
	return true;
}

/* Before 5.4 slot i of a large folio holds page + i. */
static uint64_t page_of_slot(const struct scene *scene, const struct victim *victim,
			     uint64_t entry)
{
	struct kswapck_page page;
	unsigned int type;
	uint64_t first;

	if (!scene->kernel->swap.tails ||
	    page_read(scene->kernel, entry, &page) != READ_OK || !page.order)
		return entry;
	swap_entry_split(page.private, &type, &first);
	return type == victim->device.type && victim->slot - first < 1ULL << page.order ?
	       entry + (victim->slot - first) * scene->kernel->page.size : entry;
}

uint64_t peek_tree_word(struct scene *scene, uint64_t place)
{
	return xarray_take_word(&scene->kernel->xarray, 0, peek(scene, place, 8));
}

void lay_tree_word(struct scene *scene, uint64_t place, uint64_t slots, uint64_t word)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;

	if (layout->radix && (word == ZERO || word >= ERRORS)) {
		skip(scene, "a radix tree has no such entry");
		return;
	}
	if (word & 1)
		word = xarray_word_of(layout, word);
	else if (layout->radix && word == RETRY)
		word = 1;
	else if (layout->radix && (word & 3) == NODE_TAG)
		word = word <= SIBLINGS ? slots + 8 * (word >> 2) + 1 : word - NODE_TAG + 1;
	lay(scene, place, 8, word);
}

void lay_entry(struct scene *scene, const struct victim *victim, uint64_t entry)
{
	uint64_t word = entry;

	if (has_counts(scene) && !word_of(scene, peek(scene, victim->place, 8), entry, &word))
		skip(scene, "a word of this kernel's swap tables cannot say that");
	else
		lay(scene, victim->place, 8, xarray_word_of(&scene->kernel->xarray,
							    page_of_slot(scene, victim, word)));
}

void lay_map(struct scene *scene, const struct victim *victim, uint8_t byte)
{
	uint8_t count = byte & (uint8_t)~SWAP_HAS_CACHE;
	uint64_t word;
	bool cached;

	if (!has_counts(scene)) {
		lay(scene, victim->map_place, 1, has_trees(scene) ||
		    scene->kernel->swap.table.map_marks || byte == SWAP_MAP_BAD ? byte : count);
		return;
	}
	word = peek(scene, victim->place, 8);
	cached = (word & MARK_BITS) == PFN_MARK;
	if (byte == SWAP_MAP_BAD || count > 14 || cached != !!(byte & SWAP_HAS_CACHE))
		skip(scene, "in this kernel's swap tables one word says what is cached and who "
		     "owns it");
	else
		lay(scene, victim->place, 8, (word & ~COUNT_MASK) |
		    (uint64_t)count << COUNT_SHIFT | (word ? 0 : count != 0));
}

void lay_owners(struct scene *scene, const struct kswapck_device *device, uint64_t slot,
		int64_t difference)
{
	const struct kernel *kernel = scene->kernel;
	uint64_t place;

	if (device->swap_map)
		lay_added(scene, device->swap_map + slot, 1, difference);
	else if (kernel->swap_cache->count_place(kernel, device, slot, &place))
		lay_added(scene, place, 8, (int64_t)((uint64_t)difference << COUNT_SHIFT));
	else
		scene->failed = true;
}

void lay_nrpages(struct scene *scene, const struct victim *victim, int64_t difference)
{
	if (has_trees(scene))
		lay_added(scene, victim->nrpages_place, 8, difference);
}

bool lay_node(struct scene *scene, const struct victim *victim, int64_t count, int64_t values)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;
	struct tree_node leaf;

	if (!has_trees(scene))
		return true;
	if (!leaf_of(scene, victim, &leaf))
		return false;
	lay_added(scene, leaf.address + layout->count.offset, 1, count);
	lay_added(scene, leaf.address + layout->nr_values.offset, 1, values);
	return true;
}
