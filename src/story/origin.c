// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the slots got that way: by what stands in the slots around. Each pattern is
 * looked for at every broken range; the spinner's place is shown, or the first.
 */
#include "story/parts.h"

#include <string.h>

#include "kernel/page.h"
#include "kernel/swap_entry.h"

#define ORDER_MAX 9	/* a folio in the swap cache is at most a PMD, 2 MiB */
#define SPLIT_MIN 8	/* neighbours that must agree, to call them a split folio */

static bool page_in_slot(struct telling *telling, unsigned int type, uint64_t slot,
			 struct slot_view *view, struct kswapck_page *page)
{
	return story_slot_read(telling, type, slot, view) && view->kind == KSWAPCK_ENTRY_PAGE &&
	       page_read(telling->kernel, view->entry, page) == READ_OK;
}

/* A live large folio that calls @slot its first. */
static bool is_folio_at(const struct kswapck_page *page, unsigned int type, uint64_t slot)
{
	return page->marks & KSWAPCK_PAGE_SWAPCACHE && page->order && page->order <= ORDER_MAX &&
	       page->refcount > 0 && page->private == swap_entry(type, slot);
}

/* Slots of [first, first + count) that hold another page than @page, all the same one. */
static uint64_t count_others(struct telling *telling, unsigned int type, uint64_t first,
			     uint64_t count, uint64_t page, uint64_t *other)
{
	struct slot_view view;
	uint64_t i, others = 0;

	for (i = 0; i < count; i++) {
		if (!story_slot_read(telling, type, first + i, &view) ||
		    view.kind != KSWAPCK_ENTRY_PAGE || view.entry == page)
			continue;
		if (!others)
			*other = view.entry;
		others += view.entry == *other;
	}
	return others;
}

/*
 * The new folio in its first slot, one and the same other page in all slots after:
 * migration stored one entry (folio_migrate_mapping() of 5.17 and later).
 */
static bool find_one_slot(struct telling *telling, const struct story_range *range,
			  struct story_origin *origin)
{
	struct kswapck_page page;
	struct slot_view view;
	unsigned int order;

	if (!story_effect_loops(range->effect))
		return false;
	for (order = 1; order <= ORDER_MAX; order++) {
		uint64_t count = 1ULL << order, first = range->first_slot & ~(count - 1), other = 0;

		if (first == range->first_slot ||
		    !page_in_slot(telling, range->type, first, &view, &page) ||
		    !is_folio_at(&page, range->type, first) || page.order != order)
			continue;
		if (count_others(telling, range->type, first, count, view.entry, &other) !=
		    count - 1)
			return false;
		*origin = (struct story_origin){
			.pattern = PATTERN_ONE_SLOT,
			.first_slot = first,
			.slots = count,
			.wrong_slots = count - 1,
			.new_page = view.entry,
			.old_page = other,
		};
		return true;
	}
	return false;
}

/* All slots hold the folio, only its tails do not know: problem tail-private. */
static bool find_head_private(struct telling *telling, const struct story_range *range,
			      struct story_origin *origin)
{
	uint64_t count, other = 0, first;
	struct kswapck_page page;
	struct slot_view view;

	if (range->effect != EFFECT_REFAULT ||
	    !page_in_slot(telling, range->type, range->first_slot, &view, &page) || !page.order ||
	    page.order > ORDER_MAX)
		return false;
	count = 1ULL << page.order;
	first = range->first_slot & ~(count - 1);
	if (!is_folio_at(&page, range->type, first) ||
	    count_others(telling, range->type, first, count, view.entry, &other))
		return false;
	*origin = (struct story_origin){
		.pattern = PATTERN_HEAD_PRIVATE,
		.first_slot = first,
		.slots = count,
		.wrong_slots = range->last_slot - range->first_slot + 1,
		.new_page = view.entry,
	};
	return true;
}

/* Does the slot hold the small page at @page, which says another place is its? */
static bool is_stray(struct telling *telling, unsigned int type, uint64_t slot, uint64_t page)
{
	struct kswapck_page found;
	struct slot_view view;

	return page_in_slot(telling, type, slot, &view, &found) && view.entry == page &&
	       !(found.marks & KSWAPCK_PAGE_HEAD) && found.head == found.address &&
	       !(found.marks & KSWAPCK_PAGE_SWAPCACHE &&
		 found.private == swap_entry(type, slot));
}

/*
 * Neighbouring slots hold neighbouring pages, as __split_huge_page() leaves them;
 * but the pages name other slots, or were freed, as nobody took them out of here.
 */
static bool find_split(struct telling *telling, const struct story_range *range,
		       struct story_origin *origin)
{
	uint64_t size = telling->kernel->page.size, slots = 1ULL << ORDER_MAX, first, base, i;
	struct kswapck_page page;
	struct slot_view view;
	uint64_t strays = 0;

	if (!story_effect_loops(range->effect) ||
	    !page_in_slot(telling, range->type, range->first_slot, &view, &page))
		return false;
	/* a huge page is aligned in memory as its slots are on the device */
	first = range->first_slot & ~(slots - 1);
	if ((page.pfn & (slots - 1)) != range->first_slot - first)
		return false;
	base = view.entry - (range->first_slot - first) * size;
	for (i = 0; i < slots; i++)
		strays += is_stray(telling, range->type, first + i, base + i * size);
	if (strays < SPLIT_MIN)
		return false;
	*origin = (struct story_origin){
		.pattern = PATTERN_SPLIT,
		.first_slot = first,
		.slots = slots,
		.wrong_slots = strays,
		.new_page = base,
	};
	return true;
}

/* One place is many ranges when pages of it have been given out again. */
static bool same_place(const struct story_origin *a, const struct story_origin *b)
{
	return a->type == b->type && a->first_slot == b->first_slot;
}

/* @try_split: it reads many slots, and says the same for a whole huge page. */
static bool find_at(struct telling *telling, const struct story_range *range, bool try_split,
		    struct story_origin *origin)
{
	if (!find_one_slot(telling, range, origin) &&
	    !find_head_private(telling, range, origin) &&
	    !(try_split && find_split(telling, range, origin)))
		return false;
	origin->type = range->type;
	memcpy(origin->device, range->device, sizeof(origin->device));
	return true;
}

/* Where the eyes go first: the slot that somebody spins on. */
static bool is_spinners(const struct story *story, const struct story_origin *origin)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].type == origin->type &&
		    story->spinners[i].slot >= origin->first_slot &&
		    story->spinners[i].slot < origin->first_slot + origin->slots)
			return true;
	return false;
}

/*
 * The pattern of the spinner's slot, else of the first that has one; counted over
 * all places. Ranges come sorted by place.
 */
void story_origin_find(struct telling *telling)
{
	const struct story_findings *findings = telling->findings;
	struct story *story = telling->story;
	struct story_origin origin, last = {0}, totals[PATTERN_COUNT] = {0};
	uint64_t missed = UINT64_MAX;
	size_t i;

	for (i = 0; i < findings->count && story_effect_loops(findings->ranges[i].effect) &&
	     !story_stopped(telling); i++) {
		uint64_t block = swap_entry(findings->ranges[i].type,
					    findings->ranges[i].first_slot >> ORDER_MAX);

		if (last.pattern && findings->ranges[i].type == last.type &&
		    findings->ranges[i].first_slot < last.first_slot + last.slots)
			continue;
		if (!find_at(telling, &findings->ranges[i], block != missed, &origin)) {
			missed = block;
			continue;
		}
		if (last.pattern && same_place(&origin, &last))
			continue;
		last = origin;
		totals[origin.pattern].places++;
		totals[origin.pattern].places_slots += origin.wrong_slots;
		if (!story->origin.pattern || (is_spinners(story, &origin) &&
					       !is_spinners(story, &story->origin)))
			story->origin = origin;
	}
	story->origin.places = totals[story->origin.pattern].places;
	story->origin.places_slots = totals[story->origin.pattern].places_slots;
}
