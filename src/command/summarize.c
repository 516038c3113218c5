// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck summarize: the records of batches, grouped by bug. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "batch/groups.h"
#include "command/batch_index.h"
#include "command/command.h"
#include "command/options.h"
#include "command/terminal.h"

#define COLUMNS_MAX 100

enum {
	OPTION_JSON,
	OPTION_HTML,
	OPTION_MERGE,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_COUNT,
};

static const struct option_entry options_table[OPTION_COUNT + 1] = {
	[OPTION_JSON] = {"json", 'j', NULL, "write the summary as JSON"},
	[OPTION_HTML] = {"html", 'x', "FILE", "write an index of all dumps to this file"},
	[OPTION_MERGE] = {"merge", 'g', NULL,
		"write the records instead, each dump once, sorted: one file of many"},
	[OPTION_QUIET] = {"quiet", 'q', NULL, "do not tell of lines that are no records"},
	[OPTION_HELP] = {"help", 'h', NULL, "show this help"},
};

struct summary {
	bool json, merge, quiet, help;
	const char *html;
	struct records records;
};

static bool take_option(void *data, int index, const char *value)
{
	struct summary *summary = data;

	if (index == OPTION_HTML) {
		summary->html = value;
		return *value || options_refuse("html", value, "is no file");
	}
	summary->json |= index == OPTION_JSON;
	summary->merge |= index == OPTION_MERGE;
	summary->quiet |= index == OPTION_QUIET;
	summary->help |= index == OPTION_HELP;
	return true;
}

static void print_help(void)
{
	printf("Usage: kswapck %s %s\n"
	       "Group the records of kswapck batch, of any number of files in any order: how\n"
	       "often, on which kernels, first and last seen, an exemplar of each, and where it\n"
	       "is fixed. A dump with several records counts once. FILE - is standard input.\n\n",
	       command_summarize.name, command_summarize.arguments);
	options_print(stdout, options_table);
}

static void write_merged(const struct records *records)
{
	size_t i;

	for (i = 0; i < records->count; i++)
		printf("%s\n", records->list[i].line);
}

static bool write_summary(const struct summary *summary, struct error *err)
{
	unsigned int columns = terminal_columns(stdout);
	struct groups groups;

	if (summary->merge) {
		write_merged(&summary->records);
		return true;
	}
	if (summary->html)
		return batch_index_write(summary->html, &summary->records, err);
	if (!groups_make(&groups, &summary->records)) {
		groups_free(&groups);
		return error_set(err, ERROR_SYSTEM, "out of memory");
	}
	if (summary->json)
		groups_json(stdout, &groups, &summary->records);
	else
		groups_text(stdout, &groups, &summary->records,
			    columns && columns < COLUMNS_MAX ? columns : COLUMNS_MAX);
	groups_free(&groups);
	return true;
}

static int summarize(struct summary *summary, char **files, size_t count)
{
	char number[TEXT_NUMBER_SIZE];
	struct error err = {0};
	size_t i;

	for (i = 0; i < count; i++)
		if (!records_read(&summary->records, files[i], &err))
			return command_fail(&err);
	records_merge(&summary->records);
	if (!write_summary(summary, &err))
		return command_fail(&err);
	if (!summary->records.bad_lines)
		return EXIT_CLEAN;
	if (!summary->quiet)
		fprintf(stderr, "kswapck: %s line%s no record of kswapck batch, and left out\n",
			text_number(summary->records.bad_lines, number),
			summary->records.bad_lines == 1 ? " is" : "s are");
	return EXIT_INCOMPLETE;
}

static int run(int argc, char **argv)
{
	struct summary summary = {0};
	int first = options_parse(argc, argv, options_table, take_option, &summary);
	int status = EXIT_USAGE;

	if (first < 0)
		return EXIT_USAGE;
	if (summary.help) {
		print_help();
		return EXIT_CLEAN;
	}
	if (first == argc)
		fprintf(stderr, "kswapck: which records? usage: kswapck %s %s\n",
			command_summarize.name, command_summarize.arguments);
	else
		status = summarize(&summary, argv + first, (size_t)(argc - first));
	records_free(&summary.records);
	return status;
}

const struct command command_summarize = {
	.name = "summarize",
	.arguments = "[OPTION]... FILE...",
	.summary = "group records of batch by bug: how often, which kernels, since when",
	.run = run,
};
