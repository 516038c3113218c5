// SPDX-License-Identifier: GPL-2.0-or-later
#include "victim.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/arch.h"
#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"

#define NODE_TAG 2UL
#define NEAR	 512

/* What a search has in hand. */
struct search {
	struct scene *scene;
	struct kswapck_device device;
	struct swap_space space;
};

typedef bool accept_fn(const struct search *search, uint32_t index);

static void no_fault(void *data, const struct kswapck_space *space,
		     const struct kswapck_tree_fault *fault)
{
	(void)data;
	(void)space;
	(void)fault;
}

static uint64_t place_of(const struct search *search, uint32_t index)
{
	uint64_t place = search->space.places[index / 16];

	return place ? place + 8 * (index % 16) : 0;
}

static void take(const struct search *search, uint32_t index, struct victim *victim)
{
	const struct kswapck_space *space = &search->space.space;

	memset(victim, 0, sizeof(*victim));
	victim->device = search->device;
	victim->slot = space->first_slot + index;
	victim->index = index;
	victim->entry = search->space.entries[index];
	victim->place = place_of(search, index);
	victim->map = search->space.map[index];
	victim->map_place = search->device.swap_map + victim->slot;
	victim->space = space->address;
	victim->space_first = space->first_slot;
	victim->space_slots = space->slots;
	victim->nrpages_place = space->nrpages_address;
	victim->nrexceptional_place = space->has_nrexceptional ?
				      space->nrexceptional_address : 0;
	if (search->space.kinds[index] == KSWAPCK_ENTRY_PAGE)
		page_read(search->scene->kernel, victim->entry, &victim->page);
}

static bool search_space(struct search *search, accept_fn *accept, struct victim *victim)
{
	uint32_t slots = search->space.space.slots, first, index, i;

	if (search->space.space.locked || !search->space.space.complete || !slots)
		return false;
	first = (uint32_t)scene_place(search->scene, slots);
	for (i = 0; i < slots; i++) {
		index = (first + i) % slots;
		if (!search->space.map_read[index] || !accept(search, index))
			continue;
		take(search, index, victim);
		return true;
	}
	return false;
}

static bool search_device(struct search *search, accept_fn *accept, struct victim *victim)
{
	const struct kernel *kernel = search->scene->kernel;
	uint64_t count, first, i;

	if (search->device.locked ||
	    !kernel->swap_cache->spaces(kernel, &search->device, &count) || !count)
		return false;
	first = scene_place(search->scene, count);
	for (i = 0; i < count; i++)
		if (kernel->swap_cache->read(kernel, &search->device, (first + i) % count,
					     &search->space, no_fault, NULL) &&
		    search_space(search, accept, victim))
			return true;
	return false;
}

static bool find(struct scene *scene, accept_fn *accept, const char *missing,
		 struct victim *victim)
{
	struct search *search = calloc(1, sizeof(*search));
	unsigned int type;
	bool found = false;

	if (!search)
		abort();
	search->scene = scene;
	for (type = 0; type < scene->kernel->swap.nr_swapfiles && !found; type++)
		found = swap_device_read(scene->kernel, type, &search->device) ==
			SWAP_DEVICE_OK && search_device(search, accept, victim);
	free(search);
	return found || skip(scene, missing);
}

/* --------------------------------------------------------------- what to accept */

/*
 * Would a task seem to have this slot in hand, once it lost its folio? The check
 * takes an entry for a batch of slots (plugins/swap_map.c), so none may be near.
 */
bool slot_in_hand(const struct scene *scene, unsigned int type, uint64_t slot)
{
	const struct swap_pte_form *form = scene->kernel->swap_pte;
	uint64_t first = slot > NEAR ? slot - NEAR : 1, last = slot + NEAR;
	uint64_t one = swap_pte_encode(form, type, first);
	uint64_t other = swap_pte_encode(form, type, last);

	/* the last is that of shmem's trees */
	return task_has(scene, first, last) ||
	       task_has(scene, swap_entry(type, first), swap_entry(type, last)) ||
	       task_has(scene, one < other ? one : other, one < other ? other : one) ||
	       task_has(scene, swap_entry(type, first) << 1, swap_entry(type, last) << 1 | 1);
}

static bool in_hand(const struct search *search, uint32_t index)
{
	return slot_in_hand(search->scene, search->device.type,
			    search->space.space.first_slot + index);
}

static bool folio_at(const struct search *search, uint32_t index, struct kswapck_page *page)
{
	return index < search->space.space.slots &&
	       search->space.kinds[index] == KSWAPCK_ENTRY_PAGE &&
	       page_read(search->scene->kernel, search->space.entries[index], page) == READ_OK &&
	       page->marks & KSWAPCK_PAGE_SWAPCACHE &&
	       !(page->marks & (KSWAPCK_PAGE_LOCKED | KSWAPCK_PAGE_WRITEBACK)) &&
	       page->refcount > 0;
}

/* Of one page, of no file, and marked in swap_map. */
static bool is_small(const struct search *search, uint32_t index)
{
	struct kswapck_page page;

	return folio_at(search, index, &page) && !page.order &&
	       !(page.marks & KSWAPCK_PAGE_FILE) &&
	       search->space.map[index] & SWAP_HAS_CACHE && !in_hand(search, index);
}

static bool are_two_small(const struct search *search, uint32_t index)
{
	return index % 2 == 0 && is_small(search, index) && is_small(search, index + 1);
}

static bool are_four_small(const struct search *search, uint32_t index)
{
	return index % 4 == 0 && are_two_small(search, index) &&
	       are_two_small(search, index + 2);
}

static bool is_large(const struct search *search, uint32_t index)
{
	struct kswapck_page page;
	uint64_t i;

	if (!folio_at(search, index, &page) || page.order < 2 || in_hand(search, index))
		return false;
	for (i = 0; i < 1ULL << page.order; i++)
		if (index + i >= search->space.space.slots ||
		    search->space.entries[index + i] != page.address)
			return false;
	return true;
}

static bool is_shadow(const struct search *search, uint32_t index)
{
	return search->space.kinds[index] == KSWAPCK_ENTRY_SHADOW &&
	       search->space.map[index] && !(search->space.map[index] & SWAP_HAS_CACHE) &&
	       !in_hand(search, index);
}

static bool is_free(const struct search *search, uint32_t index)
{
	return index < search->space.space.slots &&
	       search->space.kinds[index] == KSWAPCK_ENTRY_NONE &&
	       (has_trees(search->scene) || place_of(search, index)) &&
	       !search->space.map[index] && !in_hand(search, index);
}

static bool are_four_free(const struct search *search, uint32_t index)
{
	return index % 4 == 0 && is_free(search, index) && is_free(search, index + 1) &&
	       is_free(search, index + 2) && is_free(search, index + 3);
}

static bool are_three_free(const struct search *search, uint32_t index)
{
	return index % 512 >= 2 && is_free(search, index) && is_free(search, index - 1) &&
	       is_free(search, index - 2);
}

/* The first index of 64 slots whose folios are all small. */
static bool is_small_leaf(const struct search *search, uint32_t index)
{
	uint32_t width = search->scene->kernel->xarray.slot_count, i;
	struct kswapck_page page;

	if (!has_trees(search->scene) || index % width || !search->space.places[index / 16])
		return false;
	for (i = index; i < index + width && i < search->space.space.slots; i++)
		if (search->space.kinds[i] == KSWAPCK_ENTRY_PAGE &&
		    (page_read(search->scene->kernel, search->space.entries[i], &page) != READ_OK ||
		     page.order || page.marks & KSWAPCK_PAGE_TAIL))
			return false;
	return is_small(search, index);
}

/* The same below a root that does not hold the leaves itself. */
static bool is_deep_leaf(const struct search *search, uint32_t index)
{
	const struct kernel *kernel = search->scene->kernel;
	uint64_t place = search->space.space.address + kernel->swap.i_pages.offset +
			 kernel->xarray.head.offset;
	uint64_t head;

	if (!is_small_leaf(search, index))
		return false;
	head = peek_tree_word(search->scene, place);
	return peek(search->scene, head - NODE_TAG + kernel->xarray.shift.offset, 1) >
	       kernel->xarray.chunk_shift;
}

bool find_small_folio(struct scene *scene, struct victim *victim)
{
	return find(scene, is_small, "no folio of one page in the swap cache", victim);
}

/* The neighbours of a victim, which are known to lie in the same node. */
static void take_next(struct scene *scene, const struct victim *first, unsigned int i,
		      struct victim *victim)
{
	uint8_t kind, read;

	*victim = *first;
	victim->slot += i;
	victim->index += i;
	victim->place += 8 * i;
	victim->map_place += i;
	scene->kernel->swap_cache->lookup(scene->kernel, &victim->device, victim->slot, 1,
					  &victim->entry, &kind);
	swap_device_map(scene->kernel, &victim->device, victim->slot, 1, &victim->map, &read);
	page_read(scene->kernel, victim->entry, &victim->page);
}

bool find_two_small(struct scene *scene, struct victim *victims)
{
	if (!find(scene, are_two_small, "no two small folios side by side", &victims[0]))
		return false;
	take_next(scene, &victims[0], 1, &victims[1]);
	return true;
}

bool find_four_small(struct scene *scene, struct victim *victims)
{
	unsigned int i;

	if (!find(scene, are_four_small, "no four small folios side by side", &victims[0]))
		return false;
	for (i = 1; i < 4; i++)
		take_next(scene, &victims[0], i, &victims[i]);
	return true;
}

bool find_large_folio(struct scene *scene, struct victim *victim)
{
	return find(scene, is_large, "no large folio in the swap cache", victim);
}

bool find_shadow(struct scene *scene, struct victim *victim)
{
	return find(scene, is_shadow, "no shadow in the swap cache", victim);
}

bool find_free_slot(struct scene *scene, struct victim *victim)
{
	return find(scene, is_free, "no free slot", victim);
}

bool find_four_free(struct scene *scene, struct victim *victim)
{
	return find(scene, are_four_free, "no four free slots", victim);
}

bool find_free_slots(struct scene *scene, struct victim *victim)
{
	return find(scene, are_three_free, "no three free slots", victim);
}

/* ----------------------------------------------------------------- struct pages */

bool find_page(struct scene *scene, uint32_t marks, uint32_t unwanted,
	       struct kswapck_page *page)
{
	const struct kernel *kernel = scene->kernel;
	uint64_t pfn;

	for (pfn = 1; pfn < kernel->page.pages; pfn++)
		if (page_read(kernel, page_address_of(kernel, pfn), page) == READ_OK &&
		    (page->marks & marks) == marks && !(page->marks & unwanted) &&
		    page->refcount > 0)
			return true;
	return skip(scene, "no page of that kind in this dump");
}

bool find_free_block(struct scene *scene, unsigned int order, struct kswapck_page *page)
{
	const struct kernel *kernel = scene->kernel;
	uint64_t pfn;

	for (pfn = 1; pfn < kernel->page.pages; pfn++)
		if (page_read(kernel, page_address_of(kernel, pfn), page) == READ_OK &&
		    page->marks & KSWAPCK_PAGE_BUDDY && page->private >= order)
			return true;
	return skip(scene, "no free block of that order");
}

void expect_neighbours(struct scene *scene, const char *id, uint64_t first_slot,
		       const uint64_t *pages, unsigned int count, const char *detail)
{
	unsigned int from, to;

	for (from = 0; from < count; from = to) {
		for (to = from + 1; to < count; to++)
			if (pages[to] != pages[to - 1] + scene->kernel->page.size)
				break;
		expect(scene, id, first_slot + from, to - from, detail);
	}
}

/* ------------------------------------------------------------------------ trees */

uint64_t root_place(const struct scene *scene, const struct victim *victim)
{
	return victim->space + scene->kernel->swap.i_pages.offset +
	       scene->kernel->xarray.head.offset;
}

uint64_t tree_lock_place(const struct scene *scene, const struct victim *victim)
{
	const struct swap_layout *layout = &scene->kernel->swap;

	if (!has_trees(scene))
		return victim->device.clusters + layout->cluster_lock +
		       victim->slot / layout->cluster_slots * layout->cluster_size;
	return victim->space + scene->kernel->swap.i_pages.offset +
	       scene->kernel->xarray.lock.offset;
}

uint64_t device_lock_place(const struct scene *scene, const struct victim *victim)
{
	return victim->device.address + scene->kernel->swap.lock.offset;
}

static bool is_node(uint64_t entry)
{
	return (entry & 3) == NODE_TAG && entry > 4096;
}

bool root_of(struct scene *scene, const struct victim *victim, struct tree_node *root)
{
	uint64_t head;

	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	head = peek_tree_word(scene, root_place(scene, victim));
	if (!is_node(head))
		return skip(scene, "the tree has no node");
	*root = (struct tree_node){
		.address = head - NODE_TAG,
		.pointer_place = root_place(scene, victim),
		.shift = (unsigned int)peek(scene, head - NODE_TAG +
					    scene->kernel->xarray.shift.offset, 1),
	};
	return true;
}

/* Follow @index from @root down to the last node. */
static struct tree_node descend(struct scene *scene, const struct tree_node *root,
				uint64_t index)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;
	struct tree_node node = *root;

	while (node.shift) {
		uint64_t slot = index >> node.shift & (layout->slot_count - 1);
		uint64_t place = node.address + layout->slots.offset + 8 * slot;
		uint64_t entry = peek_tree_word(scene, place);

		if (!is_node(entry))
			break;
		node = (struct tree_node){
			.address = entry - NODE_TAG,
			.parent = node.address,
			.pointer_place = place,
			.shift = node.shift - layout->chunk_shift,
		};
	}
	return node;
}

static bool holds(const struct scene *scene, const struct tree_node *node, uint64_t place)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;

	return node->shift == 0 && place >= node->address + layout->slots.offset &&
	       place < node->address + layout->slots.offset + 8ULL * layout->slot_count;
}

/* The index is the slot, or since 6.11 the slot within its space: where is the entry? */
bool leaf_of(struct scene *scene, const struct victim *victim, struct tree_node *leaf)
{
	struct tree_node root;

	if (!root_of(scene, victim, &root))
		return false;
	*leaf = descend(scene, &root, victim->slot);
	if (holds(scene, leaf, victim->place))
		return true;
	*leaf = descend(scene, &root, victim->index);
	if (holds(scene, leaf, victim->place))
		return true;
	return skip(scene, "the entry is in no leaf");
}

bool find_deep_leaf(struct scene *scene, struct victim *victim, struct tree_node *leaf)
{
	return find(scene, is_deep_leaf, "no tree of three levels", victim) &&
	       leaf_of(scene, victim, leaf);
}

bool find_small_leaf(struct scene *scene, struct victim *victim, struct tree_node *leaf)
{
	if (!find(scene, is_small_leaf, "no tree node with small folios only", victim) ||
	    !leaf_of(scene, victim, leaf))
		return false;
	return leaf->parent || skip(scene, "the tree has one node only");
}
