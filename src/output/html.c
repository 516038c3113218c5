// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/html.h"

#include <stdlib.h>

#include "output/explain.h"

void html_report_free(struct html_report *html)
{
	if (html->findings)
		fclose(html->findings);
	free(html->text);
	free(html->marks);
	*html = (struct html_report){0};
}

static void begin(struct output *output, const struct report_subject *subject)
{
	struct html_report *html = output->html;

	(void)subject;
	html->findings = open_memstream(&html->text, &html->size);
	html->out_of_memory = !html->findings;
}

/* ------------------------------------------------------------------ labelled lines */

/* A description list that is being written. */
struct list {
	FILE *stream;
	bool open;	/* within <dd> */
	bool rows;	/* within <ul> */
};

static void close_rows(struct list *list)
{
	if (list->rows)
		html_raw(list->stream, "</ul>\n");
	list->rows = false;
}

static void close_line(struct list *list)
{
	close_rows(list);
	if (list->open)
		html_raw(list->stream, "</dd>\n");
	list->open = false;
}

static void on_line(void *data, const char *label, const char *text, bool marked)
{
	struct list *list = data;

	close_line(list);
	if (*label) {
		html_raw(list->stream, marked ? "<dt class=\"marked\">" : "<dt>");
		html_text(list->stream, label);
		html_raw(list->stream, "</dt>\n");
	}
	html_raw(list->stream, "<dd>");
	html_text(list->stream, text);
	list->open = true;
}

static void on_row(void *data, const char *text)
{
	struct list *list = data;

	if (!list->rows)
		html_raw(list->stream, "<ul>\n");
	list->rows = true;
	html_raw(list->stream, "<li>");
	html_text(list->stream, text);
	html_raw(list->stream, "</li>\n");
}

/* What @tell says in lines, as a description list. */
static void write_lines(struct output *output, const struct report_subject *subject,
			void (*tell)(struct output *, const struct report_subject *))
{
	struct list list = {.stream = output->options.stream};
	const struct line_sink sink = {.data = &list, .line = on_line, .row = on_row};

	html_raw(list.stream, "<dl>\n");
	output->options.sink = &sink;
	tell(output, subject);
	output->options.sink = NULL;
	close_line(&list);
	html_raw(list.stream, "</dl>\n");
}

static void tell_story(struct output *output, const struct report_subject *subject)
{
	(void)subject;
	explain_words(output->options.sink, output->explanation);
}

/* -------------------------------------------------------------------- the document */

static void write_title(struct output *output, const struct report_subject *subject)
{
	const struct story *story = output->explanation->story;
	char title[640];

	snprintf(title, sizeof(title), "%s: %s", story_verdict_name(story->verdict),
		 subject->files[0]);
	html_begin(output->options.stream, title, true);
}

static void write_header(struct output *output, const struct report_subject *subject)
{
	FILE *stream = output->options.stream;

	html_raw(stream, "<header>\n<p class=\"brand\">kswapck <span>fsck for the swap cache"
		 "</span></p>\n");
	html_verdict(output);
	html_raw(stream, "<nav><a href=\"#story\">Story</a> <a href=\"#devices\">Swap devices"
		 "</a> <a href=\"#findings\">Findings</a> <a href=\"#stacks\">Stacks</a> "
		 "<a href=\"#coverage\">Coverage</a> <a href=\"#problems\">How to confirm</a>"
		 "</nav>\n");
	write_lines(output, subject, text_subject);
	html_raw(stream, "</header>\n<main>\n");
}

static void write_document(struct output *output, const struct report_subject *subject)
{
	FILE *stream = output->options.stream;

	write_title(output, subject);
	write_header(output, subject);
	html_raw(stream, "<section id=\"story\">\n<h2>Story</h2>\n");
	html_loop(output);
	write_lines(output, subject, tell_story);
	html_bugs(output);
	html_raw(stream, "</section>\n<section id=\"devices\">\n<h2>Swap devices</h2>\n");
	html_map(output);
	html_raw(stream, "</section>\n<section id=\"findings\">\n<h2>Findings</h2>\n");
	html_findings(output);
	html_raw(stream, "</section>\n<section id=\"stacks\">\n<h2>Stacks</h2>\n");
	html_stacks(output);
	html_raw(stream, "</section>\n<section id=\"coverage\">\n<h2>Coverage</h2>\n");
	write_lines(output, subject, text_coverage);
	html_raw(stream, "</section>\n<section id=\"problems\">\n<h2>How to confirm</h2>\n");
	html_problems(output);
	html_raw(stream, "</section>\n</main>\n");
	html_end(stream);
}

static void end(struct output *output, const struct report_subject *subject)
{
	struct html_report *html = output->html;

	if (html->out_of_memory || fflush(html->findings) || ferror(html->findings)) {
		html->out_of_memory = true;
		return;
	}
	write_document(output, subject);
}

const struct output_ops output_html = {
	.name = "html",
	.begin = begin,
	.finding = html_findings_add,
	.end = end,
};
