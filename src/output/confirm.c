// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/confirm.h"

#include <inttypes.h>

#include "base/text.h"
#include "output/lines.h"
#include "output/sentence.h"

#define INDENT 2

void confirm_crash(const struct kswapck_evidence *evidence, char *command, size_t size)
{
	snprintf(command, size, "rd -%u %" PRIx64, 8 * evidence->size, evidence->address);
}

void confirm_drgn(const struct kswapck_evidence *evidence, char *command, size_t size)
{
	snprintf(command, size, "prog.read_u%u(0x%" PRIx64 ")", 8 * evidence->size,
		 evidence->address);
}

static void print_value(const struct output_options *options,
			const struct kswapck_evidence *evidence)
{
	char what[80], crash[CONFIRM_COMMAND_MAX], drgn[CONFIRM_COMMAND_MAX];
	int digits = 2 * (int)evidence->size;

	confirm_crash(evidence, crash, sizeof(crash));
	confirm_drgn(evidence, drgn, sizeof(drgn));
	fprintf(options->stream, "\n%s is 0x%" PRIx64, text_visible(evidence->what, what,
								     sizeof(what)),
		evidence->value);
	if (evidence->has_expected)
		fprintf(options->stream, ", not 0x%" PRIx64, evidence->expected);
	fprintf(options->stream, "\n%*scrash> %s\n%*s       %" PRIx64 ":  %0*" PRIx64 "\n", INDENT,
		"", crash, INDENT, "", evidence->address, digits, evidence->value);
	fprintf(options->stream, "%*sdrgn>  hex(%s)\n%*s       '0x%" PRIx64 "'\n", INDENT, "",
		drgn, INDENT, "", evidence->value);
}

void confirm_text(const struct output_options *options, const struct kswapck_finding *finding)
{
	const struct kswapck_problem *problem = finding->problem;
	char text[1024];
	unsigned int i;
	int length;

	lines_paint(options, finding->severity == KSWAPCK_ERROR ? LINES_RED : LINES_YELLOW);
	length = fprintf(options->stream, "%s %s", problem->id, problem->name);
	lines_paint(options, LINES_PLAIN);
	fputs(": ", options->stream);
	sentence_of(finding, text, sizeof(text));
	sentence_wrap(options->stream, text, INDENT, length > 0 ? (unsigned int)length + 2 : 0,
		      options->columns);
	fputc('\n', options->stream);
	for (i = 0; i < finding->evidence_count; i++)
		print_value(options, &finding->evidence[i]);
	fprintf(options->stream, "\n'kswapck help %s' tells more ways to see it.\n", problem->id);
}
