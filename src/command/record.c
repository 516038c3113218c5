// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck record: a dump in one line of JSON. kswapck batch runs this for each dump. */
#include "command/inspection.h"

static bool record(struct inspection *inspection, struct error *err)
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

static int run(int argc, char **argv)
{
	return inspection_run(argc, argv, &command_record, INSPECTION_RECORD,
			      "Write one line of JSON about a dump: what kswapck batch writes for each, but "
			      "for\nwhat it measures.",
			      record);
}

const struct command command_record = {
	.name = "record",
	.arguments = "[OPTION]... [DUMP...]",
	.summary = "a dump in one line of JSON, as in the results of batch",
	.run = run,
};
