// SPDX-License-Identifier: GPL-2.0-or-later
/* Two reports compared, for people: what is new first, the verdict last. */
#include "output/diff.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "output/lines.h"
#include "output/sentence.h"

#define ENTRY_TEXT 700	/* bytes of what an item says of itself */

static const struct {
	const char *label;
	const char *colour;
} changes[DIFF_CHANGES] = {
	[DIFF_CAME] = {"CAME", LINES_RED},
	[DIFF_GREW] = {"GREW", LINES_RED},
	[DIFF_SHRANK] = {"shrank", LINES_GREEN},
	[DIFF_WENT] = {"went", LINES_GREEN},
	[DIFF_STAYED] = {"stayed", LINES_PLAIN},
};

static const char *const keys[] = {
	[DIFF_BY_SLOT] = "by problem, device and slot",
	[DIFF_BY_DEVICE] = "by problem and device",
	[DIFF_BY_PROBLEM] = "by problem",
};

static void print_document(const struct output_options *options, const char *label,
			   const struct diff_document *document)
{
	char text[1024], file[300], dump[300], release[100], architecture[40], verdict[40];

	snprintf(text, sizeof(text), "%s: %s of %s, Linux %s %s%s%s%s",
		 text_visible(document->file, file, sizeof(file)),
		 !document->has_findings ? "story" : document->has_story ? "findings and story" :
		 "findings", text_visible(document->dump, dump, sizeof(dump)),
		 text_visible(document->release, release, sizeof(release)),
		 text_visible(document->architecture, architecture, sizeof(architecture)),
		 document->verdict ? ", " : "",
		 document->verdict ? text_visible(document->verdict, verdict, sizeof(verdict)) : "",
		 document->complete ? "" : "; not all of it was seen");
	lines_labelled(options, label, text);
}

static void print_key(const struct output_options *options, const struct diff_report *report)
{
	const struct diff *diff = report->diff;
	char text[256];

	snprintf(text, sizeof(text), "%s; %s%s", keys[diff->by], diff->same_boot ?
		 "both are of one boot" : "of two boots or hosts, so that amounts are not",
		 diff->findings && diff->story ? "" :
		 diff->findings ? "; findings alone, for not both have a story" :
		 "; the story alone, for not both have findings");
	if (diff->by == DIFF_BY_SLOT && !diff->same_boot)
		snprintf(text, sizeof(text), "%s, though these are of two boots or hosts",
			 keys[diff->by]);
	lines_labelled(options, "compared", text);
}

/* What it is: "KS101 freed-folio", "spinner", "bug migration-replaces-one-slot". */
static void name_item(const struct diff_item *item, char *text, size_t size)
{
	char id[20], name[60];

	text_visible(item->name, name, sizeof(name));
	switch (item->kind) {
	case DIFF_FINDING:
		snprintf(text, size, "%s %s", text_visible(item->id, id, sizeof(id)), name);
		break;
	case DIFF_SPINNER:
		snprintf(text, size, "spinner (%s)", name);
		break;
	case DIFF_SWAPOFF:
		snprintf(text, size, "swapoff (%s)", name);
		break;
	case DIFF_BUG:
		snprintf(text, size, "bug %s", name);
		break;
	}
}

/* "slot 16389 of vda, "; nothing where the sentence says it */
static void place_item(const struct diff_item *item, char *text, size_t size)
{
	char device[80];

	*text = 0;
	if (item->kind == DIFF_FINDING || !*item->device)
		return;
	text_visible(item->device, device, sizeof(device));
	if (item->has_slots)
		snprintf(text, size, "slot %" PRIu64 " of %s: ", item->first, device);
	else
		snprintf(text, size, "%s: ", device);
}

/* "511 slots, were 4"; "4 findings, 2,044 slots". Nothing when the sentence says it all. */
static void count_entry(const struct diff_entry *entry, enum diff_by by, char *text, size_t size)
{
	const struct diff_side *side = entry->after.first ? &entry->after : &entry->before;
	char a[TEXT_NUMBER_SIZE], b[TEXT_NUMBER_SIZE];

	*text = 0;
	if (entry->change == DIFF_GREW || entry->change == DIFF_SHRANK)
		snprintf(text, size, " (%s slots or places, were %s)",
			 text_number(entry->after.count, a), text_number(entry->before.count, b));
	else if (by != DIFF_BY_SLOT && entry->change == DIFF_STAYED &&
		 entry->before.items != entry->after.items)
		snprintf(text, size, " (first of %s; were %s)", text_number(entry->after.items, a),
			 text_number(entry->before.items, b));
	else if (side->items > 1)
		snprintf(text, size, " (first of %s)", text_number(side->items, a));
}

static void print_entry(const struct output_options *options, const struct diff_report *report,
			const struct diff_entry *entry)
{
	const struct diff_item *item = diff_entry_item(entry);
	char name[128], place[128], words[ENTRY_TEXT], counts[96], text[ENTRY_TEXT + 512];

	name_item(item, name, sizeof(name));
	place_item(item, place, sizeof(place));
	count_entry(entry, report->diff->by, counts, sizeof(counts));
	snprintf(text, sizeof(text), "%s: %s%s%s", name, place,
		 text_visible(item->text, words, sizeof(words)), counts);
	lines_paint(options, changes[entry->change].colour);
	fprintf(options->stream, "%-*s", LINES_LABEL, changes[entry->change].label);
	lines_paint(options, LINES_PLAIN);
	sentence_wrap(options->stream, text, LINES_LABEL, LINES_LABEL, options->columns);
	fputc('\n', options->stream);
}

static bool same_problem(const struct diff_entry *a, const struct diff_entry *b)
{
	const struct diff_item *one = diff_entry_item(a), *other = diff_entry_item(b);

	return a->change == b->change && one->kind == other->kind &&
	       !strcmp(one->name, other->name);
}

static void print_entries(const struct output_options *options,
			  const struct diff_report *report)
{
	const struct diff *diff = report->diff;
	char more[TEXT_NUMBER_SIZE], name[128], text[256];
	size_t i, first = 0, end;

	for (i = 0; i < diff->count; i++) {
		if (!same_problem(&diff->entries[first], &diff->entries[i]))
			first = i;
		if (!options->max_findings || i - first < options->max_findings) {
			print_entry(options, report, &diff->entries[i]);
			continue;
		}
		for (end = i; end < diff->count &&
		     same_problem(&diff->entries[first], &diff->entries[end]); end++)
			;
		name_item(diff_entry_item(&diff->entries[i]), name, sizeof(name));
		snprintf(text, sizeof(text), "%s: %s more of these; --max-findings=0 shows all",
			 name, text_number(end - i, more));
		lines_labelled(options, changes[diff->entries[i].change].label, text);
		i = end - 1;
	}
	if (diff->count)
		fputc('\n', options->stream);
}

/* "4 came, 1 stayed", of what there is. */
static void count_changes(const struct diff *diff, char *text, size_t size)
{
	static const char *const words[DIFF_CHANGES] = {
		[DIFF_CAME] = "came", [DIFF_GREW] = "grew", [DIFF_SHRANK] = "shrank",
		[DIFF_WENT] = "went", [DIFF_STAYED] = "stayed",
	};
	char number[TEXT_NUMBER_SIZE];
	size_t used = 0;
	int i;

	snprintf(text, size, "neither has any");
	for (i = 0; i < DIFF_CHANGES; i++)
		if (diff->totals[i] && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s %s",
						 used ? ", " : "",
						 text_number(diff->totals[i], number), words[i]);
}

static void print_verdict(const struct output_options *options,
			  const struct diff_report *report)
{
	const struct diff *diff = report->diff;
	bool fresh = diff->totals[DIFF_CAME] || diff->totals[DIFF_GREW];
	char counts[200], text[400];

	count_changes(diff, counts, sizeof(counts));
	snprintf(text, sizeof(text), ": %s%s%s", counts, report->before->complete ? "" :
		 "; not all was seen before, so that what came may be older",
		 report->after->complete ? "" :
		 "; not all was seen after, so that what went may be there still");
	lines_paint(options, fresh ? LINES_RED : LINES_GREEN);
	fputs(fresh ? "NEW" : "NOTHING NEW", options->stream);
	lines_paint(options, LINES_PLAIN);
	sentence_wrap(options->stream, text, LINES_LABEL, fresh ? 3 : 11, options->columns);
	fputc('\n', options->stream);
}

void diff_text(const struct output_options *options, const struct diff_report *report)
{
	print_document(options, "before", report->before);
	print_document(options, "after", report->after);
	print_key(options, report);
	fputc('\n', options->stream);
	print_entries(options, report);
	print_verdict(options, report);
}
