// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck distill: a small dump of what the analysis of a large one needs. */
#include "distill/distill.h"

#include <string.h>

#include "base/text.h"
#include "command/checks.h"
#include "command/command.h"
#include "command/dump_options.h"
#include "command/inspection.h"
#include "command/interrupt.h"
#include "command/output_file.h"
#include "command/sandbox.h"
#include "command/terminal.h"

enum {
	OPTION_OUTPUT,
	OPTION_FORCE,
	OPTION_COMPRESS,
	OPTION_NO_LOG,
	OPTION_REDACT,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_COUNT,
	FIRST_DUMP_OPTION = OPTION_COUNT,
	FIRST_CHECKS_OPTION = FIRST_DUMP_OPTION + DUMP_OPTIONS,
};

static const struct option_entry own_options[OPTION_COUNT] = {
	[OPTION_OUTPUT] = {"output", 'o', "FILE", "the file to write"},
	[OPTION_FORCE] = {"force", 'f', NULL, "replace FILE if there is one"},
	[OPTION_COMPRESS] = {"compress", 'z', "HOW", "zstd (default), zlib or lzo"},
	[OPTION_NO_LOG] = {"no-log", 'L', NULL, "leave the text of the kernel log out"},
	[OPTION_REDACT] = {"redact", 'R', NULL,
		"write other names of processes, files and the host"},
	[OPTION_QUIET] = {"quiet", 'q', NULL, "no progress on the terminal, and no summary"},
	[OPTION_HELP] = {"help", 'h', NULL, "show this help"},
};

struct distill_wishes {
	struct dump_options dump;
	struct checks checks;
	const char *output;
	bool force, quiet, help;
	struct distill_options options;
};

/* Those of the dump and of the checks stand before what every program has. */
static struct option_set all_options(void)
{
	struct option_set set = {0};

	options_add(&set, own_options, OPTION_QUIET, 0);
	options_add(&set, dump_options_table, DUMP_OPTIONS, FIRST_DUMP_OPTION);
	options_add(&set, checks_options, CHECKS_OPTIONS, FIRST_CHECKS_OPTION);
	options_add(&set, own_options + OPTION_QUIET, OPTION_COUNT - OPTION_QUIET, OPTION_QUIET);
	return set;
}

static bool take_codec(struct distill_wishes *wishes, const char *value)
{
	static const char *const names[] = {
		[CODEC_ZLIB] = "zlib", [CODEC_LZO] = "lzo", [CODEC_ZSTD] = "zstd",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]))
			continue;
		wishes->options.codec = (enum diskdump_codec)i;
		return true;
	}
	return options_refuse("compress", value, "is none of zstd, zlib, lzo");
}

static bool take_option(void *data, int number, const char *value)
{
	struct distill_wishes *wishes = data;

	if (number >= FIRST_CHECKS_OPTION)
		return checks_take(&wishes->checks, number - FIRST_CHECKS_OPTION, value);
	if (number >= FIRST_DUMP_OPTION)
		return dump_options_take(&wishes->dump, number - FIRST_DUMP_OPTION, value);
	switch (number) {
	case OPTION_OUTPUT:
		wishes->output = value;
		break;
	case OPTION_FORCE:
		wishes->force = true;
		break;
	case OPTION_COMPRESS:
		return take_codec(wishes, value);
	case OPTION_NO_LOG:
		wishes->options.no_log = true;
		break;
	case OPTION_REDACT:
		wishes->options.redact = true;
		break;
	case OPTION_QUIET:
		wishes->quiet = true;
		break;
	case OPTION_HELP:
		wishes->help = true;
		break;
	}
	return true;
}

static void print_help(const struct option_set *set)
{
	printf("Usage: kswapck distill %s\n"
	       "Write a small dump that holds only the pages that kswapck reads of this one, and\n"
	       "no memory of processes or files. kswapck finds the same in it.\n\n",
	       command_distill.arguments);
	options_print(stdout, set->entries);
	printf("\nExit status: 0 written, 8 not written, 16 wrong usage, 32 interrupted, and\n"
	       "nothing was written.\n");
}

/* ------------------------------------------------------------------- the work */

struct work {
	struct distill_wishes *wishes;
	const struct dump_files *files;
	struct progress progress;
};

static void on_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	struct work *work = data;

	progress_update(&work->progress, what, done, total);
}

static bool on_stop(void *data)
{
	(void)data;
	return interrupt_seen();
}

static void print_summary(const struct work *work, const struct distill_summary *summary)
{
	char pages[32], bytes[32], refused[32];

	if (work->wishes->quiet)
		return;
	printf("%s: %s pages in %s bytes\n", work->wishes->output,
	       text_number(summary->written.pages, pages),
	       text_number(summary->written.bytes, bytes));
	if (summary->refused)
		printf("left out: %s page%s that the analysis read, and that may hold what is "
		       "not the kernel's\n", text_number(summary->refused, refused),
		       summary->refused == 1 ? "" : "s");
}

static bool write_dump(struct work *work, int descriptor, struct distill_summary *summary,
		       struct error *err)
{
	struct distill_wishes *wishes = work->wishes;
	struct dump dump;
	bool done;

	if (!checks_gather(&wishes->checks, err) || !checks_any(&wishes->checks, err))
		return false;
	wishes->options.catalogue = &wishes->checks.catalogue;
	wishes->dump.record = page_set_new();
	if (!wishes->dump.record)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	done = sandbox_dump_open(&dump, work->files->names, work->files->count, &wishes->dump, err);
	if (done) {
		done = distill_record(&dump.kernel, &wishes->options, err) &&
		       distill_write(&dump.kernel, &wishes->options, wishes->dump.record,
				     descriptor, summary, err);
		dump_close(&dump);
	}
	page_set_free(wishes->dump.record);
	progress_clear(&work->progress);
	return done;
}

/* In a process of its own, which can write to @stream and nowhere else. */
static int write_it(void *data, FILE *stream)
{
	struct work *work = data;
	struct distill_summary summary = {0};
	struct error err = {0};

	progress_begin(&work->progress, !work->wishes->quiet);
	if (write_dump(work, fileno(stream), &summary, &err)) {
		print_summary(work, &summary);
		return EXIT_CLEAN;
	}
	error_prefix(&err, "%s: not written", work->wishes->output);
	return command_fail(&err) | (interrupt_seen() ? EXIT_INTERRUPTED : 0);
}

static int run_files(struct distill_wishes *wishes, const struct dump_files *files)
{
	struct work work = {.wishes = wishes, .files = files};

	if (!strcmp(wishes->output, "-")) {
		fprintf(stderr, "kswapck: a dump is written to a file, not to a pipe: -o FILE\n");
		return EXIT_USAGE;
	}
	if (output_file_is_input(wishes->output, files->names, files->count)) {
		fprintf(stderr, "kswapck: %s: is the dump itself\n", wishes->output);
		return EXIT_USAGE;
	}
	wishes->options.data = &work;
	wishes->options.progress = on_progress;
	wishes->options.stop = on_stop;
	interrupt_catch();
	return output_file_run(wishes->output, wishes->force, write_it, &work);
}

static int run_options(int argc, char **argv, struct distill_wishes *wishes)
{
	const struct option_set set = all_options();
	int first = options_parse_set(argc, argv, &set, take_option, wishes);
	struct dump_files files;

	if (first < 0)
		return EXIT_USAGE;
	if (wishes->help) {
		print_help(&set);
		return EXIT_CLEAN;
	}
	if (!dump_options_files(&wishes->dump, argc, argv, first, &files))
		return EXIT_USAGE;
	if (files.count && wishes->output)
		return run_files(wishes, &files);
	fprintf(stderr, "kswapck: %s? usage: kswapck distill %s\n",
		files.count ? "into which file (-o)" : "which dump", command_distill.arguments);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	/* symbols and types from the dump, so that they go into the new one */
	struct distill_wishes wishes = {.options.codec = CODEC_ZSTD};
	int status = run_options(argc, argv, &wishes);

	checks_free(&wishes.checks);
	dump_options_free(&wishes.dump);
	return status;
}

const struct command command_distill = {
	.name = "distill",
	.arguments = "[OPTION]... -o FILE DUMP...",
	.summary = "write a small dump of what the analysis needs, without user memory",
	.run = run,
};
