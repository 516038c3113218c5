// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck diff: what came and went between two reports in JSON. */
#include "diff/diff.h"

#include <string.h>

#include "command/command.h"
#include "command/options.h"
#include "command/terminal.h"
#include "output/diff.h"
#include "output/explain.h"

#define DIFF_COLUMNS 80

enum {
	OPTION_JSON,
	OPTION_MAX_FINDINGS,
	OPTION_BY,
	OPTION_HELP,
};

static const struct option_entry entries[] = {
	[OPTION_JSON] = {"json", 'j', NULL, "write the comparison as JSON; nothing is left out"},
	[OPTION_MAX_FINDINGS] = {"max-findings", 'm', "N",
		"show at most N of each problem that came, or that went ... (default 3; 0: all)"},
	[OPTION_BY] = {"by", 'y', "KEY",
		"tell findings apart by slot, device or problem (default: what fits both)"},
	[OPTION_HELP] = {"help", 'h', NULL, "show this help"},
	{0},
};

struct diff_options {
	bool json, help;
	unsigned int max_findings;
	enum diff_by by;
};

static bool take_by(struct diff_options *options, const char *value)
{
	if (!strcmp(value, "slot"))
		options->by = DIFF_BY_SLOT;
	else if (!strcmp(value, "device"))
		options->by = DIFF_BY_DEVICE;
	else if (!strcmp(value, "problem"))
		options->by = DIFF_BY_PROBLEM;
	else
		return options_refuse("by", value, "is neither slot, device nor problem");
	return true;
}

static bool take_option(void *data, int index, const char *value)
{
	struct diff_options *options = data;

	switch (index) {
	case OPTION_JSON:
		options->json = true;
		break;
	case OPTION_MAX_FINDINGS:
		return options_count("max-findings", value, &options->max_findings);
	case OPTION_BY:
		return take_by(options, value);
	case OPTION_HELP:
		options->help = true;
		break;
	}
	return true;
}

static int print_help(void)
{
	printf("Usage: kswapck diff %s\n"
	       "Compare two reports that scan, explain or triage wrote with --json: of one\n"
	       "machine before and after, of the running kernel and then of its dump, of two\n"
	       "hosts. - is stdin.\n\n", command_diff.arguments);
	options_print(stdout, entries);
	printf("\nExit status, a sum: 0 nothing new, 1 errors came or grew, 2 warnings came or\n"
	       "grew, 4 not all was seen in one of both, 8 could not compare, 16 wrong usage.\n");
	return EXIT_CLEAN;
}

static int exit_status(const struct diff_report *report)
{
	int status = EXIT_CLEAN;

	if (report->diff->new_errors)
		status |= EXIT_ERRORS;
	if (report->diff->new_warnings)
		status |= EXIT_WARNINGS;
	if (!report->before->complete || !report->after->complete)
		status |= EXIT_INCOMPLETE;
	return status;
}

static void print(const struct diff_options *options, const struct diff_report *report)
{
	struct output_options output = {
		.stream = stdout,
		.max_findings = options->max_findings,
		.colour = terminal_colour(stdout),
		.columns = terminal_columns(stdout),
	};

	if (!output.columns)
		output.columns = DIFF_COLUMNS;
	if (output.columns > EXPLAIN_COLUMNS_MAX)
		output.columns = EXPLAIN_COLUMNS_MAX;
	if (options->json)
		diff_json(stdout, report);
	else
		diff_text(&output, report);
}

static int compare(const struct diff_options *options, char **files)
{
	struct diff_document before = {0}, after = {0};
	struct diff diff = {0};
	struct diff_report report = {.before = &before, .after = &after, .diff = &diff};
	struct error err = {0};

	if (diff_document_read(&before, files[0], &err) &&
	    diff_document_read(&after, files[1], &err) &&
	    diff_compare(&before, &after, options->by, &diff, &err)) {
		report.exit_status = exit_status(&report);
		print(options, &report);
	} else {
		report.exit_status = command_fail(&err);
	}
	diff_free(&diff);
	diff_document_free(&before);
	diff_document_free(&after);
	return report.exit_status;
}

static int run(int argc, char **argv)
{
	struct diff_options options = {.max_findings = 3};
	int first = options_parse(argc, argv, entries, take_option, &options);

	if (first < 0)
		return EXIT_USAGE;
	if (options.help)
		return print_help();
	if (argc - first != 2 || (!strcmp(argv[first], "-") && !strcmp(argv[first + 1], "-"))) {
		fprintf(stderr, "kswapck: which two reports? usage: kswapck diff %s\n",
			command_diff.arguments);
		return EXIT_USAGE;
	}
	return compare(&options, argv + first);
}

const struct command command_diff = {
	.name = "diff",
	.arguments = "[OPTION]... BEFORE.json AFTER.json",
	.summary = "tell what came, went and stayed between two reports in JSON",
	.run = run,
};
