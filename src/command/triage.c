// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kswapck triage, which is what kswapck does without a command: the verdict and the
 * story first, then the findings. The text of these is kept until the story is told;
 * JSON is written as it comes, with the story at its end.
 */
#include "command/inspection.h"
#include "command/watch.h"

#include <stdlib.h>
#include <string.h>

#define PARTS (INSPECTION_SCAN | INSPECTION_EXPLAIN | INSPECTION_WATCH)

static bool triage_json(struct inspection *inspection, struct error *err)
{
	struct explanation explanation;

	if (!inspection_audit(inspection, err) || !inspection_tell(inspection, err))
		return false;
	explanation = inspection_explanation(inspection);
	inspection->output.explanation = &explanation;
	inspection_end(inspection);
	inspection->output.explanation = NULL;
	return inspection_written(err);
}

/* With a report of findings that goes to inspection->output's stream, not yet to stdout. */
static bool make_both(struct inspection *inspection, struct error *err)
{
	struct output_options options = inspection->output.options;
	struct explanation explanation;

	if (!inspection_audit(inspection, err) || !inspection_tell(inspection, err))
		return false;
	explanation = inspection_explanation(inspection);
	options.stream = stdout;
	explain_text(&options, &explanation);
	inspection_end(inspection);
	return true;
}

static bool triage_text(struct inspection *inspection, struct error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *report = open_memstream(&text, &size);
	bool done, kept;

	if (!report)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	inspection->output.options.stream = report;
	done = make_both(inspection, err);
	kept = !ferror(report);
	inspection->output.options.stream = stdout;
	if (fclose(report) || !kept) {
		free(text);
		return done ? error_set(err, ERROR_SYSTEM, "out of memory") : false;
	}
	if (done)
		putchar('\n');
	/* what was found before it failed is worth seeing too */
	fwrite(text, 1, size, stdout);
	free(text);
	return done && inspection_written(err);
}

/* Both parts are as wide; the findings alone, in scan, are not wrapped in a pipe. */
static void set_width(struct output_options *options)
{
	if (!options->columns || options->columns > EXPLAIN_COLUMNS_MAX)
		options->columns = EXPLAIN_COLUMNS_MAX;
}

static bool triage(struct inspection *inspection, struct error *err)
{
	if (inspection->options->watch)
		return watch_run(inspection, err);
	set_width(&inspection->output.options);
	return (inspection->options->json ? triage_json : triage_text)(inspection, err);
}

static int run(int argc, char **argv)
{
	return inspection_run(argc, argv, &command_triage, PARTS,
			      "Explain a dump, then show what the audit of its swap cache found. The "
			      "same as\nkswapck without a command.",
			      triage);
}

const struct command command_triage = {
	.name = "triage",
	.arguments = "[OPTION]... [DUMP...]",
	.summary = "explain, then what scan reports (what a DUMP alone does)",
	.run = run,
};
