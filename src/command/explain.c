// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck explain: the story of a stall. The audit's findings go into it, unseen. */
#include "command/inspection.h"

static void print_json(const struct explanation *explanation)
{
	struct json_writer json = {.stream = stdout};

	explain_json(&json, NULL, explanation);
	putchar('\n');
}

static bool explain(struct inspection *inspection, struct error *err)
{
	struct explanation explanation;

	if (!inspection_audit(inspection, err) || !inspection_tell(inspection, err))
		return false;
	explanation = inspection_explanation(inspection);
	if (inspection->options->json)
		print_json(&explanation);
	else
		explain_text(&inspection->output.options, &explanation);
	return inspection_written(err);
}

static int run(int argc, char **argv)
{
	return inspection_run(argc, argv, &command_explain, INSPECTION_EXPLAIN,
			      "Tell who is stuck in the swap cache of a dump, where, why, since when, "
			      "by which\nknown bug, and who will be next.",
			      explain);
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "[OPTION]... [DUMP...]",
	.summary = "tell who is stuck where and why, by which bug, and who is next",
	.run = run,
};
