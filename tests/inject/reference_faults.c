// SPDX-License-Identifier: GPL-2.0-or-later
/* Reference counts against what page tables and slots hold. */
#include "faults.h"

#include <stdio.h>

#include "pins/pins.h"

#define PAGES 4			/* of a made large folio */

/* _mapcount of a small folio, which begins at -1. */
static void lay_mapcount(struct scene *scene, const struct victim *victim, int64_t mapcount)
{
	lay_page(scene, victim->entry, KSWAPCK_FIELD_PAGE_TYPE, (uint32_t)(mapcount - 1));
}

/* How often PMDs map a large one; since 6.10 all that map it. */
static void lay_whole(struct scene *scene, const struct victim *victim, int64_t mapcount)
{
	lay(scene, victim->entry + scene->kernel->folio.mapcount_offset, 4,
	    (uint32_t)(mapcount - 1));
}

/* ----------------------------------------------- KS701 references-missing */

static bool mapped_once_too_often(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_mapcount(scene, &victim, victim.page.refcount);
	expect(scene, "KS701", victim.slot, 1, "and 1 slot");
	return true;
}

static bool reference_lost(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_mapcount(scene, &victim, 7);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_REFCOUNT, 7);
	expect(scene, "KS701", victim.slot, 1, "7 for 7 mappings and 1 slot");
	return true;
}

static bool large_folio_mapped_too_often(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, PAGES + 1);
	lay_whole(scene, &victims[0], 2 + PAGES);
	expect(scene, "KS701", victims[0].slot, PAGES, "5 for 6 mappings and 4 slots");
	return true;
}

/* What refcount-low says is not said twice. */
static bool fewer_than_slots(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, 2);
	lay_whole(scene, &victims[0], 90);
	expect(scene, "KS109", victims[0].slot, PAGES, "2 for 4");
	return true;
}

/* ----------------------------------------------------------- KS702 odd-mapcount */

static bool mapped_negatively(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_mapcount(scene, &victim, -2);
	expect(scene, "KS702", victim.slot, 1, "-2 times");
	return true;
}

static bool large_folio_mapped_negatively(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_whole(scene, &victims[0], -3);
	expect(scene, "KS702", victims[0].slot, PAGES, "-3 times");
	return true;
}

/* ----------------------------------------------------------- KS703 folio-pinned */

/* Pinned, and somebody wants to know. On an LRU list and not at work, to be sure. */
static bool lay_pinned(struct scene *scene, struct victim *victim)
{
	const struct page_layout *layout = &scene->kernel->page;

	if (!find_small_folio(scene, victim))
		return false;
	lay_page(scene, victim->entry, KSWAPCK_FIELD_FLAGS,
		 (victim->page.flags | layout->flag_lru) &
		 ~(layout->flag_locked | layout->flag_writeback));
	lay_mapcount(scene, victim, 2);
	lay_page(scene, victim->entry, KSWAPCK_FIELD_REFCOUNT, 2 + 1 + 5);
	return true;
}

static bool pinned(struct scene *scene)
{
	struct victim victim;

	return lay_pinned(scene, &victim);
}

static void count(void *data, const struct pin *pin)
{
	unsigned int *others = data;

	(void)pin;
	(*others)++;
}

/* In a busy dump others are held by somebody too, and would be found as well. */
static bool others_are_held(struct scene *scene)
{
	unsigned int others = 0;
	const struct pins_options options = {.data = &others, .found = count};
	struct pins_summary summary;
	struct error err;

	return !pins_walk(scene->kernel, &options, &summary, &err) || others;
}

static bool pinned_and_asked_for(struct scene *scene)
{
	struct victim victim;
	struct error err;

	if (others_are_held(scene))
		return skip(scene, "others are held by somebody in this dump");
	if (!lay_pinned(scene, &victim))
		return false;
	if (!catalogue_grade(&scene->catalogue, "folio-pinned", "warn", &err))
		scene->failed = true;
	expect(scene, "KS703", victim.slot, 1, "5 more, of 8");
	return true;
}

/* --------------------------------------------------------- legal for a moment */

/* __split_huge_pmd_locked(): pages are counted, the PMD is not yet uncounted. */
static bool splitting_a_pmd(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, PAGES + 1 + PAGES - 1);
	lay_whole(scene, &victims[0], 1 + PAGES);
	return true;
}

/*
 * Up to 6.1, of a folio that two PMDs map: PG_double_map is set, and the pages are not
 * counted once more yet.
 */
static bool marking_a_double_map(struct scene *scene)
{
	const struct kernel *kernel = scene->kernel;
	struct victim victims[PAGES];

	if (!kernel->folio.flag_double_map)
		return skip(scene, "a kernel without PG_double_map");
	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, PAGES + 1 + 2);
	lay_whole(scene, &victims[0], 2);
	lay_page(scene, victims[0].entry + kernel->page.size, KSWAPCK_FIELD_FLAGS,
		 victims[1].page.flags | kernel->folio.flag_double_map);
	return true;
}

const struct fault reference_faults[] = {
	{"folio is mapped once too often", mapped_once_too_often},
	{"a reference to a mapped folio was lost", reference_lost},
	{"large folio is mapped too often", large_folio_mapped_too_often},
	{"mapped large folio has fewer references than slots", fewer_than_slots},
	{"folio is mapped a negative number of times", mapped_negatively},
	{"large folio is mapped a negative number of times", large_folio_mapped_negatively},
	{"folio is pinned, and nobody asked", pinned},
	{"folio is pinned, and somebody asked", pinned_and_asked_for},
	{"a PMD of a large folio is being split", splitting_a_pmd},
	{"a large folio is being marked as mapped twice", marking_a_double_map},
	{NULL, NULL},
};
