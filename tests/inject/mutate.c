// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole program over spoilt dumps, from kallsyms to the last line of the report: random
 * bits flipped, pages swapped, and words that lead in circles, in the pages that it reads. What
 * it says does not matter; it must come to an end, in at most 3 times the time of the
 * clean dump, without a crash, and not in unbounded memory. Prints TAP, a line for each dump.
 *
 * Usage: mutate [--seed N] [--count N] [--only N] DUMP...
 *
 * Each spoilt dump is a process of its own, and follows from the seed and its number:
 * --only does one of them again, here. A DUMP that begins with "lab:" is one of the lab's.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/dump.h"
#include "mutation.h"
#include "output/explain.h"
#include "output/output.h"
#include "pins/pins.h"
#include "scene.h"
#include "story/story.h"

#define TIMES_MAX    3
/*
 * Findings that are written: words cost what they cost, some 20 us for each finding, and what is
 * measured is whether the audit comes to its end. All of them are counted and told of.
 */
#define WRITTEN_MAX   1000
/* What a process takes before it does anything, and what is measured wrongly. */
#define SLACK_SECONDS 0.1
#define SLACK_KBYTES  (64 << 10)

/* How a process may end besides by a signal. */
#define ENDED_WELL    0
#define ENDED_REFUSED 3		/* with an error: not a kernel that can be read */

struct wishes {
	unsigned int seed, count;
	int only;		/* -1: all */
};

struct cost {
	double seconds;		/* of CPU */
	long kbytes;		/* resident, at most */
};

struct counts {
	unsigned int refused, bad;
	struct cost worst;
};

/* ------------------------------------------------------------------- the program */

struct telling {
	struct output output;
	struct story_findings findings;
	unsigned int written;
};

static void take_finding(void *data, const struct kswapck_finding *finding)
{
	struct telling *telling = data;
	const uint64_t number = output_count(&telling->output, finding);

	story_findings_add(&telling->findings, finding);
	if (telling->written++ < WRITTEN_MAX)
		telling->output.ops->finding(&telling->output, finding, number);
}

static void ignore_pin(void *data, const struct pin *pin)
{
	(void)data;
	(void)pin;
}

static bool tell(struct telling *telling, const struct kernel *kernel,
		 const struct report_subject *subject, struct error *err)
{
	const struct story_options options = {.sweep = true, .all_stacks = true};
	const struct audit_summary *summary = &telling->output.totals.audit;
	struct pins_options pins = {.scope = PINS_SWAP_CACHE, .found = ignore_pin};
	struct explanation explanation = {
		.subject = subject, .totals = &telling->output.totals, .stacks = STACKS_ALL,
	};
	struct pins_summary pinned;
	struct story *story;

	story = story_tell(kernel, &telling->findings, summary, &options, err);
	if (!story)
		return false;
	explanation.story = story;
	explain_text(&telling->output.options, &explanation);
	telling->output.explanation = &explanation;
	telling->output.ops->end(&telling->output, subject);
	story_free(story);
	return pins_walk(kernel, &pins, &pinned, err);
}

/* As 'kswapck triage' and 'kswapck pins' do, in JSON or in text. */
static bool report(const struct dump *dump, const char *path, bool json, FILE *nowhere,
		   struct error *err)
{
	struct telling telling = {.output = {
		.ops = json ? &output_json : &output_text, .options = {.stream = nowhere},
	}};
	const struct audit_sink sink = {.data = &telling, .finding = take_finding};
	const struct audit_options options = {0};
	struct report_subject subject;
	struct catalogue catalogue;
	bool good;

	catalogue_init(&catalogue);
	telling.output.catalogue = &catalogue;
	telling.output.json.stream = nowhere;
	dump_describe(dump, &path, 1, &subject);
	telling.output.ops->begin(&telling.output, &subject);
	good = audit_run(&dump->kernel, &catalogue, &options, &sink,
			 &telling.output.totals.audit, err) &&
	       tell(&telling, &dump->kernel, &subject, err);
	story_findings_free(&telling.findings);
	return good;
}

/* The source is taken over. */
static bool run_program(struct source *source, const char *path, bool json, struct error *err)
{
	const struct dump_options options = {0};
	FILE *nowhere = fopen("/dev/null", "we");
	struct dump dump;
	bool good = dump_identify(&dump, source, path, &options, err);

	if (good) {
		good = nowhere && report(&dump, path, json, nowhere, err);
		dump_close(&dump);
	}
	if (nowhere)
		fclose(nowhere);
	return good;
}

static struct source *open_source(const char *path, struct error *err)
{
	const struct source_options options = {0};

	return source_open(&path, 1, &options, err);
}

/* -------------------------------------------------------------------- one process */

/* What the clean dump is asked for. */
struct asked {
	struct read_pages opening;	/* for symbols and types, most of them */
	struct read_pages audit;	/* after that */
};

static void free_asked(struct asked *asked)
{
	free(asked->opening.addresses);
	free(asked->audit.addresses);
}

/* @mutation: of the dump's source. */
static bool record_audit(struct dump *dump, struct mutation *mutation, const char *path,
			 struct asked *asked, struct error *err)
{
	FILE *nowhere = fopen("/dev/null", "we");
	bool good;

	if (!nowhere)
		return error_set(err, ERROR_SYSTEM, "/dev/null cannot be opened");
	mutation_record_in(mutation, &asked->audit);
	memory_forget(dump->memory);
	good = report(dump, path, true, nowhere, err);
	fclose(nowhere);
	return good;
}

static bool look(const char *path, struct asked *asked, struct error *err)
{
	const struct dump_options options = {0};
	struct source *source = open_source(path, err);
	struct mutation *mutation;
	struct dump dump;
	bool good;

	if (!source)
		return false;
	mutation = mutation_record(source, &asked->opening);
	good = dump_identify(&dump, source, path, &options, err);
	if (good) {
		good = record_audit(&dump, mutation, path, asked, err);
		dump_close(&dump);
	}
	mutation_free(mutation);
	read_pages_sort(&asked->opening);
	read_pages_sort(&asked->audit);
	return good;
}

static unsigned int seed_of(const struct wishes *wishes, unsigned int number)
{
	return wishes->seed + number * 2654435761U;
}

/* Of four dumps one is spoilt where it is opened, and often refused for that. */
static const struct read_pages *pages_of(const struct asked *asked, unsigned int number)
{
	static const struct read_pages none;

	if (!number)
		return &none;
	return number % 4 ? &asked->audit : &asked->opening;
}

/* @number 0: the clean dump, else the spoilt one of this number. */
static int run_one(const char *path, const struct asked *asked, const struct wishes *wishes,
		   unsigned int number, struct error *err)
{
	struct source *source = open_source(path, err);
	struct mutation *mutation;
	bool good;

	if (!source)
		return ENDED_REFUSED;
	mutation = mutation_spoil(source, pages_of(asked, number), seed_of(wishes, number));
	good = run_program(source, path, number % 2, err);
	mutation_free(mutation);
	return good ? ENDED_WELL : ENDED_REFUSED;
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* The same in a child, which is killed when it has taken 10 times @limit seconds of CPU. */
static int run_child(const char *path, const struct asked *asked,
		     const struct wishes *wishes, unsigned int number, double limit,
		     struct cost *cost)
{
	const struct rlimit cpu = {(rlim_t)(10 * limit) + 1, (rlim_t)(10 * limit) + 2};
	struct error err = {0};
	struct rusage usage;
	pid_t child = fork();
	int status;

	if (!child) {
		setrlimit(RLIMIT_CPU, &cpu);
		exit(run_one(path, asked, wishes, number, &err));
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return -1;
	cost->seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
	cost->kbytes = usage.ru_maxrss;
	return status;
}

/* ---------------------------------------------------------------------- many of them */

/* Why @status or @cost are not as they should be; NULL: they are. */
static const char *trouble(int status, const struct cost *cost, const struct cost *limit)
{
	static char text[64];

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return "does not come to an end";
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "killed by signal %d", WTERMSIG(status));
	else if (!WIFEXITED(status))
		return "could not be run";
	else if (WEXITSTATUS(status) != ENDED_WELL && WEXITSTATUS(status) != ENDED_REFUSED)
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
	else if (cost->seconds > limit->seconds)
		snprintf(text, sizeof(text), "%.2f s of CPU", cost->seconds);
	else if (cost->kbytes > limit->kbytes)
		snprintf(text, sizeof(text), "%ld MiB of memory", cost->kbytes >> 10);
	else
		return NULL;
	return text;
}

static void keep_worst(struct cost *worst, const struct cost *cost)
{
	if (cost->seconds > worst->seconds)
		worst->seconds = cost->seconds;
	if (cost->kbytes > worst->kbytes)
		worst->kbytes = cost->kbytes;
}

/* A slow one is tried again: the machine may have been at fault. */
static const char *try_one(const char *path, const struct asked *asked,
			   const struct wishes *wishes, unsigned int number,
			   const struct cost *limit, struct counts *counts)
{
	const char *why = NULL;
	struct cost cost;
	int status, tries;

	for (tries = 0; tries < 3; tries++) {
		status = run_child(path, asked, wishes, number, limit->seconds, &cost);
		why = trouble(status, &cost, limit);
		if (!why || !WIFEXITED(status))
			break;
	}
	counts->refused += WIFEXITED(status) && WEXITSTATUS(status) == ENDED_REFUSED;
	keep_worst(&counts->worst, &cost);
	return why;
}

static void try_all(const char *path, const struct asked *asked,
		    const struct wishes *wishes, const struct cost *clean, struct counts *counts)
{
	const struct cost limit = {
		TIMES_MAX * clean->seconds + SLACK_SECONDS,
		TIMES_MAX * clean->kbytes + SLACK_KBYTES,
	};
	unsigned int number;

	for (number = 1; number <= wishes->count; number++) {
		const char *why = try_one(path, asked, wishes, number, &limit, counts);

		if (!why)
			continue;
		counts->bad++;
		printf("# %s: again with --seed %u --only %u %s\n", why, wishes->seed, number,
		       path);
	}
}

static bool run_dump(const char *path, const struct wishes *wishes, unsigned int line)
{
	struct counts counts = {0};
	struct asked asked = {0};
	struct cost clean = {0};
	struct error err = {0};
	int status = -1;

	if (look(path, &asked, &err))
		status = run_child(path, &asked, wishes, 0, 600, &clean);
	if (!status)
		try_all(path, &asked, wishes, &clean, &counts);
	printf("%s %u - %u spoilt dumps of %s, seed %u: %u refused; at most %.2f s and %ld MiB, "
	       "the clean one %.2f s and %ld MiB; %zu and %zu pages are read\n",
	       status || counts.bad ? "not ok" : "ok", line, wishes->count, path, wishes->seed,
	       counts.refused, counts.worst.seconds, counts.worst.kbytes >> 10, clean.seconds,
	       clean.kbytes >> 10, asked.opening.count, asked.audit.count);
	if (status)
		printf("# the clean dump cannot be looked at: %s\n", err.text);
	free_asked(&asked);
	return !status && !counts.bad;
}

static int run_only(const char *path, const struct wishes *wishes)
{
	struct asked asked = {0};
	struct error err = {0};
	int status = ENDED_REFUSED;

	if (look(path, &asked, &err))
		status = run_one(path, &asked, wishes, (unsigned int)wishes->only, &err);
	printf("%s\n", status ? err.text : "came to an end");
	free_asked(&asked);
	return status;
}

static bool read_options(int argc, char **argv, struct wishes *wishes)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"count", required_argument, NULL, 'c'},
		{"only", required_argument, NULL, 'o'},
		{0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (letter == 's')
			wishes->seed = (unsigned int)strtoul(optarg, NULL, 10);
		else if (letter == 'c')
			wishes->count = (unsigned int)strtoul(optarg, NULL, 10);
		else if (letter == 'o')
			wishes->only = atoi(optarg);
		else
			return false;
	}
	return optind < argc;
}

static const char *path_of(const char *name, char *room, size_t size)
{
	if (strncmp(name, "lab:", 4))
		return name;
	scene_lab_path(name + 4, room, size);
	return room;
}

int main(int argc, char **argv)
{
	struct wishes wishes = {.seed = 1, .count = 100, .only = -1};
	bool good = true;
	char room[4096];
	int i;

	/* what was done before a crash must not get lost in it, nor be written twice */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_options(argc, argv, &wishes)) {
		fprintf(stderr, "usage: mutate [--seed N] [--count N] [--only N] DUMP...\n");
		return EXIT_FAILURE;
	}
	if (wishes.only >= 0)
		return run_only(path_of(argv[optind], room, sizeof(room)), &wishes);
	printf("1..%d\n", argc - optind);
	for (i = optind; i < argc; i++) {
		const char *path = path_of(argv[i], room, sizeof(room));

		if (path == room && access(path, R_OK))
			printf("ok %d # SKIP tests/lab/lab make %s\n", i - optind + 1,
			       argv[i] + 4);
		else
			good &= run_dump(path, &wishes, (unsigned int)(i - optind + 1));
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
