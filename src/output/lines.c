// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/lines.h"

#include "output/sentence.h"

void lines_paint(const struct output_options *options, const char *colour)
{
	if (options->colour)
		fputs(colour, options->stream);
}

static void write_line(const struct output_options *options, const char *label, const char *text,
		       bool marked)
{
	if (options->sink) {
		options->sink->line(options->sink->data, label, text, marked);
		return;
	}
	if (marked)
		lines_paint(options, LINES_YELLOW);
	fprintf(options->stream, "%-*s", LINES_LABEL, label);
	if (marked)
		lines_paint(options, LINES_PLAIN);
	sentence_wrap(options->stream, text, LINES_LABEL, LINES_LABEL, options->columns);
	fputc('\n', options->stream);
}

void lines_labelled(const struct output_options *options, const char *label, const char *text)
{
	write_line(options, label, text, false);
}

void lines_marked(const struct output_options *options, const char *label, const char *text)
{
	write_line(options, label, text, true);
}
