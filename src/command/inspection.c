// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/inspection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/dump_options.h"
#include "command/interrupt.h"
#include "command/options.h"
#include "command/output_file.h"
#include "command/sandbox.h"
#include "story/live.h"

/* --------------------------------------------------------------------- options */

enum {
	OPTION_JSON,
	OPTION_MAX_FINDINGS,
	OPTION_MAX_IN_FILE,
	OPTION_OUTPUT,
	OPTION_STACKS,
	OPTION_NO_SWEEP,
	OPTION_THREADS,
	OPTION_CONFIRM,
	OPTION_WATCH,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_COUNT,
};

#define INSPECTION_ANY (INSPECTION_SCAN | INSPECTION_EXPLAIN | INSPECTION_RECORD)

static const struct {
	unsigned int parts;
	struct option_entry entry;
} all_options[OPTION_COUNT] = {
	[OPTION_JSON] = {INSPECTION_SCAN | INSPECTION_EXPLAIN, {"json", 'j', NULL,
		"write the report as JSON; nothing is left out"}},
	[OPTION_MAX_FINDINGS] = {INSPECTION_SCAN, {"max-findings", 'm', "N",
		"show at most N findings of each problem (default 3; 0: all)"}},
	[OPTION_MAX_IN_FILE] = {INSPECTION_FILE, {"max-findings", 'm', "N",
		"show at most N findings of each problem (default 200; 0: all)"}},
	[OPTION_OUTPUT] = {INSPECTION_FILE, {"output", 'o', "FILE",
		"write to this file, which gets its name when it is whole; -: to stdout"}},
	[OPTION_STACKS] = {INSPECTION_EXPLAIN, {"stacks", 's', "WHICH",
		"show call chains frame by frame: cpus, of all CPUs; all, of every task"}},
	[OPTION_NO_SWEEP] = {INSPECTION_ANY, {"no-sweep", 'w', NULL,
		"leave out the page tables and shared memory, most of the work: owners of "
		"slots are not counted, and who is next is not told"}},
	[OPTION_THREADS] = {INSPECTION_SCAN | INSPECTION_EXPLAIN, {"threads", 't', "N",
		"audit the slots of a device by N threads (default 1); the report is the same"}},
	[OPTION_CONFIRM] = {INSPECTION_ANY, {"confirm", 'F', "N",
		"the running kernel: report what holds in N fresh looks too (default 3)"}},
	[OPTION_WATCH] = {INSPECTION_WATCH, {"watch", 'W', "SECONDS",
		"the running kernel: look again and again, and tell what is new and what is gone"}},
	[OPTION_QUIET] = {INSPECTION_ANY, {"quiet", 'q', NULL,
		"no progress on the terminal"}},
	[OPTION_HELP] = {INSPECTION_ANY, {"help", 'h', NULL,
		"show this help"}},
};

#define CONFIRM_MAX 100
#define THREADS_MAX 64

/* Findings of each problem. */
#define MAX_ON_SCREEN	3
#define MAX_IN_FILE	200

#define FIRST_DUMP_OPTION	OPTION_COUNT
#define FIRST_CHECKS_OPTION	(FIRST_DUMP_OPTION + DUMP_OPTIONS)

/* A file has a form of its own, and a limit of its own. */
static bool is_of(int option, unsigned int parts)
{
	if (parts & INSPECTION_FILE && (option == OPTION_JSON || option == OPTION_MAX_FINDINGS))
		return false;
	return all_options[option].parts & parts;
}

/* Those of some parts. */
static struct option_set choose_options(unsigned int parts)
{
	struct option_set set = {0};
	int i;

	for (i = 0; i < OPTION_QUIET; i++)
		if (is_of(i, parts))
			options_add(&set, &all_options[i].entry, 1, i);
	options_add(&set, dump_options_table, DUMP_OPTIONS, FIRST_DUMP_OPTION);
	options_add(&set, checks_options, CHECKS_OPTIONS, FIRST_CHECKS_OPTION);
	/* last what every program has */
	for (i = OPTION_QUIET; i < OPTION_COUNT; i++)
		options_add(&set, &all_options[i].entry, 1, i);
	return set;
}

static bool take_stacks(struct inspection_options *options, const char *value)
{
	if (!strcmp(value, "cpus"))
		options->stacks = STACKS_CPUS;
	else if (!strcmp(value, "all"))
		options->stacks = STACKS_ALL;
	else
		return options_refuse("stacks", value, "is neither cpus nor all");
	return true;
}

static bool take_option(void *data, int number, const char *value)
{
	struct inspection_options *options = data;

	if (number >= FIRST_CHECKS_OPTION)
		return checks_take(&options->checks, number - FIRST_CHECKS_OPTION, value);
	if (number >= FIRST_DUMP_OPTION)
		return dump_options_take(&options->dump, number - FIRST_DUMP_OPTION, value);
	switch (number) {
	case OPTION_JSON:
		options->json = true;
		break;
	case OPTION_OUTPUT:
		options->output = value;
		return *value || options_refuse("output", value, "is no file");
	case OPTION_MAX_FINDINGS:
	case OPTION_MAX_IN_FILE:
		return options_count("max-findings", value, &options->max_findings);
	case OPTION_STACKS:
		return take_stacks(options, value);
	case OPTION_NO_SWEEP:
		options->no_sweep = true;
		break;
	case OPTION_THREADS:
		return options_count("threads", value, &options->threads) &&
		       ((options->threads && options->threads <= THREADS_MAX) ||
			options_refuse("threads", value, "is not between 1 and 64"));
	case OPTION_CONFIRM:
		return options_count("confirm", value, &options->confirm) &&
		       (options->confirm <= CONFIRM_MAX ||
			options_refuse("confirm", value, "is more than 100"));
	case OPTION_WATCH:
		return options_seconds("watch", value, &options->watch) &&
		       (options->watch || options_refuse("watch", value, "is no time"));
	case OPTION_QUIET:
		options->quiet = true;
		break;
	case OPTION_HELP:
		options->help = true;
		break;
	}
	return true;
}

int inspection_options_skip(int argc, char **argv)
{
	struct option_set set = choose_options(INSPECTION_SCAN | INSPECTION_EXPLAIN |
					       INSPECTION_WATCH);

	options_add(&set, &all_options[OPTION_OUTPUT].entry, 1, OPTION_OUTPUT);
	return options_skip(argc, argv, set.entries);
}

/* No DUMP is the running kernel, for those who may see it. */
static bool check_files(int argc, char **argv, int first, const struct command *command,
			struct inspection_options *options)
{
	const struct dump_files *files = &options->files;

	if (!dump_options_files(&options->dump, argc, argv, first, &options->files))
		return false;
	options->dump.live = !files->count ||
			     (files->count == 1 && !strcmp(files->names[0], DUMP_LIVE));
	if (!files->count && geteuid()) {
		fprintf(stderr, "kswapck: which dump? usage: kswapck %s %s; the running kernel "
			"takes root\n", command->name, command->arguments);
		return false;
	}
	if (options->parts & INSPECTION_FILE && !options->output) {
		fprintf(stderr, "kswapck: into which file (-o)? usage: kswapck %s %s\n",
			command->name, command->arguments);
		return false;
	}
	if (options->output && output_file_is_input(options->output, files->names, files->count)) {
		fprintf(stderr, "kswapck: -o is the dump itself\n");
		return false;
	}
	if (options->watch && !options->dump.live) {
		fprintf(stderr, "kswapck: --watch is for the running kernel, a dump does not change\n");
		return false;
	}
	if (options->watch && options->json) {
		fprintf(stderr, "kswapck: --watch tells lines, not one document: no --json with it\n");
		return false;
	}
	return true;
}

/* Index of the first DUMP; -1 when something was wrong and has been said. */
static int parse_options(int argc, char **argv, const struct command *command,
			 unsigned int parts, struct inspection_options *options)
{
	const struct option_set set = choose_options(parts);
	int first;

	*options = (struct inspection_options){
		.parts = parts,
		.dump.search = true,
		/* somebody waits for the others */
		.dump.download = parts & INSPECTION_RECORD,
		.max_findings = parts & INSPECTION_FILE ? MAX_IN_FILE : MAX_ON_SCREEN,
		.confirm = LIVE_CONFIRM,
	};
	first = options_parse_set(argc, argv, &set, take_option, options);
	if (first < 0 || options->help)
		return first;
	return check_files(argc, argv, first, command, options) ? first : -1;
}

static void print_help(const struct command *command, unsigned int parts, const char *what)
{
	const struct option_set set = choose_options(parts);

	printf("Usage: kswapck %s %s\n%s\n\n"
	       "DUMP is an ELF or kdump-compressed vmcore, flattened or not, or all parts\n"
	       "of a makedumpfile --split set. No vmlinux is needed. Without DUMP it is the\n"
	       "running kernel, for root.\n\n",
	       command->name, command->arguments, what);
	options_print(stdout, set.entries);
	printf("\nExit status, a sum: 0 clean, 1 errors found, 2 warnings found, 4 something "
	       "could\nnot be read, 8 could not analyse, 16 wrong usage, 32 interrupted.\n");
}

/* -------------------------------------------------------------- open and close */

static void leave_out(struct report_totals *totals, const struct kswapck_problem *problem)
{
	size_t used = strlen(totals->left_out_names), room = sizeof(totals->left_out_names) - used;

	totals->left_out++;
	if (room > 64)
		snprintf(totals->left_out_names + used, room, "%s%s", used ? ", " : "",
			 problem->name);
	else if (room > 8 && !strstr(totals->left_out_names, "..."))
		snprintf(totals->left_out_names + used, room, " ...");
}

void inspection_left_out(const struct catalogue *graded, struct report_totals *totals)
{
	const struct kswapck_problem *problem;
	struct catalogue built_in;
	size_t i;

	catalogue_init(&built_in);
	for (i = 0; (problem = catalogue_problem(&built_in, i)); i++)
		if (!catalogue_find(graded, problem->id))
			leave_out(totals, problem);
	for (i = 0; (problem = catalogue_problem(graded, i)); i++)
		if (catalogue_silenced(graded, i))
			leave_out(totals, problem);
}

static void on_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	struct inspection *inspection = data;

	progress_update(&inspection->progress, what, done, total);
}

static bool on_stop(void *data)
{
	struct inspection *inspection = data;

	/* nobody reads any more: | head */
	return interrupt_seen() || ferror(inspection->output.options.stream);
}

static bool begin_live(struct inspection *inspection, struct error *err)
{
	inspection->live_options = (struct live_options){
		.confirm = inspection->options->confirm,
		.no_sweep = inspection->options->no_sweep,
		.data = inspection,
		.progress = on_progress,
		.stop = on_stop,
	};
	inspection->live = live_new(&inspection->dump.kernel, inspection->output.catalogue,
				    &inspection->live_options);
	return inspection->live || error_set(err, ERROR_SYSTEM, "out of memory");
}

static void close_dump(struct inspection *inspection)
{
	if (!inspection)
		return;
	story_free(inspection->story);
	story_findings_free(&inspection->findings);
	live_view_free(&inspection->view);
	live_free(inspection->live);
	dump_close(&inspection->dump);
	free(inspection);
}

static const struct output_ops *choose_output(const struct inspection_options *options)
{
	if (options->parts & INSPECTION_RECORD)
		return &output_record;
	return options->json ? &output_json : &output_text;
}

/* NULL with @err set; else to be freed with close_dump(), also after a failure. */
static struct inspection *open_dump(const struct inspection_options *options,
				    const char *const *files, size_t count,
				    struct error *err)
{
	struct inspection *inspection = calloc(1, sizeof(*inspection));

	if (!inspection) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	if (!sandbox_dump_open(&inspection->dump, files, count, &options->dump, err)) {
		free(inspection);
		return NULL;
	}
	inspection->options = options;
	inspection->output.ops = choose_output(options);
	inspection->output.catalogue = &options->checks.catalogue;
	inspection_left_out(&options->checks.catalogue, &inspection->output.totals);
	inspection->output.options = (struct output_options){
		.stream = options->stream ? options->stream : stdout,
		.max_findings = options->max_findings,
		.colour = terminal_colour(stdout),
		.columns = terminal_columns(stdout),
	};
	dump_describe(&inspection->dump, files, count, &inspection->subject);
	progress_begin(&inspection->progress, !options->quiet);
	if (!options->dump.live || begin_live(inspection, err))
		return inspection;
	close_dump(inspection);
	return NULL;
}

/* --------------------------------------------------------- from audit to output */

static bool reports(const struct inspection *inspection)
{
	return inspection->options->parts & (INSPECTION_SCAN | INSPECTION_RECORD);
}

static void on_device(void *data, const struct kswapck_device *device)
{
	struct inspection *inspection = data;
	struct report_totals *totals = &inspection->output.totals;

	if (totals->device_count < REPORT_DEVICES_MAX)
		totals->devices[totals->device_count++] = *device;
	if (inspection->map && !inspection->live)
		slot_map_device(inspection->map, device);
}

static void on_map_device(void *data, const struct kswapck_device *device)
{
	slot_map_device(((struct inspection *)data)->map, device);
}

static void on_folio(void *data, const struct kswapck_space *space,
		     const struct kswapck_run *run, const struct kswapck_folio *folio)
{
	slot_map_folio(((struct inspection *)data)->map, space, run, folio);
}

static void on_space(void *data, const struct kswapck_space *space)
{
	slot_map_space(((struct inspection *)data)->map, space);
}

static void on_finding(void *data, const struct kswapck_finding *finding)
{
	struct inspection *inspection = data;
	uint64_t nth;

	if (inspection->options->parts & (INSPECTION_EXPLAIN | INSPECTION_RECORD))
		story_findings_add(&inspection->findings, finding);
	if (finding->severity == KSWAPCK_IGNORE)
		return;
	nth = output_count(&inspection->output, finding);
	if (!reports(inspection))
		return;
	progress_clear(&inspection->progress);
	inspection->output.ops->finding(&inspection->output, finding, nth);
}

struct report_live inspection_live_totals(const struct live_view *view)
{
	return (struct report_live){
		.audits = view->audits,
		.transient = view->transient,
		.undecided = view->undecided,
	};
}

static void on_nothing(void *data, const struct kswapck_finding *finding)
{
	(void)data;
	(void)finding;
}

/* What the slots of a running kernel hold at some moment: one more walk, without checks. */
static bool map_live(struct inspection *inspection, struct error *err)
{
	static const struct catalogue none;
	const struct audit_options options = {.no_sweep = true};
	const struct audit_sink sink = {
		.data = inspection,
		.device = on_map_device,
		.folio = on_folio,
		.space = on_space,
		.finding = on_nothing,
		.stop = on_stop,
	};
	struct audit_summary summary;

	return audit_run(&inspection->dump.kernel, &none, &options, &sink, &summary, err);
}

/* Only what is confirmed is reported, so nothing before all audits are done. */
static bool audit_live(struct inspection *inspection, struct error *err)
{
	struct live_view *view = &inspection->view;
	size_t i;

	if (!live_look(inspection->live, NULL, view, err))
		return false;
	for (i = 0; i < view->device_count; i++)
		on_device(inspection, &view->devices[i]);
	for (i = 0; i < view->findings.count; i++)
		on_finding(inspection, &view->findings.list[i].finding);
	inspection->output.totals.audit = view->summary;
	inspection->output.totals.live = inspection_live_totals(view);
	return !inspection->map || map_live(inspection, err);
}

static bool audit_dump(struct inspection *inspection, struct error *err)
{
	const struct audit_sink sink = {
		.data = inspection,
		.device = on_device,
		.folio = inspection->map ? on_folio : NULL,
		.space = inspection->map ? on_space : NULL,
		.finding = on_finding,
		.progress = on_progress,
		.stop = on_stop,
	};
	const struct audit_options options = {
		.no_sweep = inspection->options->no_sweep,
		.threads = inspection->options->threads,
	};

	return audit_run(&inspection->dump.kernel, inspection->output.catalogue, &options, &sink,
			 &inspection->output.totals.audit, err);
}

bool inspection_audit(struct inspection *inspection, struct error *err)
{
	struct report_totals *totals = &inspection->output.totals;
	bool done;

	if (reports(inspection))
		inspection->output.ops->begin(&inspection->output, &inspection->subject);
	done = (inspection->live ? audit_live : audit_dump)(inspection, err);
	progress_clear(&inspection->progress);
	totals->reads = *memory_statistics(inspection->dump.memory);
	totals->exit_status = audit_exit_status(&totals->audit);
	return done;
}

void inspection_end(struct inspection *inspection)
{
	inspection->output.ops->end(&inspection->output, &inspection->subject);
}

/* -------------------------------------------------------------------- the story */

void inspection_tell_left_out(struct story *story, const struct report_totals *totals)
{
	struct story_gap *gap;

	if (!totals->left_out || story->gap_count == STORY_GAPS_MAX)
		return;
	gap = &story->gaps[story->gap_count++];
	gap->part = "swap cache";
	snprintf(gap->why, sizeof(gap->why), "not looked for, graded 'ignore' or left out: %.*s",
		 (int)sizeof(gap->why) - 56, totals->left_out_names);
}

static bool tell(struct inspection *inspection, struct error *err)
{
	const struct story_options options = {
		.all_stacks = inspection->options->stacks == STACKS_ALL,
		.locals = inspection->options->stacks != STACKS_STORY,
		.sweep = !inspection->options->no_sweep,
		.data = inspection,
		.progress = on_progress,
		.stop = on_stop,
	};
	story_free(inspection->story);
	inspection->story = story_tell_live(&inspection->dump.kernel, inspection->live,
					    &inspection->findings,
					    &inspection->output.totals.audit, &options, err);
	progress_clear(&inspection->progress);
	if (inspection->story)
		inspection_tell_left_out(inspection->story, &inspection->output.totals);
	return inspection->story;
}

bool inspection_tell(struct inspection *inspection, struct error *err)
{
	struct report_totals *totals = &inspection->output.totals;

	if (!tell(inspection, err))
		return false;
	if (inspection->story->incomplete)
		totals->exit_status |= EXIT_INCOMPLETE;
	if (inspection->story->interrupted)
		totals->exit_status |= EXIT_INTERRUPTED | EXIT_INCOMPLETE;
	return true;
}

bool inspection_tell_view(struct inspection *inspection, const struct live_view *view,
			  struct error *err)
{
	size_t i;

	story_free(inspection->story);
	inspection->story = NULL;
	story_findings_free(&inspection->findings);
	for (i = 0; i < view->findings.count; i++)
		story_findings_add(&inspection->findings, &view->findings.list[i].finding);
	inspection->output.totals.audit = view->summary;
	return tell(inspection, err);
}

struct explanation inspection_explanation(const struct inspection *inspection)
{
	return (struct explanation){
		.story = inspection->story,
		.subject = &inspection->subject,
		.totals = &inspection->output.totals,
		.stacks = inspection->options->stacks,
		.heading = !reports(inspection),
	};
}

bool inspection_written(struct error *err)
{
	if (fflush(stdout) || ferror(stdout))
		return error_set(err, ERROR_SYSTEM, "cannot write the report: %s",
				 strerror(errno));
	return true;
}

static int report_files(struct inspection_options *options, const char *const *files,
			size_t count, inspection_fn *report)
{
	struct inspection *inspection = NULL;
	struct error err = {0};
	int status;

	if (checks_gather(&options->checks, &err) && checks_any(&options->checks, &err))
		inspection = open_dump(options, files, count, &err);
	if (inspection && report(inspection, &err))
		status = inspection->output.totals.exit_status;
	else
		status = command_fail(&err);
	close_dump(inspection);
	return status;
}

static const char *const live_file = DUMP_LIVE;

struct file_run {
	struct inspection_options *options;
	const char *const *files;
	size_t count;
	inspection_fn *report;
};

static int report_to_file(void *data, FILE *stream)
{
	const struct file_run *run = data;

	run->options->stream = stream;
	return report_files(run->options, run->files, run->count, run->report);
}

static int report_somewhere(struct inspection_options *options, const char *const *files,
			    size_t count, inspection_fn *report)
{
	struct file_run run = {.options = options, .files = files, .count = count,
			       .report = report};

	if (!options->output)
		return report_files(options, files, count, report);
	return output_file_run(options->output, true, report_to_file, &run);
}

/* @first -1: something was wrong and has been said. */
static int run_options(const struct command *command, struct inspection_options *options,
		       int first, const char *what, inspection_fn *report)
{
	if (first < 0)
		return EXIT_USAGE;
	if (options->help) {
		print_help(command, options->parts, what);
		return EXIT_CLEAN;
	}
	if (options->dump.live)
		return report_somewhere(options, &live_file, 1, report);
	return report_somewhere(options, options->files.names, options->files.count, report);
}

int inspection_run(int argc, char **argv, const struct command *command, unsigned int parts,
		   const char *what, inspection_fn *report)
{
	struct inspection_options options;
	int first = parse_options(argc, argv, command, parts, &options);
	int status = run_options(command, &options, first, what, report);

	checks_free(&options.checks);
	dump_options_free(&options.dump);
	return status;
}
