// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/lines.h"

#include "output/sentence.h"

void lines_paint(const struct output_options *options, const char *colour)
{
	if (options->colour)
		fputs(colour, options->stream);
}

void lines_labelled(const struct output_options *options, const char *label, const char *text)
{
	fprintf(options->stream, "%-*s", LINES_LABEL, label);
	sentence_wrap(options->stream, text, LINES_LABEL, LINES_LABEL, options->columns);
	fputc('\n', options->stream);
}
