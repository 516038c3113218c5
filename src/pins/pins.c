// SPDX-License-Identifier: GPL-2.0-or-later
#include "pins/pins.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "pins/judge.h"
#include "story/parts.h"

#define PROGRESS_PAGES 16384	/* between two looks at the clock */

struct walk {
	const struct kernel *kernel;
	const struct pins_options *options;
	struct pins_summary *summary;
	struct judge judge;
	struct memory_sections sections;
	struct pin run;		/* neighbouring pages of one kind that wait for more */
};

static const struct {
	const char *name;
	bool holds;
} verdicts[PIN_VERDICT_COUNT] = {
	[PIN_MIGRATABLE] = {"migratable", false},
	[PIN_DRAIN] = {"migratable-after-drain", false},
	[PIN_LOOKS_PINNED] = {"looks-pinned", false},
	[PIN_FREE] = {"free", false},
	[PIN_IN_HAND] = {"in-hand", false},
	[PIN_IN_MOTION] = {"in-motion", false},
	[PIN_PINNED] = {"truly-pinned", true},
	[PIN_HUGETLB] = {"hugetlb", false},
	[PIN_HWPOISON] = {"hardware-poisoned", false},
	[PIN_UNMOVABLE] = {"not-movable", true},
	[PIN_OFFLINE] = {"offline", false},
	[PIN_NO_FOLIO] = {"no-folio", false},
	[PIN_UNREADABLE] = {"not-in-dump", false},
};

const char *pin_verdict_name(enum pin_verdict verdict)
{
	return verdicts[verdict].name;
}

bool pin_holds(enum pin_verdict verdict)
{
	return verdicts[verdict].holds;
}

static void tally_kind(struct pins_summary *summary, const struct pin *pin)
{
	size_t i;

	for (i = 0; i < summary->kind_count; i++)
		if (summary->kinds[i].verdict == pin->verdict &&
		    !strcmp(summary->kinds[i].name, pin->kind))
			break;
	if (i == PIN_KINDS_MAX)
		return;
	if (i == summary->kind_count) {
		summary->kinds[i].verdict = pin->verdict;
		summary->kinds[i].name = pin->kind;
		summary->kind_count++;
	}
	summary->kinds[i].tally.folios++;
	summary->kinds[i].tally.pages += pin->pages;
}

/* Count it, and hand it over if it is not as it should be. */
static void give(struct walk *walk, const struct pin *pin)
{
	struct pin_tally *tally = &walk->summary->verdicts[pin->verdict];

	tally->folios++;
	tally->pages += pin->pages;
	tally_kind(walk->summary, pin);
	if (pin->verdict != PIN_MIGRATABLE && pin->verdict != PIN_FREE)
		walk->options->found(walk->options->data, pin);
}

static void give_run(struct walk *walk)
{
	if (walk->run.pages)
		give(walk, &walk->run);
	walk->run.pages = 0;
}

/* Pages of the kernel and the like come in runs; a folio with counts stands alone. */
static void take(struct walk *walk, const struct pin *pin)
{
	struct pin *run = &walk->run;

	if (!pin->counted && run->pages && run->verdict == pin->verdict &&
	    run->kind == pin->kind && run->first_pfn + run->pages == pin->first_pfn) {
		run->pages += pin->pages;
		return;
	}
	give_run(walk);
	if (pin->counted)
		give(walk, pin);
	else
		*run = *pin;
}

static void take_pages(struct walk *walk, enum pin_verdict verdict, const char *kind,
		       uint64_t pfn, uint64_t pages)
{
	const struct pin pin = {
		.verdict = verdict, .kind = kind, .first_pfn = pfn, .pages = pages,
	};

	take(walk, &pin);
}

static bool wanted(const struct walk *walk, const struct kswapck_page *page)
{
	return walk->options->scope != PINS_ANON ||
	       page->marks & (KSWAPCK_PAGE_ANON | KSWAPCK_PAGE_SWAPCACHE);
}

/* The head of the compound page that has the tail @page; false if it is not one. */
static bool head_of(const struct kernel *kernel, const struct kswapck_page *page,
		    struct kswapck_page *head)
{
	return page_read(kernel, page->head, head) == READ_OK &&
	       head->marks & KSWAPCK_PAGE_HEAD &&
	       head->pfn <= page->pfn && page->pfn - head->pfn < 1ULL << head->order;
}

/* A giant page of hugetlbfs: its order is more than any folio's, so each page asks anew. */
static bool in_giant(const struct kernel *kernel, const struct kswapck_page *page)
{
	struct kswapck_page head;

	return page_read(kernel, page->head, &head) == READ_OK &&
	       head.marks & KSWAPCK_PAGE_HEAD && head.marks & KSWAPCK_PAGE_ODD_ORDER;
}

/* Pages of a free block from @pfn on. */
static uint64_t free_pages(const struct kswapck_page *page)
{
	return page->private < 16 && page->pfn % (1ULL << page->private) == 0 ?
	       1ULL << page->private : 1;
}

/* Judge what @pfn belongs to. Return: pages to go on by. */
static uint64_t take_frame(struct walk *walk, uint64_t pfn)
{
	const struct kernel *kernel = walk->kernel;
	struct kswapck_page page, head;
	enum read_status status = page_read(kernel, page_address_of(kernel, pfn), &page);
	struct pin pin;

	if (status == READ_UNMAPPED || status == READ_NOT_RAM) {
		walk->summary->holes++;
		return 1;
	}
	if (status != READ_OK) {
		take_pages(walk, PIN_UNREADABLE, "struct pages that are not in the dump", pfn, 1);
		return 1;
	}
	head = page;
	if (page.marks & KSWAPCK_PAGE_TAIL && !head_of(kernel, &page, &head)) {
		if (in_giant(kernel, &page))
			take_pages(walk, PIN_HUGETLB, "huge page of hugetlbfs", pfn, 1);
		else if (wanted(walk, &page))
			take_pages(walk, PIN_IN_MOTION, "tail page without a head", pfn, 1);
		return 1;
	}
	if (page.marks & KSWAPCK_PAGE_BUDDY) {
		if (walk->options->scope == PINS_RANGE)
			take_pages(walk, PIN_FREE, "free", pfn, free_pages(&page));
		return free_pages(&page);
	}
	if (!wanted(walk, &head))
		return head.pfn + (1ULL << head.order) - pfn;
	pin_judge(&walk->judge, &head, &pin);
	if (!pin.counted) {	/* a range may begin or end in the middle of it */
		pin.first_pfn = pfn;
		pin.pages = head.pfn + (1ULL << head.order) - pfn;
	}
	take(walk, &pin);
	return head.pfn + (1ULL << head.order) - pfn;
}

static bool stopped(struct walk *walk)
{
	if (walk->options->interrupted && walk->options->interrupted())
		walk->summary->interrupted = true;
	return walk->summary->interrupted;
}

/* The part of one section that lies in the range. */
static void walk_section(struct walk *walk, uint64_t pfn, uint64_t end)
{
	enum memory_section_state state = memory_section_state(walk->kernel, &walk->sections,
							       pfn);
	uint64_t next = pfn;

	if (state == MEMORY_SECTION_ABSENT) {
		walk->summary->holes += end - pfn;
		return;
	}
	if (state == MEMORY_SECTION_OFFLINE) {
		take_pages(walk, PIN_OFFLINE, "offline sections of memory", pfn, end - pfn);
		return;
	}
	while (pfn < end) {
		if (pfn >= next) {
			if (stopped(walk))
				return;
			if (walk->options->progress)
				walk->options->progress(walk->options->data,
							pfn - walk->options->range.first,
							walk->options->range.pages);
			next = pfn + PROGRESS_PAGES;
		}
		pfn += take_frame(walk, pfn);
	}
}

static void walk_range(struct walk *walk)
{
	const struct memory_range *range = &walk->options->range;
	uint64_t end = range->first + range->pages, pfn = range->first;

	while (pfn < end && !walk->summary->interrupted) {
		uint64_t next = (pfn / walk->sections.pages + 1) * walk->sections.pages;

		walk_section(walk, pfn, next < end ? next : end);
		pfn = next;
	}
	give_run(walk);
}

/* ---------------------------------------------------------------- the swap cache */

/* Something in a slot that is no folio of the swap cache: for scan to judge. */
static void take_odd(struct walk *walk, uint64_t slot, unsigned int type)
{
	const struct pin pin = {
		.verdict = PIN_NO_FOLIO, .pages = 1, .has_slot = true, .type = type, .slot = slot,
		.kind = "slot that holds something else",
	};

	give(walk, &pin);
}

static void take_entry(struct walk *walk, const struct kswapck_space *space, uint32_t index)
{
	uint64_t entry = space->entries[index];
	struct kswapck_page page;
	struct pin pin;

	if (index && space->kinds[index - 1] == KSWAPCK_ENTRY_PAGE &&
	    space->entries[index - 1] == entry)
		return;		/* a large folio fills neighbouring slots */
	switch (page_read(walk->kernel, entry, &page)) {
	case READ_OK:
		break;
	case READ_UNMAPPED:
		take_odd(walk, space->first_slot + index, space->device->type);
		return;
	default:
		pin = (struct pin){
			.verdict = PIN_UNREADABLE, .pages = 1, .has_slot = true,
			.kind = "struct pages that are not in the dump",
			.type = space->device->type, .slot = space->first_slot + index,
		};
		give(walk, &pin);
		return;
	}
	if (!(page.marks & KSWAPCK_PAGE_SWAPCACHE) || page.marks & KSWAPCK_PAGE_TAIL) {
		take_odd(walk, space->first_slot + index, space->device->type);
		return;
	}
	pin_judge(&walk->judge, &page, &pin);
	give(walk, &pin);
}

static void ignore_fault(void *data, const struct kswapck_space *space,
			 const struct kswapck_tree_fault *fault)
{
	(void)data;
	(void)space;
	(void)fault;
}

static void walk_device(struct walk *walk, const struct kswapck_device *device,
			struct swap_space *space)
{
	const struct swap_cache_ops *era = walk->kernel->swap_cache;
	uint64_t spaces, index;
	uint32_t i;

	if (!era->spaces(walk->kernel, device, &spaces)) {
		walk->summary->slots_unread += device->slots;
		return;
	}
	for (index = 0; index < spaces && !stopped(walk); index++) {
		if (!era->read(walk->kernel, device, index, space, ignore_fault, NULL)) {
			walk->summary->slots_unread += SWAP_SPACE_SLOTS;
			continue;
		}
		walk->summary->slots_unread += space->gaps.slots;
		for (i = 0; i < space->space.slots; i++)
			if (space->space.kinds[i] == KSWAPCK_ENTRY_PAGE)
				take_entry(walk, &space->space, i);
		if (walk->options->progress)
			walk->options->progress(walk->options->data, index + 1, spaces);
	}
}

static bool walk_swap_cache(struct walk *walk, struct error *err)
{
	struct swap_space *space = swap_space_new();
	struct kswapck_device device;
	unsigned int type;

	if (!space)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (type = 0; type < walk->kernel->swap.nr_swapfiles; type++)
		if (swap_device_read(walk->kernel, type, &device) == SWAP_DEVICE_OK)
			walk_device(walk, &device, space);
	free(space);
	return true;
}

/* ------------------------------------------------------------------------ set up */

static const struct known_bug *find_bug(const char *name)
{
	const struct known_bug *bug;
	size_t i;

	for (i = 0; (bug = known_bug_at(i)); i++)
		if (!strcmp(bug->name, name))
			return bug;
	return NULL;
}

/* The release tells whether compaction compares with the head's count alone. */
static void judge_kernel(const struct kernel *kernel, struct pins_summary *summary)
{
	struct kernel_build build;
	char version[256];

	story_version_read(kernel, version, sizeof(version));
	build = story_build_of(image_release(kernel->image), version);
	summary->bug = find_bug("huge-page-looks-pinned");
	if (summary->bug)
		summary->fix = story_fix_judge(summary->bug, &build, summary->fix_why,
					       sizeof(summary->fix_why));
}

static uint64_t flag(const struct kernel *kernel, const char *name)
{
	int64_t bit;

	return types_enumerator(kernel->types, "pageflags", name, &bit) && bit >= 0 && bit < 64 ?
	       1ULL << bit : 0;
}

static bool prepare(struct walk *walk, struct error *err)
{
	const struct kernel *kernel = walk->kernel;
	struct judge *judge = &walk->judge;
	struct pins_summary *summary = walk->summary;

	judge_kernel(kernel, summary);
	judge->kernel = kernel;
	judge->compares_head = summary->fix == FIX_ABSENT || summary->fix == FIX_UNKNOWN;
	judge->flag_private = flag(kernel, "PG_private") | flag(kernel, "PG_private_2");
	judge->tasks_known = task_layout_resolve(kernel, &judge->tasks);
	pin_owner_layout_resolve(kernel, &judge->owner);
	memory_sections_resolve(kernel, &walk->sections);
	if (!lru_batches_read(kernel, &judge->batches, err) ||
	    !page_holders_read(kernel, &judge->holders, err))
		return false;
	summary->batches_complete = judge->batches.complete;
	summary->holders_complete = judge->holders.complete;
	summary->mapcounts_known = kernel->folio.mapcount_rule != FOLIO_MAPCOUNT_NONE;
	return true;
}

bool pins_walk(const struct kernel *kernel, const struct pins_options *options,
	       struct pins_summary *summary, struct error *err)
{
	struct walk walk = {.kernel = kernel, .options = options, .summary = summary};
	bool done = false;

	memset(summary, 0, sizeof(*summary));
	summary->range = options->scope == PINS_SWAP_CACHE ? (struct memory_range){0} :
			 options->range;
	if (prepare(&walk, err)) {
		done = true;
		if (options->scope == PINS_SWAP_CACHE)
			done = walk_swap_cache(&walk, err);
		else
			walk_range(&walk);
	}
	lru_batches_free(&walk.judge.batches);
	page_holders_free(&walk.judge.holders);
	return done;
}
