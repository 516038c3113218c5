// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck scan: audit the swap cache and report. */
#include "command/inspection.h"
#include "command/watch.h"

static bool scan(struct inspection *inspection, struct error *err)
{
	if (inspection->options->watch)
		return watch_run(inspection, err);
	if (!inspection_audit(inspection, err))
		return false;
	inspection_end(inspection);
	return inspection_written(err);
}

static int run(int argc, char **argv)
{
	return inspection_run(argc, argv, &command_scan, INSPECTION_SCAN | INSPECTION_WATCH,
			      "Audit every swap-cache slot of a dump against the pages behind it.",
			      scan);
}

const struct command command_scan = {
	.name = "scan",
	.arguments = "[OPTION]... [DUMP...]",
	.summary = "audit the swap cache of a dump and report what is broken",
	.run = run,
};
