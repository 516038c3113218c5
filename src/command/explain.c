// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck explain: the story of a stall. The audit's findings go into it, unseen. */
#include "command/inspection.h"
#include "command/interrupt.h"

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

static int explain_files(const struct inspection_options *options, const char *const *files,
			 size_t count)
{
	struct error err = {0};
	struct inspection *inspection = inspection_open(options, files, count, &err);
	int status;

	if (inspection && explain(inspection, &err))
		status = inspection->output.totals.exit_status;
	else
		status = command_fail(&err);
	inspection_close(inspection);
	return status;
}

static int run(int argc, char **argv)
{
	struct inspection_options options;
	int first = inspection_options_parse(argc, argv, &command_explain, INSPECTION_EXPLAIN,
					     &options);

	if (first < 0)
		return EXIT_USAGE;
	if (options.help) {
		inspection_help(&command_explain, INSPECTION_EXPLAIN,
				"Tell who is stuck in the swap cache of a dump, where, why, since "
				"when, by which\nknown bug, and who will be next.");
		return EXIT_CLEAN;
	}
	interrupt_catch();
	return explain_files(&options, (const char *const *)argv + first, (size_t)(argc - first));
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "[OPTION]... DUMP...",
	.summary = "tell who is stuck where and why, by which bug, and who is next",
	.run = run,
};
