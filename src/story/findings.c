// SPDX-License-Identifier: GPL-2.0-or-later
#include "story/parts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Ranges around one slot: a large folio has 512, with a finding each at most. */
#define OVERLAPS_MAX 4096

/* What meets a lookup or a page fault there, by the problem's id; others: nothing. */
static const struct {
	const char *id;
	enum story_effect effect;
} effects[] = {
	{"KS101", EFFECT_SPIN},		/* freed-folio: its count is 0 */
	{"KS103", EFFECT_SPIN},		/* tail-entry: so is that of every tail page */
	{"KS102", EFFECT_REFAULT},	/* reused-page: not PG_swapcache */
	{"KS106", EFFECT_REFAULT},	/* wrong-slot: ->private is another entry */
	{"KS107", EFFECT_REFAULT},	/* tail-private: the same */
	{"KS502", EFFECT_LOST},		/* entry-to-free-slot */
	{"KS503", EFFECT_LOST},		/* entry-to-bad-slot */
	{"KS504", EFFECT_LOST},		/* entry-beyond-device */
	{"KS505", EFFECT_LOST},		/* entry-without-device */
	{"KS601", EFFECT_RMAP},		/* anon-index */
	{"KS602", EFFECT_RMAP},		/* anon-vma */
};

/* dead-users: get_swap_device() fails, and do_swap_page() returns as if served */
#define DEAD_USERS "KS453"

static enum story_effect effect_of(const struct kswapck_problem *problem)
{
	size_t i;

	for (i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (!strcmp(effects[i].id, problem->id))
			return effects[i].effect;
	return EFFECT_NONE;
}

static bool make_room(struct story_findings *findings)
{
	size_t room = findings->room ? 2 * findings->room : 64;
	struct story_range *grown;

	if (findings->count < findings->room)
		return true;
	if (room > STORY_RANGES_MAX)
		return false;
	grown = realloc(findings->ranges, room * sizeof(*grown));
	if (!grown)
		return false;
	findings->ranges = grown;
	findings->room = room;
	return true;
}

static void count(struct story_findings *findings, enum story_effect effect, uint64_t slots)
{
	switch (effect) {
	case EFFECT_SPIN:
		findings->spin_slots += slots;
		break;
	case EFFECT_REFAULT:
		findings->refault_slots += slots;
		break;
	case EFFECT_RMAP:
		findings->rmap_slots += slots;
		break;
	case EFFECT_LOST:
		findings->lost_slots += slots;
		break;
	case EFFECT_NONE:
		break;
	}
}

void story_findings_add(struct story_findings *findings, const struct kswapck_finding *finding)
{
	enum story_effect effect = effect_of(finding->problem);
	struct story_range *range;

	count(findings, effect, finding->count);
	findings->dead_devices += !strcmp(finding->problem->id, DEAD_USERS);
	if (!make_room(findings)) {
		findings->lost++;
		return;
	}
	range = &findings->ranges[findings->count++];
	*range = (struct story_range){
		.problem = finding->problem,
		.effect = effect,
		.type = finding->device ? finding->device->type : 0,
		.first_slot = finding->first_slot,
		.last_slot = finding->last_slot,
		.page = finding->page,
		.gaps = finding->count &&
			finding->count <= finding->last_slot - finding->first_slot,
		.mm = finding->mm,
		.address = finding->address,
		.pid = finding->pid,
	};
	memcpy(range->comm, finding->comm, sizeof(range->comm));
	range->has_device = finding->device != NULL;
	if (finding->device)
		memcpy(range->device, finding->device->name, sizeof(range->device));
}

void story_findings_free(struct story_findings *findings)
{
	free(findings->ranges);
	*findings = (struct story_findings){0};
}

/* Those where somebody gets stuck first, then by place. */
static int compare(const void *left, const void *right)
{
	const struct story_range *a = left, *b = right;

	if (story_effect_loops(a->effect) != story_effect_loops(b->effect))
		return story_effect_loops(a->effect) ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->first_slot != b->first_slot)
		return a->first_slot < b->first_slot ? -1 : 1;
	if (a->last_slot != b->last_slot)
		return a->last_slot < b->last_slot ? -1 : 1;
	return strcmp(a->problem->id, b->problem->id);
}

/* Ranges may overlap: for story_findings_at() each knows how far those before it reach. */
void story_findings_sort(struct story_findings *findings)
{
	size_t i;

	if (findings->count)
		qsort(findings->ranges, findings->count, sizeof(*findings->ranges), compare);
	for (i = 0; i < findings->count; i++) {
		struct story_range *range = &findings->ranges[i];

		range->furthest = range->last_slot;
		if (i && range[-1].type == range->type &&
		    story_effect_loops(range[-1].effect) == story_effect_loops(range->effect) &&
		    range[-1].furthest > range->furthest)
			range->furthest = range[-1].furthest;
	}
}

static bool before(const struct story_range *range, unsigned int type, uint64_t slot)
{
	return story_effect_loops(range->effect) &&
	       (range->type < type || (range->type == type && range->first_slot <= slot));
}

/* The last range that begins at or before the slot; -1: none does. */
static ptrdiff_t last_before(const struct story_findings *findings, unsigned int type,
			     uint64_t slot)
{
	size_t low = 0, high = findings->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (before(&findings->ranges[middle], type, slot))
			low = middle + 1;
		else
			high = middle;
	}
	return (ptrdiff_t)low - 1;
}

/*
 * Between the slots of one page there may be others that are as they should be. Where
 * one refaults, the page of the finding need not be what the slot holds.
 */
static bool is_of(const struct story_range *range, const struct slot_view *view)
{
	return !range->gaps || (view->kind == KSWAPCK_ENTRY_PAGE &&
				(range->effect != EFFECT_SPIN || view->entry == range->page));
}

const struct story_range *story_findings_at(const struct story_findings *findings,
					    unsigned int type, uint64_t slot,
					    const struct slot_view *view)
{
	const struct story_range *best = NULL;
	ptrdiff_t i = last_before(findings, type, slot);
	unsigned int steps;

	/* who spins does not come to where it would refault */
	for (steps = 0; i >= 0 && steps < OVERLAPS_MAX; i--, steps++) {
		const struct story_range *range = &findings->ranges[i];

		if (range->type != type || range->furthest < slot)
			break;
		if (range->last_slot >= slot && (!view || is_of(range, view)) &&
		    (!best || range->effect == EFFECT_SPIN))
			best = range;
	}
	return best;
}
