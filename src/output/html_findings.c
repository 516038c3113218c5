// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings as a table, with how to confirm each value; and the problems, explained. */
#include "output/html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output/confirm.h"
#include "output/sentence.h"

/* ----------------------------------------------------------------- while they come */

static void add_mark(struct html_report *html, const struct kswapck_finding *finding, bool shown)
{
	struct html_mark *marks;
	size_t room;

	if (html->mark_count == HTML_MARKS_MAX) {
		html->marks_lost++;
		return;
	}
	if (html->mark_count == html->mark_room) {
		room = html->mark_room ? 2 * html->mark_room : 64;
		marks = reallocarray(html->marks, room, sizeof(*marks));
		if (!marks) {
			html->out_of_memory = true;
			return;
		}
		html->marks = marks;
		html->mark_room = room;
	}
	html->marks[html->mark_count++] = (struct html_mark){
		.type = finding->device->type,
		.first = finding->first_slot,
		.last = finding->last_slot,
		.finding = html->number,
		.error = finding->severity == KSWAPCK_ERROR,
		.partial = finding->count != finding->last_slot - finding->first_slot + 1,
		.shown = shown,
	};
}

static void write_place(FILE *stream, const struct kswapck_finding *finding)
{
	const struct kswapck_device *device = finding->device;

	if (!device) {
		html_raw(stream, "<td></td>");
		return;
	}
	html_raw(stream, "<td class=\"place\">");
	fprintf(stream, "<a href=\"#d%u\" data-slot=\"%" PRIu64 "\">", device->type,
		finding->first_slot);
	html_text(stream, device->name[0] ? device->name : "?");
	html_raw(stream, "</a>");
	if (finding->count) {
		html_words(stream, " %" PRIu64, finding->first_slot);
		if (finding->last_slot != finding->first_slot)
			html_words(stream, "-%" PRIu64, finding->last_slot);
		html_raw(stream, " <small>");
		html_number(stream, finding->count);
		html_raw(stream, finding->count == 1 ? " slot</small>" : " slots</small>");
	}
	html_raw(stream, "</td>");
}

static void write_value(FILE *stream, const struct kswapck_evidence *evidence)
{
	char command[CONFIRM_COMMAND_MAX];

	html_raw(stream, "<li><span class=\"what\">");
	html_text(stream, evidence->what);
	html_raw(stream, "</span> ");
	html_words(stream, "0x%016" PRIx64 ": ", evidence->address);
	html_raw(stream, "<b>");
	html_words(stream, "0x%0*" PRIx64, 2 * (int)evidence->size, evidence->value);
	html_raw(stream, "</b>");
	if (evidence->has_expected)
		html_words(stream, ", not 0x%" PRIx64, evidence->expected);
	html_raw(stream, "<code>crash&gt; ");
	confirm_crash(evidence, command, sizeof(command));
	html_text(stream, command);
	html_raw(stream, "</code><code>drgn&gt; hex(");
	confirm_drgn(evidence, command, sizeof(command));
	html_text(stream, command);
	html_raw(stream, ")</code></li>\n");
}

static void write_evidence(FILE *stream, const struct kswapck_finding *finding)
{
	unsigned int i;

	if (!finding->evidence_count)
		return;
	html_raw(stream, "\n<details><summary>evidence, and how to confirm it</summary>\n"
		 "<ul class=\"evidence\">\n");
	for (i = 0; i < finding->evidence_count; i++)
		write_value(stream, &finding->evidence[i]);
	html_raw(stream, "</ul></details>");
}

static void write_finding(struct html_report *html, const struct kswapck_finding *finding)
{
	FILE *stream = html->findings;
	char text[1024];

	html_raw(stream, finding->severity == KSWAPCK_ERROR ? "<tr class=\"error\" id=\"f" :
		 "<tr class=\"warning\" id=\"f");
	fprintf(stream, "%" PRIu64 "\"><td class=\"number\">%" PRIu64 "</td>", html->number,
		html->number);
	html_raw(stream, "<td class=\"problem\"><a href=\"#");
	html_text(stream, finding->problem->id);
	html_raw(stream, "\">");
	html_text(stream, finding->problem->id);
	html_raw(stream, "</a> ");
	html_text(stream, finding->problem->name);
	html_raw(stream, "</td>");
	write_place(stream, finding);
	html_raw(stream, "<td>");
	sentence_of(finding, text, sizeof(text));
	html_text(stream, text);
	write_evidence(stream, finding);
	html_raw(stream, "</td></tr>\n");
}

void html_findings_add(struct output *output, const struct kswapck_finding *finding,
		       uint64_t nth)
{
	struct html_report *html = output->html;
	uint64_t limit = output->options.max_findings;
	bool shown = !limit || nth <= limit;

	if (html->out_of_memory)
		return;
	html->number++;
	if (finding->device && finding->count)
		add_mark(html, finding, shown);
	if (shown)
		write_finding(html, finding);
}

/* ---------------------------------------------------------------------- the table */

static void write_tally(struct output *output, size_t index)
{
	const struct kswapck_problem *problem = catalogue_problem(output->catalogue, index);
	const struct report_tally *tally = &output->totals.problems[index];
	uint64_t limit = output->options.max_findings;
	FILE *stream = output->options.stream;

	html_raw(stream, output->catalogue->severities[index] == KSWAPCK_ERROR ?
		 "<tr class=\"error\"><td class=\"problem\"><a href=\"#" :
		 "<tr class=\"warning\"><td class=\"problem\"><a href=\"#");
	html_text(stream, problem->id);
	html_raw(stream, "\">");
	html_text(stream, problem->id);
	html_raw(stream, "</a> ");
	html_text(stream, problem->name);
	html_raw(stream, "</td><td class=\"count\">");
	html_number(stream, tally->findings);
	html_raw(stream, "</td><td class=\"count\">");
	html_number(stream, tally->slots);
	html_raw(stream, "</td><td>");
	if (limit && tally->findings > limit)
		html_words(stream, "the first %" PRIu64 " are shown; --max-findings=0 shows all",
			   limit);
	html_raw(stream, "</td></tr>\n");
}

static void write_tallies(struct output *output)
{
	FILE *stream = output->options.stream;
	size_t i;

	html_raw(stream, "<table class=\"tally\"><thead><tr><th>problem</th><th class=\"count\">"
		 "findings</th><th class=\"count\">slots</th><th></th></tr></thead>\n<tbody>\n");
	for (i = 0; catalogue_problem(output->catalogue, i); i++)
		if (output->totals.problems[i].findings)
			write_tally(output, i);
	html_raw(stream, "</tbody></table>\n");
}

void html_findings(struct output *output)
{
	FILE *stream = output->options.stream;
	struct html_report *html = output->html;

	if (!html->number) {
		html_raw(stream, audit_summary_complete(&output->totals.audit) ?
			 "<p>None: all was seen, and nothing is wrong.</p>\n" :
			 "<p>None in what could be seen, which says nothing of the rest.</p>\n");
		return;
	}
	write_tallies(output);
	html_raw(stream, "<p class=\"search\" hidden><label>Search <input type=\"search\" "
		 "autocomplete=\"off\" spellcheck=\"false\"></label> <output></output></p>\n"
		 "<table class=\"findings\"><thead><tr><th>#</th><th>problem</th><th>slots</th>"
		 "<th>what is wrong</th></tr></thead>\n<tbody>\n");
	fwrite(html->text, 1, html->size, stream);
	html_raw(stream, "</tbody></table>\n");
}

/* ------------------------------------------------------------------- the problems */

static void write_problem(FILE *stream, const struct kswapck_problem *problem)
{
	html_raw(stream, "<article id=\"");
	html_text(stream, problem->id);
	html_raw(stream, "\">\n<h3>");
	html_text(stream, problem->id);
	fputc(' ', stream);
	html_text(stream, problem->name);
	html_raw(stream, "</h3>\n");
	html_paragraphs(stream, problem->meaning);
	html_raw(stream, "<h4>What the machine does next</h4>\n");
	html_paragraphs(stream, problem->consequence);
	html_raw(stream, "<h4>How to confirm it by hand</h4>\n");
	html_paragraphs(stream, problem->confirm);
	html_raw(stream, "</article>\n");
}

void html_problems(struct output *output)
{
	FILE *stream = output->options.stream;
	const struct kswapck_problem *problem;
	bool any = false;
	size_t i;

	for (i = 0; (problem = catalogue_problem(output->catalogue, i)); i++) {
		if (!output->totals.problems[i].findings)
			continue;
		write_problem(stream, problem);
		any = true;
	}
	if (!any)
		html_raw(stream, "<p>Nothing was found that could be confirmed.</p>\n");
}
