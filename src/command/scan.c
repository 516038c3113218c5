// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck scan: audit the swap cache and report. */
#include "command/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/dump.h"
#include "command/interrupt.h"
#include "command/options.h"
#include "command/terminal.h"
#include "output/output.h"

enum {
	OPTION_JSON,
	OPTION_MAX_FINDINGS,
	OPTION_VMLINUX,
	OPTION_NO_SEARCH,
	OPTION_ARCH,
	OPTION_QUIET,
	OPTION_HELP,
};

static const struct option_entry options_table[] = {
	[OPTION_JSON] = {"json", 'j', NULL, "write the report as JSON; nothing is left out"},
	[OPTION_MAX_FINDINGS] = {"max-findings", 'm', "N",
		"show at most N findings of each problem (default 3; 0: all)"},
	[OPTION_VMLINUX] = {"vmlinux", 'k', "FILE",
		"take symbols and types from this vmlinux, not from the dump"},
	[OPTION_NO_SEARCH] = {"no-search", 'n', NULL,
		"do not look for a vmlinux in /usr/lib/debug and /boot"},
	[OPTION_ARCH] = {"arch", 'a', "NAME",
		"architecture of the dump, where its header does not tell (x86_64)"},
	[OPTION_QUIET] = {"quiet", 'q', NULL, "no progress on the terminal"},
	[OPTION_HELP] = {"help", 'h', NULL, "show this help"},
	{0},
};

struct scan_options {
	struct dump_options dump;
	const struct output_ops *output;
	unsigned int max_findings;
	bool quiet;
	bool help;
};

struct scan {
	struct output output;
	struct progress progress;
};

static bool take_option(void *data, int index, const char *value)
{
	struct scan_options *options = data;
	unsigned long number;
	char *end;

	switch (index) {
	case OPTION_JSON:
		options->output = &output_json;
		break;
	case OPTION_MAX_FINDINGS:
		errno = 0;
		number = strtoul(value, &end, 10);
		if (errno || *end || !isdigit((unsigned char)*value) || number > UINT32_MAX) {
			fprintf(stderr, "kswapck: --max-findings: '%s' is not a number\n", value);
			return false;
		}
		options->max_findings = (unsigned int)number;
		break;
	case OPTION_VMLINUX:
		options->dump.vmlinux = value;
		break;
	case OPTION_NO_SEARCH:
		options->dump.search = false;
		break;
	case OPTION_ARCH:
		options->dump.architecture = value;
		break;
	case OPTION_QUIET:
		options->quiet = true;
		break;
	case OPTION_HELP:
		options->help = true;
		break;
	}
	return true;
}

static void print_help(void)
{
	printf("Usage: kswapck scan %s\n"
	       "Audit every swap-cache slot of a dump against the pages behind it.\n\n"
	       "DUMP is an ELF or kdump-compressed vmcore, flattened or not, or all parts\n"
	       "of a makedumpfile --split set. No vmlinux is needed.\n\n",
	       command_scan.arguments);
	options_print(stdout, options_table);
	printf("\nExit status, a sum: 0 clean, 1 errors found, 2 warnings found, 4 something could\n"
	       "not be read, 8 could not analyse, 16 wrong usage, 32 interrupted.\n");
}

/* --------------------------------------------------------- from audit to output */

static void on_device(void *data, const struct kswapck_device *device)
{
	struct report_totals *totals = &((struct scan *)data)->output.totals;

	if (totals->device_count < REPORT_DEVICES_MAX)
		totals->devices[totals->device_count++] = *device;
}

static void on_finding(void *data, const struct kswapck_finding *finding)
{
	struct scan *scan = data;
	uint64_t nth = output_count(&scan->output, finding);

	progress_clear(&scan->progress);
	scan->output.ops->finding(&scan->output, finding, nth);
}

static void on_progress(void *data, uint64_t done, uint64_t total)
{
	struct scan *scan = data;

	progress_update(&scan->progress, "scanning the swap cache", done, total);
}

static bool on_stop(void *data)
{
	struct scan *scan = data;

	/* nobody reads any more: | head */
	return interrupt_seen() || ferror(scan->output.options.stream);
}

static int exit_status(const struct audit_summary *audit)
{
	int status = EXIT_CLEAN;

	if (audit->errors)
		status |= EXIT_ERRORS;
	if (audit->warnings)
		status |= EXIT_WARNINGS;
	if (!audit_summary_complete(audit))
		status |= EXIT_INCOMPLETE;
	if (audit->interrupted)
		status |= EXIT_INTERRUPTED;
	return status;
}

static bool scan_dump(struct scan *scan, const struct dump *dump,
		      const struct report_subject *subject, struct error *err)
{
	const struct audit_sink sink = {
		.data = scan,
		.device = on_device,
		.finding = on_finding,
		.progress = on_progress,
		.stop = on_stop,
	};
	struct report_totals *totals = &scan->output.totals;

	scan->output.ops->begin(&scan->output, subject);
	if (!audit_run(&dump->kernel, &sink, &totals->audit, err))
		return false;
	progress_clear(&scan->progress);
	totals->reads = *memory_statistics(dump->memory);
	totals->exit_status = exit_status(&totals->audit);
	scan->output.ops->end(&scan->output, subject);
	if (fflush(scan->output.options.stream) || ferror(scan->output.options.stream))
		return error_set(err, ERROR_SYSTEM, "cannot write the report: %s",
				 strerror(errno));
	return true;
}

static int scan_files(const struct scan_options *options, const char *const *files, size_t count)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	struct report_subject subject;
	struct error err = {0};
	struct dump dump;
	int status;

	if (!scan) {
		error_set(&err, ERROR_SYSTEM, "out of memory");
		return command_fail(&err);
	}
	scan->output.ops = options->output;
	scan->output.options = (struct output_options){
		.stream = stdout,
		.max_findings = options->max_findings,
		.colour = terminal_colour(stdout),
		.columns = terminal_columns(stdout),
	};
	if (!dump_open(&dump, files, count, &options->dump, &err)) {
		free(scan);
		return command_fail(&err);
	}
	progress_begin(&scan->progress, !options->quiet);
	dump_describe(&dump, files, count, &subject);
	if (scan_dump(scan, &dump, &subject, &err))
		status = scan->output.totals.exit_status;
	else
		status = command_fail(&err);
	dump_close(&dump);
	free(scan);
	return status;
}

static int run(int argc, char **argv)
{
	struct scan_options options = {
		.dump.search = true,
		.output = &output_text,
		.max_findings = 3,
	};
	int first = options_parse(argc, argv, options_table, take_option, &options);

	if (first < 0)
		return EXIT_USAGE;
	if (options.help) {
		print_help();
		return EXIT_CLEAN;
	}
	if (first == argc) {
		fprintf(stderr, "kswapck: which dump? usage: kswapck scan %s\n",
			command_scan.arguments);
		return EXIT_USAGE;
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
