// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck pins: which folios can be migrated, and what holds the others. */
#include <string.h>

#include "command/command.h"
#include "command/dump_options.h"
#include "command/inspection.h"
#include "command/interrupt.h"
#include "command/sandbox.h"
#include "command/terminal.h"
#include "output/pins.h"

enum {
	OPTION_PFN,
	OPTION_MEMORY_BLOCK,
	OPTION_NODE,
	OPTION_ANON,
	OPTION_JSON,
	OPTION_MAX_FINDINGS,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_COUNT,
	FIRST_DUMP_OPTION = OPTION_COUNT,
};

static const struct option_entry own_options[OPTION_COUNT] = {
	[OPTION_PFN] = {"pfn", 'p', "A[-B]",
		"look at these page frames, decimal or 0x..."},
	[OPTION_MEMORY_BLOCK] = {"memory-block", 'b', "N",
		"look at what /sys/devices/system/memory/memoryN stands for"},
	[OPTION_NODE] = {"node", 'N', "N", "look at all pages of a node"},
	[OPTION_ANON] = {"anon", 'A', NULL,
		"look at anonymous memory and swap cache alone, of all nodes if no range is given"},
	[OPTION_JSON] = {"json", 'j', NULL, "write the report as JSON; nothing is left out"},
	[OPTION_MAX_FINDINGS] = {"max-findings", 'm', "N",
		"show at most N folios of each verdict (default 10; 0: all)"},
	[OPTION_QUIET] = {"quiet", 'q', NULL, "no progress on the terminal"},
	[OPTION_HELP] = {"help", 'h', NULL, "show this help"},
};

enum place {
	PLACE_SWAP_CACHE,	/* or, with --anon, all nodes */
	PLACE_PFN,
	PLACE_MEMORY_BLOCK,
	PLACE_NODE,
};

struct pins_wishes {
	struct dump_options dump;
	enum place place;
	uint64_t first, last;	/* pfns, or the number of the block or node */
	bool anon, json, quiet, help;
	unsigned int max_findings;
};

static bool take_place(struct pins_wishes *wishes, enum place place, const char *option,
		       const char *value)
{
	const char *rest;

	if (wishes->place != PLACE_SWAP_CACHE)
		return options_refuse(option, value, "is a second place: give one of --pfn, "
			      "--memory-block, --node");
	if (!options_number(value, &wishes->first, &rest))
		return options_refuse(option, value, "is not a number");
	wishes->place = place;
	wishes->last = wishes->first;
	if (place == PLACE_PFN && *rest == '-' && !options_number(rest + 1, &wishes->last, &rest))
		return options_refuse(option, value, "is not A-B");
	if (*rest)
		return options_refuse(option, value, "is not a number");
	return wishes->last >= wishes->first ||
	       options_refuse(option, value, "ends before it begins");
}

/* The options of the dump stand before what every program has. */
static struct option_set all_options(void)
{
	struct option_set set = {0};

	options_add(&set, own_options, OPTION_QUIET, 0);
	options_add(&set, dump_options_table, DUMP_OPTIONS, FIRST_DUMP_OPTION);
	options_add(&set, own_options + OPTION_QUIET, OPTION_COUNT - OPTION_QUIET, OPTION_QUIET);
	return set;
}

static bool take_option(void *data, int number, const char *value)
{
	struct pins_wishes *wishes = data;

	if (number >= FIRST_DUMP_OPTION)
		return dump_options_take(&wishes->dump, number - FIRST_DUMP_OPTION, value);
	switch (number) {
	case OPTION_PFN:
		return take_place(wishes, PLACE_PFN, "pfn", value);
	case OPTION_MEMORY_BLOCK:
		return take_place(wishes, PLACE_MEMORY_BLOCK, "memory-block", value);
	case OPTION_NODE:
		return take_place(wishes, PLACE_NODE, "node", value);
	case OPTION_ANON:
		wishes->anon = true;
		break;
	case OPTION_JSON:
		wishes->json = true;
		break;
	case OPTION_MAX_FINDINGS:
		return options_count("max-findings", value, &wishes->max_findings);
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
	printf("Usage: kswapck pins %s\n"
	       "Say which folios can be migrated, and what holds the others: all of the swap\n"
	       "cache, or all pages of a range.\n\n", command_pins.arguments);
	options_print(stdout, set->entries);
	printf("\nExit status, a sum: 0 everything was seen, 4 something could not be read,\n"
	       "8 could not analyse, 16 wrong usage, 32 interrupted.\n");
}

/* ------------------------------------------------------------------- the work */

struct work {
	const struct pins_wishes *wishes;
	struct pins_question question;
	char place[64];
	struct pins_output output;
	struct progress progress;
};

static bool find_pfns(const struct kernel *kernel, struct work *work, struct error *err)
{
	struct memory_range *range = &work->question.range;
	uint64_t first = work->wishes->first, last = work->wishes->last;

	if (first >= kernel->page.pages)
		return error_set(err, ERROR_USAGE, "--pfn: the last page frame of this machine is "
				 "0x%llx", (unsigned long long)kernel->page.pages - 1);
	if (last >= kernel->page.pages)
		last = kernel->page.pages - 1;
	*range = (struct memory_range){first, last - first + 1};
	snprintf(work->place, sizeof(work->place), "page frames");
	return true;
}

static bool find_block(const struct kernel *kernel, struct work *work, struct error *err)
{
	unsigned long long block = work->wishes->first;

	snprintf(work->place, sizeof(work->place), "memory block %llu", block);
	work->question.block = true;
	return memory_block_range(kernel, block, &work->question.range) ||
	       error_set(err, ERROR_USAGE, "--memory-block: there is no block %llu (or the kernel "
			 "was built without CONFIG_MEMORY_HOTPLUG)", block);
}

static bool find_node(const struct kernel *kernel, struct work *work, struct error *err)
{
	unsigned long long node = work->wishes->first;

	snprintf(work->place, sizeof(work->place), "node %llu", node);
	return (node < MEMORY_NODES_MAX &&
		memory_node_range(kernel, (unsigned int)node, &work->question.range)) ||
	       error_set(err, ERROR_USAGE, "--node: there is no node %llu", node);
}

/* What to look at, by the options. */
static bool find_place(const struct kernel *kernel, struct work *work, struct error *err)
{
	struct pins_question *question = &work->question;

	question->place = work->place;
	question->scope = work->wishes->anon ? PINS_ANON : PINS_RANGE;
	switch (work->wishes->place) {
	case PLACE_PFN:
		return find_pfns(kernel, work, err);
	case PLACE_MEMORY_BLOCK:
		return find_block(kernel, work, err);
	case PLACE_NODE:
		return find_node(kernel, work, err);
	default:
		break;
	}
	snprintf(work->place, sizeof(work->place), "all nodes");
	question->range = (struct memory_range){0, kernel->page.pages};
	if (work->wishes->anon)
		return true;
	question->scope = PINS_SWAP_CACHE;
	question->place = NULL;
	return true;
}

static void found(void *data, const struct pin *pin)
{
	struct work *work = data;

	progress_clear(&work->progress);
	work->output.ops->pin(&work->output, pin);
}

static void show_progress(void *data, uint64_t done, uint64_t total)
{
	struct work *work = data;

	progress_update(&work->progress, "pages", done, total);
}

static int exit_status(const struct pins_summary *summary)
{
	int status = EXIT_CLEAN;

	if (summary->verdicts[PIN_UNREADABLE].pages || summary->slots_unread ||
	    !summary->batches_complete || !summary->mapcounts_known)
		status |= EXIT_INCOMPLETE;
	if (summary->interrupted)
		status |= EXIT_INTERRUPTED;
	return status;
}

static int report(struct work *work, struct dump *dump, const char *const *files, size_t count)
{
	struct pins_options options = {
		.interrupted = interrupt_seen,
		.progress = show_progress,
		.data = work,
		.found = found,
	};
	struct report_subject subject;
	struct pins_summary summary;
	struct error err;
	int status;

	if (!find_place(&dump->kernel, work, &err))
		return command_fail(&err);
	options.scope = work->question.scope;
	options.range = work->question.range;
	dump_describe(dump, files, count, &subject);
	work->output.ops->begin(&work->output, &subject);
	if (!pins_walk(&dump->kernel, &options, &summary, &err))
		return command_fail(&err);
	progress_clear(&work->progress);
	status = exit_status(&summary);
	work->output.ops->end(&work->output, &summary, status);
	if (work->output.out_of_memory) {
		error_set(&err, ERROR_SYSTEM, "out of memory");
		return command_fail(&err);
	}
	return inspection_written(&err) ? status : command_fail(&err);
}

static int report_files(const struct pins_wishes *wishes, const struct dump_files *files)
{
	struct work work = {.wishes = wishes};
	struct dump dump;
	struct error err;
	int status;

	work.output = (struct pins_output){
		.ops = wishes->json ? &pins_json : &pins_text,
		.options = {
			.stream = stdout,
			.max_findings = wishes->max_findings,
			.colour = terminal_colour(stdout),
			.columns = terminal_columns(stdout),
		},
		.question = &work.question,
	};
	progress_begin(&work.progress, !wishes->quiet);
	if (!sandbox_dump_open(&dump, files->names, files->count, &wishes->dump, &err))
		return command_fail(&err);
	status = report(&work, &dump, files->names, files->count);
	dump_close(&dump);
	return status;
}

static int run_options(int argc, char **argv, struct pins_wishes *wishes)
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
	if (!files.count) {
		fprintf(stderr, "kswapck: which dump? usage: kswapck pins %s\n",
			command_pins.arguments);
		return EXIT_USAGE;
	}
	return report_files(wishes, &files);
}

static int run(int argc, char **argv)
{
	struct pins_wishes wishes = {.dump.search = true, .max_findings = 10};
	int status = run_options(argc, argv, &wishes);

	dump_options_free(&wishes.dump);
	return status;
}

const struct command command_pins = {
	.name = "pins",
	.arguments = "[OPTION]... DUMP...",
	.summary = "tell which folios can be migrated, and what holds the others",
	.run = run,
};
