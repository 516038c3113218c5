// SPDX-License-Identifier: GPL-2.0-or-later
#include "story/parts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Ranges around one slot: a large folio has 512, with a finding each at most. */
#define OVERLAPS_MAX 4096

/* What meets a lookup or a page fault there, by the problem's id. */
static const struct {
	const char *id;
	enum story_effect effect;
} effects[] = {
	{"KS101", EFFECT_SPIN},		/* freed-folio: its count is 0 */
	{"KS103", EFFECT_SPIN},		/* tail-entry: so is that of every tail page */
	{"KS102", EFFECT_REFAULT},	/* reused-page: not PG_swapcache */
	{"KS106", EFFECT_REFAULT},	/* wrong-slot: ->private is another entry */
	{"KS107", EFFECT_REFAULT},	/* tail-private: the same */
};

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

void story_findings_add(struct story_findings *findings, const struct kswapck_finding *finding)
{
	enum story_effect effect = effect_of(finding->problem);
	struct story_range *range;

	if (effect == EFFECT_SPIN)
		findings->spin_slots += finding->count;
	else if (effect == EFFECT_REFAULT)
		findings->refault_slots += finding->count;
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
	};
	if (finding->device)
		memcpy(range->device, finding->device->name, sizeof(range->device));
}

void story_findings_free(struct story_findings *findings)
{
	free(findings->ranges);
	*findings = (struct story_findings){0};
}

/* Those with an effect first, then by place. */
static int compare(const void *left, const void *right)
{
	const struct story_range *a = left, *b = right;

	if (!a->effect != !b->effect)
		return a->effect ? -1 : 1;
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
		if (i && range[-1].type == range->type && !range[-1].effect == !range->effect &&
		    range[-1].furthest > range->furthest)
			range->furthest = range[-1].furthest;
	}
}

static bool before(const struct story_range *range, unsigned int type, uint64_t slot)
{
	return range->effect && (range->type < type ||
				 (range->type == type && range->first_slot <= slot));
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

const struct story_range *story_findings_at(const struct story_findings *findings,
					    unsigned int type, uint64_t slot)
{
	const struct story_range *best = NULL;
	ptrdiff_t i = last_before(findings, type, slot);
	unsigned int steps;

	/* who spins does not come to where it would refault */
	for (steps = 0; i >= 0 && steps < OVERLAPS_MAX; i--, steps++) {
		const struct story_range *range = &findings->ranges[i];

		if (range->type != type || range->furthest < slot)
			break;
		if (range->last_slot >= slot && (!best || range->effect == EFFECT_SPIN))
			best = range;
	}
	return best;
}
