// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page table entries whose cached folio belongs elsewhere (problems anon-index and
 * anon-vma): what the next touch does, who did it, and whether somebody has died of it.
 */
#include "story/parts.h"

#include <string.h>

#include "kernel/mm_list.h"
#include "kernel/page.h"
#include "kernel/swap_entry.h"

/* page->mapping (include/linux/page-flags.h) */
#define MAPPING_ANON	1ULL
#define MAPPING_FLAGS	3ULL
#define SEARCHED_MAX	4096	/* processes asked about one address */

/* UFFDIO_MOVE (mm/userfaultfd.c, 6.8 on), by what is not inlined of it. */
static const char *const move_symbols[] = {
	"move_pages_huge_pmd", "move_pages_pte", "move_pages_ptes", "move_pages",
};

/* Where the kernel notices: mm/rmap.c, inlined or not. */
static const char *const check_functions[] = {
	"__page_check_anon_rmap", "__folio_add_anon_rmap", "folio_add_anon_rmap_ptes",
	"folio_add_anon_rmap_pmd", "page_add_anon_rmap", "do_page_add_anon_rmap",
	"__page_set_anon_rmap", "__folio_set_anon",
};

static bool has_symbol(const struct telling *telling, const char *name)
{
	uint64_t address;

	return image_symbol(telling->kernel->image, name, &address);
}

static bool has_any_symbol(const struct telling *telling, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (has_symbol(telling, names[i]))
			return true;
	return false;
}

/* ------------------------------------------------------- a folio, and where it belongs */

struct folio_home {
	uint64_t page;		/* address of the head */
	uint64_t index;		/* pages, of the slot within the folio */
	uint64_t root;		/* anon_vma->root */
};

/* The anonymous folio in the swap cache at a slot. */
static bool find_home(struct telling *telling, unsigned int type, uint64_t slot,
		      struct folio_home *home)
{
	struct kswapck_page page;
	struct slot_view view;
	unsigned int of_type;
	uint64_t first;

	if (!story_slot_read(telling, type, slot, &view) || view.kind != KSWAPCK_ENTRY_PAGE ||
	    page_read(telling->kernel, view.entry, &page) != READ_OK ||
	    (page.mapping & MAPPING_FLAGS) != MAPPING_ANON ||
	    !(page.marks & KSWAPCK_PAGE_SWAPCACHE))
		return false;
	swap_entry_split(page.private, &of_type, &first);
	if (of_type != type || slot < first || slot - first >= 1ULL << page.order)
		return false;
	home->page = page.address;
	home->index = page.index + (slot - first);
	return anon_vma_root(telling->kernel, &telling->map, page.mapping & ~MAPPING_FLAGS,
			     &home->root);
}

/* Where that is in @mm, if it is there: index counts from 0 unless mremap was there. */
static uint64_t find_from(struct telling *telling, uint64_t mm, const struct folio_home *home)
{
	uint64_t address = home->index << kernel_page_shift(telling->kernel), root;
	struct kswapck_vma vma;

	return vma_find(telling->kernel, &telling->map, mm, address, &vma) && vma.anon_vma &&
	       anon_vma_root(telling->kernel, &telling->map, vma.anon_vma, &root) &&
	       root == home->root &&
	       vma.pgoff + (address - vma.start) / kernel_page_size(telling->kernel) ==
	       home->index ? address : 0;
}

static uint64_t range_slots(const struct story_range *range)
{
	return range->last_slot - range->first_slot + 1;
}

/* ksm_might_need_to_copy() of do_swap_page() copies a small page that belongs elsewhere. */
static bool is_copied(const struct telling *telling, const struct story_range *range)
{
	struct kswapck_page page;

	return page_read(telling->kernel, range->page, &page) == READ_OK && !page.order &&
	       has_symbol(telling, "ksm_might_need_to_copy");
}

static void tell_origin(struct telling *telling, uint64_t places)
{
	const struct story_moved *moved = &telling->story->moved;
	const struct story_range *range = &telling->findings->ranges[moved->range];
	struct story_origin *origin = &telling->story->origin;

	*origin = (struct story_origin){
		.pattern = PATTERN_MOVED,
		.type = range->type,
		.first_slot = range->first_slot,
		.slots = range_slots(range),
		.wrong_slots = range_slots(range),
		.old_page = range->page,
		.places = places,
		.places_slots = moved->pages,
	};
	memcpy(origin->device, range->device, sizeof(origin->device));
}

void story_moved_find(struct telling *telling)
{
	const struct story_findings *findings = telling->findings;
	struct story_moved *moved = &telling->story->moved;
	const struct story_range *range;
	struct folio_home home;
	uint64_t places = 0;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		range = &findings->ranges[i];
		if (range->effect != EFFECT_RMAP)
			continue;
		if (!places++)
			moved->range = i;
		moved->pages += range_slots(range);
		if (is_copied(telling, range))
			moved->copied += range_slots(range);
	}
	if (!places)
		return;
	range = &findings->ranges[moved->range];
	moved->checked = has_symbol(telling, "__page_check_anon_rmap");
	moved->can_move = has_any_symbol(telling, move_symbols,
					 sizeof(move_symbols) / sizeof(move_symbols[0]));
	if (telling->map_known && find_home(telling, range->type, range->first_slot, &home))
		moved->from = find_from(telling, range->mm, &home);
	if (moved->can_move && telling->story->origin.pattern == PATTERN_NONE)
		tell_origin(telling, places);
}

/* ------------------------------------------------------------- a BUG that has happened */

static bool is_check(const struct story_event *event)
{
	size_t i;

	if (event->kind != EVENT_OOPS)
		return false;
	for (i = 0; i < sizeof(check_functions) / sizeof(check_functions[0]); i++) {
		size_t length = strlen(check_functions[i]);

		if (!strncmp(event->function, check_functions[i], length) &&
		    (!event->function[length] || event->function[length] == '.'))
			return true;
	}
	return false;
}

/* Does @mm have at the address an entry whose folio belongs elsewhere? */
static bool prove(struct telling *telling, uint64_t mm, struct story_crash *crash)
{
	struct kswapck_vma vma;
	struct folio_home home;
	uint64_t pgd, pte, root;

	if (!mm_page_table(telling->kernel, &telling->map, mm, &pgd) ||
	    page_table_lookup(telling->kernel, &telling->tables, pgd, crash->address,
			      &pte) != READ_OK ||
	    !page_table_swap_entry(telling->kernel, pte, &crash->type, &crash->slot) ||
	    !find_home(telling, crash->type, crash->slot, &home) ||
	    !vma_find(telling->kernel, &telling->map, mm, crash->address, &vma) ||
	    !vma.anon_vma || !anon_vma_root(telling->kernel, &telling->map, vma.anon_vma, &root))
		return false;
	crash->page = home.page;
	crash->folio_index = home.index;
	crash->folio_root = home.root;
	crash->place_index = vma.pgoff +
			     (crash->address - vma.start) / kernel_page_size(telling->kernel);
	crash->place_root = root;
	memcpy(crash->device, telling->devices[crash->type].name, sizeof(crash->device));
	return crash->place_index != crash->folio_index || crash->place_root != crash->folio_root;
}

/* The one who died may have no mm any more; those it was forked from have the same. */
static bool prove_by_any(struct telling *telling, struct story_crash *crash)
{
	const struct story *story = telling->story;
	struct mm_list mms = {0};
	struct error err = {0};
	bool proved = false;
	size_t i;

	if (!crash->address || !telling->map_known || !telling->tables_known ||
	    !telling->tasks_known)
		return false;
	if (crash->thread != SIZE_MAX && story->threads[crash->thread].task.mm &&
	    prove(telling, story->threads[crash->thread].task.mm, crash))
		return true;
	if (!mm_list_read(telling->kernel, &telling->tasks, &mms, &err))
		telling->out_of_memory = true;
	for (i = 0; i < mms.count && i < SEARCHED_MAX && !proved; i++)
		proved = prove(telling, mms.owners[i].mm, crash);
	mm_list_free(&mms);
	return proved;
}

/* Does a finding name that process, or that address of any? */
static bool is_of_finding(const struct telling *telling, const struct story_crash *crash)
{
	const struct story_findings *findings = telling->findings;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		const struct story_range *range = &findings->ranges[i];

		if (range->effect == EFFECT_RMAP &&
		    ((range->pid && range->pid == crash->pid) ||
		     (crash->address >= range->address &&
		      (crash->address - range->address) / kernel_page_size(telling->kernel) <
			      range_slots(range))))
			return true;
	}
	return false;
}

void story_crash_find(struct telling *telling)
{
	struct story *story = telling->story;
	unsigned int i;

	for (i = 0; i < story->log.event_count && !story->crash.happened; i++) {
		const struct story_event *event = &story->log.events[i];
		struct story_crash crash = {
			.event = i,
			.thread = event->thread,
			.pid = event->pid_count ? event->pids[0] : 0,
			.address = event->address,
		};

		if (!is_check(event))
			continue;
		crash.proved = prove_by_any(telling, &crash);
		crash.happened = crash.proved || is_of_finding(telling, &crash);
		if (crash.happened)
			story->crash = crash;
	}
}
