// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck scan: audit the swap cache and report. */
#include "command/inspection.h"
#include "command/interrupt.h"

static bool scan(struct inspection *inspection, struct error *err)
{
	if (!inspection_audit(inspection, err))
		return false;
	inspection_end(inspection);
	return inspection_written(err);
}

static int scan_files(const struct inspection_options *options, const char *const *files,
		      size_t count)
{
	struct error err = {0};
	struct inspection *inspection = inspection_open(options, files, count, &err);
	int status;

	if (inspection && scan(inspection, &err))
		status = inspection->output.totals.exit_status;
	else
		status = command_fail(&err);
	inspection_close(inspection);
	return status;
}

static int run(int argc, char **argv)
{
	struct inspection_options options;
	int first = inspection_options_parse(argc, argv, &command_scan, INSPECTION_SCAN, &options);

	if (first < 0)
		return EXIT_USAGE;
	if (options.help) {
		inspection_help(&command_scan, INSPECTION_SCAN,
				"Audit every swap-cache slot of a dump against the pages behind "
				"it.");
		return EXIT_CLEAN;
	}
	interrupt_catch();
	return scan_files(&options, (const char *const *)argv + first, (size_t)(argc - first));
}

const struct command command_scan = {
	.name = "scan",
	.arguments = "[OPTION]... DUMP...",
	.summary = "audit the swap cache of a dump and report what is broken",
	.run = run,
};
