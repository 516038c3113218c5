// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/groups.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "output/sentence.h"

#define INDENT	8	/* of what is told of a group */
#define LABEL	10
#define SHOWN	6	/* kernels of a group */

/* Label and text, below the head of a group. The text is as dumps and files have it. */
static void row(FILE *stream, const char *label, const char *text, unsigned int columns)
{
	char visible[2048];

	fprintf(stream, "%*s%-*s", INDENT, "", LABEL, label);
	sentence_wrap(stream, text_visible(text, visible, sizeof(visible)), INDENT + LABEL,
		      INDENT + LABEL, columns);
	fputc('\n', stream);
}

static void count_row(FILE *stream, const char *label, const struct group_counts *counts,
		      unsigned int columns)
{
	char text[2048] = "";
	size_t i, used = 0;

	for (i = 0; i < counts->count && i < SHOWN && used < sizeof(text) - 300; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.200s (%zu)",
					 i ? ", " : "", counts->list[i].word,
					 counts->list[i].count);
	if (i < counts->count)
		snprintf(text + used, sizeof(text) - used, " and %zu more", counts->count - i);
	if (*text)
		row(stream, label, text, columns);
}

/* 2026-11-21T13:07:11Z, as people read it. */
static void add_time(char *text, size_t size, const char *time)
{
	size_t used = strlen(text);

	if (strlen(time) == 20)
		snprintf(text + used, size - used, "%.10s %.8s", time, time + 11);
	else
		snprintf(text + used, size - used, "%.64s", time);
}

static void seen_row(FILE *stream, const struct group *group, unsigned int columns)
{
	char text[256] = "";
	size_t used;

	if (!group->first)
		return;
	add_time(text, sizeof(text), group->first);
	if (strcmp(group->first, group->last)) {
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used, " to ");
		add_time(text, sizeof(text), group->last);
	}
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, " UTC");
	used = strlen(text);
	if (group->undated)
		snprintf(text + used, sizeof(text) - used, "; %zu do not tell when", group->undated);
	row(stream, "seen", text, columns);
}

static void bug_rows(FILE *stream, const struct group *group, unsigned int columns)
{
	const struct record *record = group->exemplar;
	char text[1024];
	size_t i, used;

	for (i = 0; i < record->bug_count; i++) {
		const struct record_bug *bug = &record->bugs[i];

		snprintf(text, sizeof(text), "%.100s: fixed in %.100s%s%.200s", bug->name,
			 bug->fixed, *bug->stable ? "; stable " : "", bug->stable);
		used = strlen(text);
		if (!i && group->fix_absent)
			snprintf(text + used, sizeof(text) - used, "; %zu of %zu have it not, by "
				 "their release", group->fix_absent, group->count);
		used = strlen(text);
		if (!i && group->fix_present)
			snprintf(text + used, sizeof(text) - used, "; %zu of %zu should have it, by "
				 "their release", group->fix_present, group->count);
		row(stream, "bug", text, columns);
	}
}

static void exemplar_rows(FILE *stream, const struct group *group, unsigned int columns)
{
	const struct record *record = group->exemplar;

	row(stream, "exemplar", record->path, columns);
	if (group->kind == GROUP_BUG)
		row(stream, "", record->text, columns);
}

static void write_group(FILE *stream, const struct group *group, unsigned int columns)
{
	char name[256], what[512];

	text_visible(group->name, name, sizeof(name));
	text_visible(group->what, what, sizeof(what));
	fprintf(stream, "\n%6zu  %s%s", group->count, name, *what ? ": " : "");
	sentence_wrap(stream, what, INDENT, (unsigned int)(INDENT + strlen(name) + 2), columns);
	fputc('\n', stream);
	if (group->kind == GROUP_BUG)
		count_row(stream, "verdicts", &group->verdicts, columns);
	count_row(stream, "kernels", &group->releases, columns);
	seen_row(stream, group, columns);
	bug_rows(stream, group, columns);
	if (group->incomplete) {
		snprintf(what, sizeof(what), "%zu of %zu did not show everything",
			 group->incomplete, group->count);
		row(stream, "not seen", what, columns);
	}
	if (group->kind != GROUP_VERDICT || strcmp(group->name, "clean"))
		exemplar_rows(stream, group, columns);
}

/* "40 dumps: 31 clean, 8 with 3 bugs, 1 not analysed" */
void groups_head(FILE *stream, const struct groups *groups, const struct records *records)
{
	size_t i, bugs = 0, broken = 0, clean = 0, other = 0, failed = 0;
	char number[TEXT_NUMBER_SIZE];

	for (i = 0; i < groups->count; i++) {
		const struct group *group = &groups->list[i];

		bugs += group->kind == GROUP_BUG;
		if (group->kind == GROUP_BUG)
			broken += group->count;
		else if (group->kind == GROUP_FAILED)
			failed += group->count;
		else if (!strcmp(group->name, "clean"))
			clean += group->count;
		else
			other += group->count;
	}
	fprintf(stream, "%s dump%s: ", text_number(records->count, number),
		records->count == 1 ? "" : "s");
	fprintf(stream, "%s broken", text_number(broken, number));
	if (broken)
		fprintf(stream, " in %s way%s", text_number(bugs, number), bugs == 1 ? "" : "s");
	fprintf(stream, ", %s clean", text_number(clean, number));
	if (other)
		fprintf(stream, ", %s neither", text_number(other, number));
	if (failed)
		fprintf(stream, ", %s not analysed", text_number(failed, number));
}

void groups_text(FILE *stream, const struct groups *groups, const struct records *records,
		 unsigned int columns)
{
	size_t i;

	groups_head(stream, groups, records);
	fputc('\n', stream);
	for (i = 0; i < groups->count; i++)
		write_group(stream, &groups->list[i], columns);
}
