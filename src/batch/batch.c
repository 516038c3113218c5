// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/exit_status.h"
#include "batch/entry.h"

#define NANOSECONDS	UINT64_C(1000000000)
#define LOOK_AGAIN	(NANOSECONDS / 10)	/* at the latest: is there to be stopped? */

/* A dump that is being done. */
struct job {
	const struct batch_dump *dump;	/* NULL: none */
	struct child child;
	int64_t started;
};

struct run {
	const struct batch_dumps *dumps;
	const struct batch_options *options;
	struct batch_totals *totals;
	struct job *jobs;
	struct pollfd *polled;
	size_t *waiting;	/* dumps that another batch is at work on */
	size_t waiting_count;
	size_t next;
};

static size_t argument_count(char *const *arguments)
{
	size_t count = 0;

	while (arguments[count])
		count++;
	return count;
}

static bool start(struct run *run, struct job *job, const struct batch_dump *dump,
		  struct error *err)
{
	size_t given = argument_count(run->options->arguments), i;
	char **argv = calloc(given + dump->count + 2, sizeof(*argv));
	bool started;

	if (!argv)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	memcpy(argv, run->options->arguments, given * sizeof(*argv));
	argv[given] = (char *)"--";
	for (i = 0; i < dump->count; i++)
		argv[given + 1 + i] = dump->paths[i];
	started = child_start(&job->child, argv, &run->options->limits, err);
	free(argv);
	if (!started)
		return false;
	job->dump = dump;
	job->started = time(NULL);
	run->totals->running++;
	return true;
}

static struct job *idle_job(struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->options->jobs; i++)
		if (!run->jobs[i].dump)
			return &run->jobs[i];
	return NULL;
}

static enum results_claim claim(struct run *run, const struct batch_dump *dump,
				struct error *err)
{
	if (!run->options->results)
		return RESULTS_CLAIMED;
	return results_claim(run->options->results, dump->key, err);
}

/* @again: it was another's before; it stays in the list of these until it is done. */
static bool take(struct run *run, size_t index, bool *taken, bool again, struct error *err)
{
	const struct batch_dump *dump = batch_dumps_at(run->dumps, index);

	*taken = true;
	switch (claim(run, dump, err)) {
	case RESULTS_CLAIMED:
		if (start(run, idle_job(run), dump, err))
			return true;
		if (run->options->results)
			results_release(run->options->results, dump->key);
		return false;
	case RESULTS_DONE:
		run->totals->skipped++;
		return true;
	case RESULTS_ELSEWHERE:
		*taken = false;
		if (!again)
			run->waiting[run->waiting_count++] = index;
		return true;
	default:
		return false;
	}
}

/* What another batch had: it may have written the record, or be dead. */
static bool take_waiting(struct run *run, struct error *err)
{
	size_t i = 0;
	bool taken;

	while (i < run->waiting_count && idle_job(run)) {
		if (!take(run, run->waiting[i], &taken, true, err))
			return false;
		if (taken)
			run->waiting[i] = run->waiting[--run->waiting_count];
		else
			i++;
	}
	return true;
}

static bool fill(struct run *run, struct error *err)
{
	bool taken;

	while (run->next < batch_dumps_count(run->dumps) && idle_job(run))
		if (!take(run, run->next++, &taken, false, err))
			return false;
	return run->next < batch_dumps_count(run->dumps) || take_waiting(run, err);
}

/* ---------------------------------------------------------------------- what is done */

static bool write_entry(struct run *run, const struct batch_dump *dump,
			const struct entry *entry, struct error *err)
{
	if (run->options->results)
		return results_append(run->options->results, dump->key, entry->line, entry->length,
				      err);
	if (fwrite(entry->line, 1, entry->length, stdout) == entry->length && !fflush(stdout))
		return true;
	return error_set(err, ERROR_SYSTEM, "cannot write the records: %s", strerror(errno));
}

static void count(struct batch_totals *totals, const struct entry *entry)
{
	totals->done++;
	totals->failed += !entry->analysed;
	totals->broken += entry->analysed && entry->exit_status & (EXIT_ERRORS | EXIT_WARNINGS);
	totals->exit_status |= entry->exit_status;
}

static bool finish(struct run *run, struct job *job, struct error *err)
{
	struct entry entry = {0};
	bool done;

	if (!entry_make(&entry, job->dump, &job->child, job->started, run->options->shard))
		return error_set(err, ERROR_SYSTEM, "out of memory");
	done = write_entry(run, job->dump, &entry, err);
	if (done)
		count(run->totals, &entry);
	free(entry.line);
	child_free(&job->child);
	job->dump = NULL;
	run->totals->running--;
	return done;
}

static bool step(struct run *run, struct error *err)
{
	unsigned int i;

	for (i = 0; i < run->options->jobs; i++) {
		struct job *job = &run->jobs[i];

		if (job->dump && child_step(&job->child) && !finish(run, job, err))
			return false;
	}
	return true;
}

/* Until a child has something to say, ends, or has had its time. */
static void wait_for_any(struct run *run)
{
	uint64_t now = child_now(), wake = now + LOOK_AGAIN, deadline;
	struct timespec time;
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < run->options->jobs; i++) {
		if (!run->jobs[i].dump)
			continue;
		child_polled(&run->jobs[i].child, run->polled + used);
		used += CHILD_POLLED;
		deadline = child_deadline(&run->jobs[i].child);
		if (deadline && deadline < wake)
			wake = deadline;
	}
	now = wake > now ? wake - now : 0;
	time = (struct timespec){(time_t)(now / NANOSECONDS), (long)(now % NANOSECONDS)};
	ppoll(run->polled, used, &time, NULL);
}

static void kill_all(struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->options->jobs; i++) {
		struct job *job = &run->jobs[i];

		if (!job->dump)
			continue;
		if (job->child.end == CHILD_RUNS)
			child_kill(&job->child);
		if (run->options->results)
			results_release(run->options->results, job->dump->key);
		child_free(&job->child);
		job->dump = NULL;
		run->totals->running--;
	}
}

static bool work(struct run *run, struct error *err)
{
	const struct batch_options *options = run->options;

	while (fill(run, err)) {
		if (!run->totals->running && !run->waiting_count)
			return true;
		if (options->progress)
			options->progress(options->data, run->totals);
		wait_for_any(run);
		if (!step(run, err))
			return false;
		if (options->stop(options->data)) {
			run->totals->interrupted = true;
			return true;
		}
	}
	return false;
}

bool batch_run(const struct batch_dumps *dumps, const struct batch_options *options,
	       struct batch_totals *totals, struct error *err)
{
	struct run run = {.dumps = dumps, .options = options, .totals = totals};
	bool done = false;

	*totals = (struct batch_totals){.dumps = batch_dumps_count(dumps)};
	run.jobs = calloc(options->jobs, sizeof(*run.jobs));
	run.polled = calloc((size_t)options->jobs * CHILD_POLLED, sizeof(*run.polled));
	run.waiting = calloc(totals->dumps + 1, sizeof(*run.waiting));
	if (run.jobs && run.polled && run.waiting) {
		done = work(&run, err);
		kill_all(&run);
	} else {
		error_set(err, ERROR_SYSTEM, "out of memory");
	}
	free(run.jobs);
	free(run.polled);
	free(run.waiting);
	return done;
}
