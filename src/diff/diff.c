// SPDX-License-Identifier: GPL-2.0-or-later
#include "diff/diff.h"

#include <stdlib.h>
#include <string.h>

/* One item of either report, and how it is told from others. */
struct place {
	const struct diff_item *item;
	const char *device, *comm;
	uint64_t first, last;
	bool after;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Items that differ here are never the same. */
static int compare_groups(const struct place *a, const struct place *b)
{
	int order = compare_numbers(a->item->kind, b->item->kind);

	if (!order)
		order = strcmp(a->item->name, b->item->name);
	if (!order)
		order = strcmp(a->device, b->device);
	return order ? order : strcmp(a->comm, b->comm);
}

static int compare_places(const void *one, const void *other)
{
	const struct place *a = one, *b = other;
	int order = compare_groups(a, b);

	if (!order)
		order = compare_numbers(a->first, b->first);
	if (!order)
		order = compare_numbers(a->last, b->last);
	if (!order)
		order = compare_numbers(a->after, b->after);
	/* what is alike in all stays in its order, for qsort() keeps none */
	return order ? order : compare_numbers((uintptr_t)a->item, (uintptr_t)b->item);
}

static void place_item(struct place *place, const struct diff_item *item, enum diff_by by,
		       bool after)
{
	*place = (struct place){
		.item = item,
		.device = by == DIFF_BY_PROBLEM ? "" : item->device,
		.comm = item->comm,
		.first = by == DIFF_BY_SLOT ? item->first : 0,
		.last = by == DIFF_BY_SLOT ? item->last : UINT64_MAX,
		.after = after,
	};
}

static bool is_compared(const struct diff *diff, const struct diff_item *item)
{
	return item->kind == DIFF_FINDING ? diff->findings : diff->story;
}

static size_t place_items(const struct diff *diff, const struct diff_document *document,
			  bool after, struct place *places)
{
	size_t i, count = 0;

	for (i = 0; i < document->item_count; i++)
		if (is_compared(diff, &document->items[i]))
			place_item(&places[count++], &document->items[i], diff->by, after);
	return count;
}

/* ---------------------------------------------------------------------- changes */

static void add_item(struct diff_side *side, const struct diff_item *item)
{
	if (!side->first) {
		side->first = item;
		side->low = item->first;
	}
	if (item->first < side->low)
		side->low = item->first;
	if (item->last > side->high)
		side->high = item->last;
	side->items++;
	side->count = side->count + item->count < side->count ? UINT64_MAX :
		      side->count + item->count;
}

static enum diff_change change_of(const struct diff_entry *entry, enum diff_by by)
{
	if (!entry->before.first)
		return DIFF_CAME;
	if (!entry->after.first)
		return DIFF_WENT;
	/* on other hosts, or after a reboot, how much there is tells nothing */
	if (by != DIFF_BY_SLOT || entry->before.count == entry->after.count)
		return DIFF_STAYED;
	return entry->before.count < entry->after.count ? DIFF_GREW : DIFF_SHRANK;
}

const struct diff_item *diff_entry_item(const struct diff_entry *entry)
{
	return entry->after.first ? entry->after.first : entry->before.first;
}

static void count_entry(struct diff *diff, const struct diff_entry *entry)
{
	diff->totals[entry->change]++;
	if (entry->change != DIFF_CAME && entry->change != DIFF_GREW)
		return;
	if (diff_entry_item(entry)->warning)
		diff->new_warnings++;
	else
		diff->new_errors++;
}

/* Join @places, which are sorted, where they overlap. */
static void join_places(struct diff *diff, const struct place *places, size_t count)
{
	struct diff_entry *entry;
	uint64_t last;
	size_t i = 0;

	while (i < count) {
		const struct place *first = &places[i];

		entry = &diff->entries[diff->count++];
		last = first->last;
		while (i < count && !compare_groups(first, &places[i]) && places[i].first <= last) {
			add_item(places[i].after ? &entry->after : &entry->before, places[i].item);
			if (places[i].last > last)
				last = places[i].last;
			i++;
		}
		entry->change = change_of(entry, diff->by);
		count_entry(diff, entry);
	}
}

/* Entries are in order of their places: put them in order of change, in that. */
static bool order_entries(struct diff *diff)
{
	struct diff_entry *ordered = calloc(diff->count + 1, sizeof(*ordered));
	size_t i, count = 0;
	int change;

	if (!ordered)
		return false;
	for (change = 0; change < DIFF_CHANGES; change++)
		for (i = 0; i < diff->count; i++)
			if (diff->entries[i].change == (enum diff_change)change)
				ordered[count++] = diff->entries[i];
	free(diff->entries);
	diff->entries = ordered;
	return true;
}

static bool compare_items(struct diff *diff, const struct diff_document *before,
			  const struct diff_document *after)
{
	size_t room = before->item_count + after->item_count + 1, count;
	struct place *places = calloc(room, sizeof(*places));
	bool done;

	diff->entries = calloc(room, sizeof(*diff->entries));
	done = places && diff->entries;
	if (done) {
		count = place_items(diff, before, false, places);
		count += place_items(diff, after, true, places + count);
		qsort(places, count, sizeof(*places), compare_places);
		join_places(diff, places, count);
		done = order_entries(diff);
	}
	free(places);
	return done;
}

static enum diff_by what_fits(const struct diff *diff, const struct diff_document *before,
			      const struct diff_document *after)
{
	if (diff->same_boot)
		return DIFF_BY_SLOT;
	/* without findings nobody knows all devices */
	if (diff->findings && diff_same_devices(before, after))
		return DIFF_BY_DEVICE;
	return DIFF_BY_PROBLEM;
}

bool diff_compare(const struct diff_document *before, const struct diff_document *after,
		  enum diff_by by, struct diff *diff, struct error *err)
{
	*diff = (struct diff){
		.by = by,
		.same_boot = diff_same_boot(before, after),
		.findings = before->has_findings && after->has_findings,
		.story = before->has_story && after->has_story,
	};
	if (!diff->findings && !diff->story)
		return error_set(err, ERROR_INPUT, "%s has findings alone and %s a story alone: "
				 "nothing to compare; 'kswapck --json DUMP' writes both",
				 before->has_findings ? before->file : after->file,
				 before->has_findings ? after->file : before->file);
	if (by == DIFF_BY_WHAT_FITS)
		diff->by = what_fits(diff, before, after);
	return compare_items(diff, before, after) ||
	       error_set(err, ERROR_SYSTEM, "out of memory");
}

void diff_free(struct diff *diff)
{
	free(diff->entries);
	*diff = (struct diff){0};
}
