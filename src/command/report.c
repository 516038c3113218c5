// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck report: all that triage tells as one HTML file, with pictures of the devices. */
#include "command/inspection.h"

#include "output/html.h"

#define PARTS (INSPECTION_SCAN | INSPECTION_EXPLAIN | INSPECTION_FILE)

static bool write_page(struct inspection *inspection, struct error *err)
{
	struct explanation explanation;

	if (!inspection_audit(inspection, err) || !inspection_tell(inspection, err))
		return false;
	if (inspection->output.totals.exit_status & EXIT_INTERRUPTED)
		return true;
	explanation = inspection_explanation(inspection);
	inspection->output.explanation = &explanation;
	inspection_end(inspection);
	inspection->output.explanation = NULL;
	return !inspection->output.html->out_of_memory ||
	       error_set(err, ERROR_SYSTEM, "out of memory");
}

static bool report(struct inspection *inspection, struct error *err)
{
	struct html_report html = {
		.cluster_slots = inspection->dump.kernel.swap.cluster_slots,
	};
	bool done;

	inspection->map = slot_map_new();
	if (!inspection->map)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	html.map = inspection->map;
	inspection->output.ops = &output_html;
	inspection->output.html = &html;
	inspection->output.options.colour = false;
	done = write_page(inspection, err);
	inspection->output.html = NULL;
	html_report_free(&html);
	slot_map_free(inspection->map);
	inspection->map = NULL;
	return done;
}

static int run(int argc, char **argv)
{
	return inspection_run(argc, argv, &command_report, PARTS,
			      "Write what triage tells into one HTML file that needs nothing "
			      "else: the verdict,\nthe story, pictures of the swap devices, the findings, "
			      "the stacks.",
			      report);
}

const struct command command_report = {
	.name = "report",
	.arguments = "[OPTION]... -o FILE.html DUMP...",
	.summary = "write all of it as one HTML file, with pictures of the swap devices",
	.run = run,
};
