// SPDX-License-Identifier: GPL-2.0-or-later
/* An index over many dumps: the bugs, and every dump with a search. Needs nothing else. */
#include "batch/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "output/html.h"

#define SHOWN 12	/* kernels of a group */

static bool is_broken(const struct groups *groups)
{
	return groups->count && groups->list[0].kind == GROUP_BUG;
}

static void write_head(FILE *stream, const struct groups *groups, const struct records *records)
{
	char number[TEXT_NUMBER_SIZE], title[64];

	snprintf(title, sizeof(title), "%s dump%s", text_number(records->count, number),
		 records->count == 1 ? "" : "s");
	html_begin(stream, title, true);
	html_raw(stream, "<header>\n<p class=\"brand\">kswapck <span>fsck for the swap cache"
		 "</span></p>\n<div class=\"verdict ");
	html_raw(stream, is_broken(groups) ? "bad" : "good");
	html_raw(stream, "\"><h1>");
	html_text(stream, title);
	html_raw(stream, "</h1>\n<p>");
	groups_head(stream, groups, records);
	html_raw(stream, "</p></div>\n<nav><a href=\"#groups\">Groups</a> "
		 "<a href=\"#findings\">Dumps</a></nav>\n</header>\n<main>\n");
}

/* ----------------------------------------------------------------------- groups */

static void begin_row(FILE *stream, const char *label)
{
	html_raw(stream, "<tr><th>");
	html_raw(stream, label);
	html_raw(stream, "</th><td>");
}

static void end_row(FILE *stream)
{
	html_raw(stream, "</td></tr>\n");
}

static void write_counts(FILE *stream, const char *label, const struct group_counts *counts)
{
	size_t i;

	if (!counts->count)
		return;
	begin_row(stream, label);
	for (i = 0; i < counts->count && i < SHOWN; i++)
		html_words(stream, "%s%.200s (%zu)", i ? ", " : "", counts->list[i].word,
			   counts->list[i].count);
	if (i < counts->count)
		html_words(stream, " and %zu more", counts->count - i);
	end_row(stream);
}

static void write_seen(FILE *stream, const struct group *group)
{
	if (!group->first)
		return;
	begin_row(stream, "seen");
	html_text(stream, group->first);
	if (strcmp(group->first, group->last))
		html_words(stream, " to %.64s", group->last);
	if (group->undated)
		html_words(stream, "; %zu do not tell when", group->undated);
	end_row(stream);
}

static void write_bugs(FILE *stream, const struct group *group)
{
	const struct record *record = group->exemplar;
	size_t i;

	for (i = 0; i < record->bug_count; i++) {
		const struct record_bug *bug = &record->bugs[i];

		begin_row(stream, "bug");
		html_words(stream, "%.100s: fixed in %.100s%s%.200s", bug->name, bug->fixed,
			   *bug->stable ? "; stable " : "", bug->stable);
		if (!i && group->fix_absent)
			html_words(stream, "; %zu of %zu have it not, by their release",
				   group->fix_absent, group->count);
		if (!i && group->fix_present)
			html_words(stream, "; %zu of %zu should have it, by their release",
				   group->fix_present, group->count);
		end_row(stream);
	}
}

static void write_group(FILE *stream, const struct group *group, size_t number)
{
	fprintf(stream, "<article id=\"g%zu\"%s>\n<h3>", number,
		group->kind == GROUP_VERDICT ? "" : " class=\"bug\"");
	html_number(stream, group->count);
	html_raw(stream, " &times; ");
	html_text(stream, group->name);
	if (*group->what) {
		html_raw(stream, " <small>");
		html_text(stream, group->what);
		html_raw(stream, "</small>");
	}
	html_raw(stream, "</h3>\n");
	if (group->kind == GROUP_BUG) {
		html_raw(stream, "<p>");
		html_text(stream, group->exemplar->text);
		html_raw(stream, "</p>\n");
	}
	html_raw(stream, "<table><tbody>\n");
	if (group->kind == GROUP_BUG)
		write_counts(stream, "verdicts", &group->verdicts);
	write_counts(stream, "kernels", &group->releases);
	write_seen(stream, group);
	write_bugs(stream, group);
	if (group->incomplete) {
		begin_row(stream, "not seen");
		html_words(stream, "%zu of %zu did not show everything", group->incomplete,
			   group->count);
		end_row(stream);
	}
	begin_row(stream, "exemplar");
	html_text(stream, group->exemplar->path);
	end_row(stream);
	html_raw(stream, "</tbody></table></article>\n");
}

static void write_groups(FILE *stream, const struct groups *groups)
{
	size_t i;

	html_raw(stream, "<section id=\"groups\">\n<h2>Groups</h2>\n");
	for (i = 0; i < groups->count; i++)
		write_group(stream, &groups->list[i], i + 1);
	html_raw(stream, "</section>\n");
}

/* ------------------------------------------------------------------------- dumps */

static int compare_paths(const void *one, const void *other)
{
	const struct record *const *a = one, *const *b = other;
	int order = strcmp((*a)->path, (*b)->path);

	return order ? order : ((*a)->key > (*b)->key) - ((*a)->key < (*b)->key);
}

/* The number of the group of bugs that it is of; 0: none. */
static size_t group_of(const struct groups *groups, const struct record *record)
{
	size_t i;

	for (i = 0; i < groups->count && groups->list[i].kind == GROUP_BUG; i++)
		if (!strcmp(groups->list[i].name, record->fingerprint))
			return i + 1;
	return 0;
}

static void write_record(FILE *stream, const struct groups *groups, const struct record *record)
{
	size_t group = group_of(groups, record);
	bool analysed = *record->verdict;

	html_raw(stream, group ? "<tr class=\"error\">" : analysed ? "<tr>" :
		 "<tr class=\"warning\">");
	html_raw(stream, "<td class=\"problem\">");
	if (group)
		fprintf(stream, "<a href=\"#g%zu\">", group);
	html_text(stream, analysed ? record->verdict : record->status);
	html_raw(stream, group ? "</a></td><td>" : "</td><td>");
	html_text(stream, record->path);
	html_raw(stream, "</td><td>");
	html_text(stream, record->release);
	html_raw(stream, "<br><small>");
	html_text(stream, record->taken);
	html_raw(stream, "</small></td><td>");
	html_text(stream, analysed ? record->text : record->reason);
	html_raw(stream, "</td></tr>\n");
}

static bool write_records(FILE *stream, const struct groups *groups,
			  const struct records *records)
{
	const struct record **sorted = calloc(records->count + 1, sizeof(*sorted));
	size_t i;

	if (!sorted)
		return false;
	for (i = 0; i < records->count; i++)
		sorted[i] = &records->list[i];
	qsort(sorted, records->count, sizeof(*sorted), compare_paths);
	html_raw(stream, "<section id=\"findings\">\n<h2>Dumps</h2>\n"
		 "<p class=\"search\" hidden><label>Search <input type=\"search\" "
		 "autocomplete=\"off\" spellcheck=\"false\"></label> <output></output></p>\n"
		 "<table class=\"findings\"><thead><tr><th>verdict</th><th>dump</th>"
		 "<th>kernel, and when it was dumped</th><th>what it is</th></tr></thead>\n"
		 "<tbody>\n");
	for (i = 0; i < records->count; i++)
		write_record(stream, groups, sorted[i]);
	html_raw(stream, "</tbody></table>\n</section>\n");
	free(sorted);
	return true;
}

bool groups_html(FILE *stream, const struct groups *groups, const struct records *records)
{
	write_head(stream, groups, records);
	write_groups(stream, groups);
	if (!write_records(stream, groups, records))
		return false;
	html_raw(stream, "</main>\n");
	html_end(stream);
	return !ferror(stream);
}
