// SPDX-License-Identifier: GPL-2.0-or-later
/* swap_map and the counters. */
#include "clusters.h"
#include "faults.h"

#include "kernel/page.h"
#include "kernel/swap_device.h"

/* ---------------------------------------------------- KS201 mark-without-folio */

static bool mark_on_shadow(struct scene *scene)
{
	struct victim victim;

	if (!find_shadow(scene, &victim))
		return false;
	lay_map(scene, &victim, victim.map | SWAP_HAS_CACHE);
	expect(scene, "KS201", victim.slot, 1, "a shadow in the tree");
	return true;
}

/* A slot that leaked: marked, counted in use, and in nobody's hand. */
static bool mark_on_free_slot(struct scene *scene)
{
	struct victim victim;

	if (!find_free_slot(scene, &victim))
		return false;
	lay_used(scene, &victim, 1);
	lay_map(scene, &victim, SWAP_HAS_CACHE);
	expect(scene, "KS201", victim.slot, 1, "0x40, nothing in the tree");
	return true;
}

/* The memory cgroup that pays for the slot in the memcg_table of its cluster; 0: none. */
static uint64_t cgroup_of(struct scene *scene, const struct victim *victim)
{
	const struct swap_layout *layout = &scene->kernel->swap;
	uint64_t cluster = victim->device.clusters +
			   victim->slot / layout->cluster_slots * layout->cluster_size;
	uint64_t table = 0;

	if (layout->table.memcg_table.size)
		table = peek(scene, cluster + layout->table.memcg_table.offset, 8);
	return table ? peek(scene, table + 2 * (victim->slot % layout->cluster_slots), 2) : 0;
}

void expect_emptied(struct scene *scene, const struct victim *victim)
{
	uint32_t slots = scene->kernel->swap.cluster_slots;

	if (has_counts(scene)) {
		expect(scene, "KS401", victim->slot - victim->slot % slots, slots, "slots in use");
		expect(scene, "KS206", 0, 0, "inuse_pages of");
		if (cgroup_of(scene, victim))
			expect(scene, "KS413", victim->slot, 1, "free, but");
	} else {
		expect(scene, "KS201", victim->slot, 1, "nothing in the tree");
	}
}

/* The folio was taken out of the tree by all its rules, but not out of swap_map. */
static bool folio_removed_mark_left(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !lay_node(scene, &victim, -1, 0))
		return false;
	lay_entry(scene, &victim, 0);
	lay_nrpages(scene, &victim, -1);
	expect_emptied(scene, &victim);
	return true;
}

/* Only the slot was overwritten: three more witnesses remember the folio. */
static bool slot_overwritten_with_null(struct scene *scene)
{
	uint32_t width = scene->kernel->xarray.slot_count;
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	lay_entry(scene, &victim, 0);
	expect_emptied(scene, &victim);
	expect(scene, "KS204", victim.space_first, 0, NULL);
	expect(scene, "KS303", victim.slot - victim.index % width, width, "xa_node.count");
	return true;
}

/* ---------------------------------------------------- KS202 folio-without-mark */

static bool folio_unmarked(struct scene *scene, uint8_t byte, const char *detail)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (byte == 0)
		lay_used(scene, &victim, -1);
	/* a bad slot is in use for its cluster, but not for the device */
	if (byte == SWAP_MAP_BAD) {
		lay_inuse(scene, &victim, -1);
		lay_added(scene, victim.device.address + scene->kernel->swap.pages.offset,
			  scene->kernel->swap.pages.size, -1);
	}
	lay_map(scene, &victim, byte);
	expect(scene, "KS202", victim.slot, 1, detail);
	return true;
}

static bool folio_on_free_slot(struct scene *scene)
{
	return folio_unmarked(scene, 0, "0x00, it is free");
}

static bool folio_on_bad_slot(struct scene *scene)
{
	return folio_unmarked(scene, SWAP_MAP_BAD, "0x3f, it is bad");
}

static bool folio_on_counted_slot(struct scene *scene)
{
	return folio_unmarked(scene, 1, "0x01, count only");
}

static bool four_folios_on_free_slots(struct scene *scene)
{
	struct victim victims[4];
	uint64_t pages[4];
	unsigned int i;

	if (!find_four_small(scene, victims))
		return false;
	lay_used(scene, &victims[0], -4);
	/* and not counted: inuse_pages as it was */
	lay_inuse(scene, &victims[0], 4);
	for (i = 0; i < 4; i++) {
		lay_map(scene, &victims[i], 0);
		pages[i] = victims[i].entry;
	}
	expect_neighbours(scene, "KS202", victims[0].slot, pages, 4, "it is free");
	expect(scene, "KS206", 0, 0, "inuse_pages of");
	return true;
}

/* Slots of one large folio are one finding. */
static bool large_folio_on_free_slots(struct scene *scene)
{
	struct victim victims[4];
	unsigned int i;

	if (!make_large_folio(scene, victims))
		return false;
	lay_used(scene, &victims[0], -4);
	for (i = 0; i < 4; i++)
		lay_map(scene, &victims[i], 0);
	expect(scene, "KS202", victims[0].slot, 4, "it is free");
	return true;
}

/* ------------------------------------------------------------- KS203 to KS206 */

static bool shadow_on_free_slot(struct scene *scene)
{
	struct victim victim;

	if (!find_shadow(scene, &victim))
		return false;
	lay_used(scene, &victim, -1);
	lay_map(scene, &victim, 0);
	expect(scene, "KS203", victim.slot, 1, NULL);
	return true;
}

static bool nrpages(struct scene *scene, int64_t difference, const char *detail)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	lay_nrpages(scene, &victim, difference);
	expect(scene, "KS204", victim.space_first, 0, detail);
	return true;
}

static bool nrpages_high(struct scene *scene)
{
	return nrpages(scene, 1, "nrpages is");
}

/* What was taken out too often shows as a number below 0. */
static bool nrpages_negative(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	lay(scene, victim.nrpages_place, 8, (uint64_t)-3);
	expect(scene, "KS204", victim.space_first, 0, "nrpages is -3 but");
	return true;
}

static bool nrexceptional_high(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!victim.nrexceptional_place)
		return skip(scene, "this kernel has no nrexceptional");
	lay_added(scene, victim.nrexceptional_place, 8, 1);
	expect(scene, "KS205", victim.space_first, 0, "nrexceptional is");
	return true;
}

static bool inuse(struct scene *scene, int64_t difference)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_inuse(scene, &victim, difference);
	expect(scene, "KS206", 0, 0, "inuse_pages of");
	return true;
}

static bool inuse_high(struct scene *scene)
{
	return inuse(scene, 1);
}

static bool inuse_low(struct scene *scene)
{
	return inuse(scene, -1);
}

/* ------------------------------------------------------- KS207 count-continued */

/* The page of swap_map that holds @victim's byte, and the place of the byte in it. */
static uint64_t map_page(struct scene *scene, const struct victim *victim, uint64_t *offset)
{
	uint64_t physical = 0;

	if (memory_physical(scene->dump.memory, victim->map_place, &physical) != READ_OK)
		scene->failed = true;
	*offset = physical & ((1ULL << kernel_page_shift(scene->kernel)) - 1);
	return page_address_of(scene->kernel, physical >> kernel_page_shift(scene->kernel));
}

/* Counts of other slots would not go on any more: the pages of a list are for all of them. */
static bool counts_go_on(struct scene *scene, uint64_t map_page)
{
	return peek(scene, map_page + scene->kernel->page.fields[KSWAPCK_FIELD_PRIVATE].offset,
		    8) != 0;
}

static uint64_t physical_of(const struct kernel *kernel, uint64_t pfn)
{
	return pfn << kernel_page_shift(kernel);
}

/* Any page of the kernel's own whose bytes are in the dump. */
static bool find_own_page(struct scene *scene, uint64_t offset, struct kswapck_page *page)
{
	const struct kernel *kernel = scene->kernel;
	uint8_t byte;
	uint64_t pfn;

	for (pfn = 1; pfn < kernel->page.pages; pfn++)
		if (page_read(kernel, page_address_of(kernel, pfn), page) == READ_OK &&
		    !page->marks && page->refcount > 0 && !page->private &&
		    memory_read_physical(kernel->memory, physical_of(kernel, pfn) + offset, &byte,
					 1) == READ_OK)
			return true;
	return skip(scene, "no page to continue a count in");
}

static void lay_digit(struct scene *scene, uint64_t physical, uint8_t digit)
{
	unsigned int shift = 8 * (physical % 8);
	uint64_t word = 0;

	if (memory_read_physical(scene->dump.memory, physical & ~7ULL, &word, 8) != READ_OK)
		scene->failed = true;
	word &= ~(0xffULL << shift);
	lay_physical(scene, physical & ~7ULL, word | (uint64_t)digit << shift);
}

bool make_continuation(struct scene *scene, const struct victim *victim, uint8_t digit)
{
	uint32_t lru = scene->kernel->swap.page_lru.offset;
	uint64_t offset, head;
	struct kswapck_page page;

	if (has_counts(scene))
		return skip(scene, "this kernel has no swap_map");
	head = map_page(scene, victim, &offset);
	if (counts_go_on(scene, head))
		return skip(scene, "counts go on in that page of swap_map");
	if (!find_own_page(scene, offset, &page))
		return false;
	lay_page(scene, head, KSWAPCK_FIELD_PRIVATE, 0x20);
	lay(scene, head + lru, 8, page.address + lru);
	lay(scene, head + lru + 8, 8, page.address + lru);
	lay(scene, page.address + lru, 8, head + lru);
	lay(scene, page.address + lru + 8, 8, head + lru);
	lay_digit(scene, physical_of(scene->kernel, page.pfn) + offset, digit);
	lay_map(scene, victim, COUNT_CONTINUED | SWAP_HAS_CACHE | SWAP_MAP_MAX);
	return true;
}

static bool count_goes_on_nowhere(struct scene *scene)
{
	struct victim victim;
	uint64_t offset;

	if (!find_small_folio(scene, &victim))
		return false;
	if (has_counts(scene))
		return skip(scene, "this kernel has no swap_map");
	if (counts_go_on(scene, map_page(scene, &victim, &offset)))
		return skip(scene, "counts go on in that page of swap_map");
	lay_map(scene, &victim, COUNT_CONTINUED | SWAP_HAS_CACHE | 1);
	expect(scene, "KS207", victim.slot, 1, "0xc1, its page of swap_map has no");
	return true;
}

static bool count_goes_on_without_end(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim) ||
	    !make_continuation(scene, &victim, COUNT_CONTINUED | 1))
		return false;
	expect(scene, "KS207", victim.slot, 1, "no continuation page holds its next digit");
	return true;
}

static bool count_goes_on_with_nothing(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !make_continuation(scene, &victim, 0))
		return false;
	expect(scene, "KS207", victim.slot, 1, "ends with a digit of 0");
	return true;
}

const struct fault map_faults[] = {
	{"SWAP_HAS_CACHE on a shadow", mark_on_shadow},
	{"SWAP_HAS_CACHE on a free slot", mark_on_free_slot},
	{"folio removed, its mark left", folio_removed_mark_left},
	{"slot overwritten with nothing", slot_overwritten_with_null},
	{"folio on a free slot", folio_on_free_slot},
	{"folio on a bad slot", folio_on_bad_slot},
	{"folio on a slot with a count only", folio_on_counted_slot},
	{"four folios on free slots", four_folios_on_free_slots},
	{"large folio on free slots", large_folio_on_free_slots},
	{"shadow on a free slot", shadow_on_free_slot},
	{"nrpages too high", nrpages_high},
	{"nrpages below 0", nrpages_negative},
	{"nrexceptional too high", nrexceptional_high},
	{"inuse_pages too high", inuse_high},
	{"inuse_pages too low", inuse_low},
	{"count that goes on nowhere", count_goes_on_nowhere},
	{"count that goes on without an end", count_goes_on_without_end},
	{"count that goes on with nothing", count_goes_on_with_nothing},
	{0},
};
