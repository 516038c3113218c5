// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck batch: many dumps, one process each, one line of JSON for each. */
#include "batch/batch.h"

#include <ctype.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/shard.h"
#include "command/batch_index.h"
#include "command/checks.h"
#include "command/command.h"
#include "command/dump_options.h"
#include "command/interrupt.h"
#include "command/options.h"
#include "command/terminal.h"

#define JOBS_MAX	1024
#define TIMEOUT_DEFAULT	1800	/* seconds */
#define MEMORY_MIN	(UINT64_C(64) << 20)	/* less, and not even the libraries start */
#define MEMORY_DEFAULT_MIN (UINT64_C(512) << 20)

/* Of a child: the program, "record", and its options with their values. */
#define ARGUMENTS_MAX 256

enum {
	OPTION_OUTPUT,
	OPTION_HTML,
	OPTION_RESUME,
	OPTION_RETRY,
	OPTION_JOBS,
	OPTION_TIMEOUT,
	OPTION_MEMORY,
	OPTION_SHARD,
	OPTION_NO_SWEEP,
	FIRST_DUMP_OPTION,
	FIRST_CHECKS_OPTION = FIRST_DUMP_OPTION + DUMP_OPTIONS,
	OPTION_QUIET = FIRST_CHECKS_OPTION + CHECKS_OPTIONS,
	OPTION_HELP,
	OPTION_COUNT,
};

static const struct option_entry own_options[OPTION_COUNT] = {
	[OPTION_OUTPUT] = {"output", 'o', "FILE",
		"append the records to this file, safely; else they go to standard output"},
	[OPTION_HTML] = {"html", 'x', "PAGE",
		"write an index of all dumps that have a record in FILE, at the end"},
	[OPTION_RESUME] = {"resume", 'u', NULL,
		"FILE has records already: do only the dumps that have none in it"},
	[OPTION_RETRY] = {"retry", 'y', NULL,
		"as --resume, and do again those that could not be analysed"},
	[OPTION_JOBS] = {"jobs", 'J', "N", "do so many at a time (default: one for each CPU)"},
	[OPTION_TIMEOUT] = {"timeout", 'T', "SECONDS",
		"end what takes longer, with a record that says so (default 1800; 0: never)"},
	[OPTION_MEMORY] = {"memory", 'M', "SIZE",
		"what one may take of memory: 512M, 2G (default: half of all, shared by the jobs)"},
	[OPTION_SHARD] = {"shard", 'H', "I/N",
		"do only the I-th of N parts; an array job of Slurm and an indexed Job of Kubernetes "
		"need not say it"},
	[OPTION_NO_SWEEP] = {"no-sweep", 'w', NULL, "do not look through page tables"},
	[OPTION_QUIET] = {"quiet", 'q', NULL, "no progress on the terminal, and no summary"},
	[OPTION_HELP] = {"help", 'h', NULL, "show this help"},
};

struct batch_command {
	struct option_entry options[OPTION_COUNT + 1];
	const char *output, *html;
	bool resume, retry, quiet, help;
	unsigned int jobs;
	struct child_limits limits;
	struct shard shard;
	struct dump_options dump;
	struct checks checks;
	const char *arguments[ARGUMENTS_MAX + 1];
	size_t argument_count;
	struct progress progress;
	uint64_t began;
};

/* --------------------------------------------------------------------------- options */

static void make_options(struct batch_command *batch)
{
	memcpy(batch->options, own_options, sizeof(own_options));
	memcpy(batch->options + FIRST_DUMP_OPTION, dump_options_table,
	       sizeof(dump_options_table));
	memcpy(batch->options + FIRST_CHECKS_OPTION, checks_options, sizeof(checks_options));
}

/* What is for the child goes to it as it came. */
static bool hand_on(struct batch_command *batch, int index, const char *value)
{
	char *option;

	if (batch->argument_count + 2 > ARGUMENTS_MAX)
		return options_refuse(batch->options[index].name, value ? value : "",
				      "is one option too many");
	if (asprintf(&option, "--%s%s%s", batch->options[index].name, value ? "=" : "",
		     value ? value : "") < 0)
		return false;
	batch->arguments[batch->argument_count++] = option;
	return true;
}

static bool take_size(const char *option, const char *value, uint64_t *size)
{
	static const char units[] = "KMGT";
	const char *end, *unit;
	uint64_t number;

	if (!options_number(value, &number, &end) || !number)
		return options_refuse(option, value, "is no size");
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (*end && (!unit || end[1]))
		return options_refuse(option, value, "is no size: 512M or 2G is one");
	if (unit && number > UINT64_MAX >> 10 * (unit - units + 1))
		return options_refuse(option, value, "is too much");
	*size = unit ? number << 10 * (unit - units + 1) : number;
	return *size >= MEMORY_MIN ||
	       options_refuse(option, value, "is too little: 64M is the least");
}

static bool take_option(void *data, int index, const char *value)
{
	struct batch_command *batch = data;

	if (index >= FIRST_DUMP_OPTION && index < FIRST_CHECKS_OPTION)
		return dump_options_take(&batch->dump, index - FIRST_DUMP_OPTION, value) &&
		       (!batch->dump.raw_count ||
			options_refuse("raw", value, "is one dump, not one of many: see record")) &&
		       hand_on(batch, index, value);
	if (index >= FIRST_CHECKS_OPTION && index < OPTION_QUIET)
		return checks_take(&batch->checks, index - FIRST_CHECKS_OPTION, value) &&
		       hand_on(batch, index, value);
	switch (index) {
	case OPTION_OUTPUT:
		batch->output = value;
		return *value || options_refuse("output", value, "is no file");
	case OPTION_HTML:
		batch->html = value;
		return *value || options_refuse("html", value, "is no file");
	case OPTION_RESUME:
		batch->resume = true;
		break;
	case OPTION_RETRY:
		batch->resume = batch->retry = true;
		break;
	case OPTION_JOBS:
		return options_count("jobs", value, &batch->jobs) &&
		       ((batch->jobs && batch->jobs <= JOBS_MAX) ||
			options_refuse("jobs", value, "is not from 1 to 1024"));
	case OPTION_TIMEOUT:
		return options_count("timeout", value, &batch->limits.seconds);
	case OPTION_MEMORY:
		return take_size("memory", value, &batch->limits.memory);
	case OPTION_SHARD:
		return shard_parse(value, &batch->shard) ||
		       options_refuse("shard", value, "is not like 2/4, the second of four");
	case OPTION_NO_SWEEP:
		return hand_on(batch, index, value);
	case OPTION_QUIET:
		batch->quiet = true;
		break;
	case OPTION_HELP:
		batch->help = true;
		break;
	}
	return true;
}

static unsigned int cpu_count(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return count > 0 && count <= JOBS_MAX ? (unsigned int)count : 1;
}

static uint64_t memory_share(unsigned int jobs)
{
	uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t share = all / 2 / jobs;

	return share > MEMORY_DEFAULT_MIN ? share : MEMORY_DEFAULT_MIN;
}

static void print_help(struct batch_command *batch)
{
	printf("Usage: kswapck %s %s\n"
	       "Analyse many dumps, each in a process of its own, and write one line of JSON for\n"
	       "each. PATH is a file, a folder with dumps somewhere below, a pattern in quotes,\n"
	       "or - for a list on standard input. Parts of a split dump are joined; logs and\n"
	       "vmlinux files in folders are passed over.\n\n",
	       command_batch.name, command_batch.arguments);
	options_print(stdout, batch->options);
	printf("\nExit status, a sum of all: 0 clean, 1 errors found, 2 warnings found, 4\n"
	       "something could not be read, 8 could not analyse, 16 wrong usage, 32\ninterrupted.\n");
}

/* -------------------------------------------------------------------------- progress */

static uint64_t seconds_left(const struct batch_command *batch,
			     const struct batch_totals *totals)
{
	uint64_t passed = (child_now() - batch->began) / 1000000000;
	size_t left = totals->dumps - totals->skipped - totals->done;

	return totals->done ? passed * left / totals->done : 0;
}

static void on_progress(void *data, const struct batch_totals *totals)
{
	struct batch_command *batch = data;
	char done[TEXT_NUMBER_SIZE], dumps[TEXT_NUMBER_SIZE], text[160], left[48] = "";
	uint64_t seconds = seconds_left(batch, totals);

	if (seconds >= 120)
		snprintf(left, sizeof(left), ", %llu min left", (unsigned long long)seconds / 60);
	else if (seconds)
		snprintf(left, sizeof(left), ", %llu s left", (unsigned long long)seconds);
	snprintf(text, sizeof(text), "%s of %s dumps, %zu broken, %zu not analysed%s",
		 text_number(totals->done + totals->skipped, done),
		 text_number(totals->dumps, dumps), totals->broken, totals->failed, left);
	progress_update(&batch->progress, text, totals->done + totals->skipped, totals->dumps);
}

static bool on_stop(void *data)
{
	(void)data;
	return interrupt_seen() || ferror(stdout);
}

static void tell_summary(const struct batch_command *batch, const struct batch_dumps *dumps,
			 const struct batch_totals *totals)
{
	char number[TEXT_NUMBER_SIZE];

	fprintf(stderr, "kswapck: %s dump%s", text_number(totals->dumps, number),
		totals->dumps == 1 ? "" : "s");
	if (batch->shard.count > 1)
		fprintf(stderr, " in shard %u/%u (%s)", batch->shard.index + 1,
			batch->shard.count, batch->shard.from);
	fprintf(stderr, ": %s analysed", text_number(totals->done - totals->failed, number));
	fprintf(stderr, ", %s of them broken", text_number(totals->broken, number));
	if (totals->failed)
		fprintf(stderr, "; %s could not be analysed", text_number(totals->failed, number));
	if (totals->skipped)
		fprintf(stderr, "; %s had a record already",
			text_number(totals->skipped, number));
	if (batch_dumps_passed(dumps))
		fprintf(stderr, "; %s file%s in folders passed over as no dump",
			text_number(batch_dumps_passed(dumps), number),
			batch_dumps_passed(dumps) == 1 ? "" : "s");
	fputc('\n', stderr);
}

static void tell_rest(const struct batch_command *batch, const struct batch_totals *totals)
{
	char done[TEXT_NUMBER_SIZE], dumps[TEXT_NUMBER_SIZE];

	fprintf(stderr, "kswapck: %s: %s of %s dumps have a record; ",
		totals->interrupted ? "interrupted" : "not all is done",
		text_number(totals->done + totals->skipped, done),
		text_number(totals->dumps, dumps));
	if (batch->output)
		fprintf(stderr, "the same command with --resume does the rest\n");
	else
		fprintf(stderr, "with --output=FILE the rest could be done later\n");
}

/* ------------------------------------------------------------------------------ work */

static bool list_dumps(struct batch_command *batch, struct batch_dumps *dumps,
		       char **paths, size_t count, struct error *err)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!(strcmp(paths[i], "-") ? batch_dumps_add(dumps, paths[i], err) :
					      batch_dumps_read(dumps, stdin, err)))
			return false;
	return batch_dumps_finish(dumps, batch->shard.index, batch->shard.count, err);
}

static int run_batch(struct batch_command *batch, const struct batch_dumps *dumps,
		     struct results *results, struct error *err)
{
	char shard[32] = "";
	const struct batch_options options = {
		.arguments = (char *const *)batch->arguments,
		.jobs = batch->jobs,
		.limits = batch->limits,
		.shard = batch->shard.count > 1 ? shard : NULL,
		.results = results,
		.data = batch,
		.progress = on_progress,
		.stop = on_stop,
	};
	struct batch_totals totals;
	bool done;

	snprintf(shard, sizeof(shard), "%u/%u", batch->shard.index + 1, batch->shard.count);
	progress_begin(&batch->progress, !batch->quiet);
	batch->began = child_now();
	done = batch_run(dumps, &options, &totals, err) &&
	       (!results || results_sync(results, err));
	progress_clear(&batch->progress);
	if (!done)
		totals.exit_status |= command_fail(err);
	/* there are dumps without a record */
	if (totals.interrupted || !done)
		totals.exit_status |= EXIT_INTERRUPTED;
	if (!batch->quiet)
		tell_summary(batch, dumps, &totals);
	if (totals.interrupted || !done)
		tell_rest(batch, &totals);
	return totals.exit_status;
}

static bool prepare(struct batch_command *batch, struct results **results, struct error *err)
{
	if ((!batch->shard.count && !shard_find(&batch->shard, err)) ||
	    !checks_gather(&batch->checks, err) || !checks_any(&batch->checks, err))
		return false;
	if (batch->output)
		*results = results_open(batch->output, batch->resume, batch->retry, err);
	return !batch->output || *results;
}

static int run_paths(struct batch_command *batch, char **paths, size_t count)
{
	struct batch_dumps *dumps = NULL;
	struct results *results = NULL;
	struct error err = {0};
	int status;

	if (prepare(batch, &results, &err)) {
		dumps = batch_dumps_new(batch->output);
		if (!dumps)
			error_set(&err, ERROR_SYSTEM, "out of memory");
	}
	if (dumps && list_dumps(batch, dumps, paths, count, &err))
		status = run_batch(batch, dumps, results, &err);
	else
		status = command_fail(&err);
	results_close(results);
	batch_dumps_free(dumps);
	if (batch->html && !(status & EXIT_USAGE) &&
	    !batch_index_of(batch->html, batch->output, &err))
		status |= command_fail(&err);
	return status;
}

static int run_parsed(struct batch_command *batch, int argc, char **argv, int first)
{
	if (first < 0)
		return EXIT_USAGE;
	if (batch->help) {
		print_help(batch);
		return EXIT_CLEAN;
	}
	if (first == argc) {
		fprintf(stderr, "kswapck: which dumps? usage: kswapck %s %s\n", command_batch.name,
			command_batch.arguments);
		return EXIT_USAGE;
	}
	if (batch->resume && !batch->output) {
		fprintf(stderr, "kswapck: --resume and --retry need --output=FILE, where the records "
			"are\n");
		return EXIT_USAGE;
	}
	if (batch->html && !batch->output) {
		fprintf(stderr, "kswapck: --html needs --output=FILE, where the records are\n");
		return EXIT_USAGE;
	}
	if (!batch->jobs)
		batch->jobs = cpu_count();
	if (!batch->limits.memory)
		batch->limits.memory = memory_share(batch->jobs);
	interrupt_catch();
	return run_paths(batch, argv + first, (size_t)(argc - first));
}

static int run(int argc, char **argv)
{
	struct batch_command batch = {
		.limits.seconds = TIMEOUT_DEFAULT,
		.arguments = {"kswapck", "record", "--quiet"},
		.argument_count = 3,
	};
	size_t i;
	int first, status;

	make_options(&batch);
	first = options_parse(argc, argv, batch.options, take_option, &batch);
	status = run_parsed(&batch, argc, argv, first);
	for (i = 3; i < batch.argument_count; i++)
		free((char *)batch.arguments[i]);
	checks_free(&batch.checks);
	free(batch.dump.raw);
	return status;
}

const struct command command_batch = {
	.name = "batch",
	.arguments = "[OPTION]... PATH...",
	.summary = "analyse many dumps, one process and one line of JSON each",
	.run = run,
};
