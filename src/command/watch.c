// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/watch.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "command/interrupt.h"
#include "output/lines.h"
#include "output/sentence.h"

/* Looks that a finding may be missing in before it is said to be gone. */
#define ABSENT_MAX 2
/* The same of who is stuck: who refaults without end is in the kernel half of the time. */
#define SPINNER_ABSENT_MAX 5

struct watch {
	struct inspection *inspection;
	struct live_view *known, *view;	/* of the look before, and of this one */
	struct timespec start;
	uint64_t looks, audits;
	uint64_t incomplete;		/* looks that did not see or decide all */
	double longest;			/* seconds that a look took */
	uint64_t found, gone, transient, undecided;
	struct audit_summary last;
	/* what was told last of who is stuck: findings are there, but need not */
	enum story_verdict verdict;
	int32_t spinner;		/* pid; 0: nobody */
	unsigned int absent;		/* looks since it was seen last */
};

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void print_time(FILE *stream)
{
	char text[32];
	struct tm local;
	time_t now = time(NULL);

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &local));
	fprintf(stream, "%s  ", text);
}

static void tell(struct watch *watch, const char *what, const struct kswapck_finding *finding)
{
	const struct output_options *options = &watch->inspection->output.options;
	char text[1024];

	progress_clear(&watch->inspection->progress);
	print_time(options->stream);
	lines_paint(options, finding->severity == KSWAPCK_ERROR ? LINES_RED : LINES_YELLOW);
	fprintf(options->stream, "%-4s  %s %s", what, finding->problem->id, finding->problem->name);
	lines_paint(options, LINES_PLAIN);
	sentence_of(finding, text, sizeof(text));
	fprintf(options->stream, ": %s\n", text);
	fflush(options->stream);
}

static void tell_new(struct watch *watch)
{
	const struct live_findings *findings = &watch->view->findings;

	for (size_t i = 0; i < findings->count; i++) {
		const struct kswapck_finding *finding = &findings->list[i].finding;

		if (finding->severity == KSWAPCK_IGNORE || live_view_find(watch->known, finding))
			continue;
		watch->found++;
		tell(watch, "new", finding);
	}
}

/* One look alone may have missed what is still there. */
static bool tell_gone(struct watch *watch, struct error *err)
{
	const struct live_findings *findings = &watch->known->findings;

	for (size_t i = 0; i < findings->count; i++) {
		const struct live_finding *lost = &findings->list[i];

		if (live_view_find(watch->view, &lost->finding))
			continue;
		if (lost->absent + 1 < ABSENT_MAX) {
			if (!live_view_keep(watch->view, lost))
				return error_set(err, ERROR_SYSTEM, "out of memory");
			continue;
		}
		if (lost->finding.severity == KSWAPCK_IGNORE)
			continue;
		watch->gone++;
		tell(watch, "gone", &lost->finding);
	}
	return true;
}

static int32_t first_spinner(const struct story *story)
{
	return story->spinner_count ? story->threads[story->spinners[0].thread].task.pid : 0;
}

static bool story_changed(struct watch *watch, const struct story *story)
{
	int32_t spinner = first_spinner(story);

	if (story->interrupted)
		return false;
	if (watch->spinner && !spinner && ++watch->absent < SPINNER_ABSENT_MAX)
		return false;
	watch->absent = 0;
	if (story->verdict == watch->verdict && spinner == watch->spinner)
		return false;
	watch->verdict = story->verdict;
	watch->spinner = spinner;
	return true;
}

/* Who is stuck because of it, or will be: told when that changes. */
static bool tell_story(struct watch *watch, struct error *err)
{
	struct inspection *inspection = watch->inspection;
	struct explanation explanation;

	if (!(inspection->options->parts & INSPECTION_EXPLAIN))
		return true;
	if (!watch->view->findings.count) {
		watch->verdict = VERDICT_CLEAN;
		watch->spinner = 0;
		return true;
	}
	if (!inspection_tell_view(inspection, watch->view, err))
		return false;
	if (!story_changed(watch, inspection->story))
		return true;
	explanation = inspection_explanation(inspection);
	progress_clear(&inspection->progress);
	print_time(inspection->output.options.stream);
	explain_verdict_text(&inspection->output.options, &explanation);
	fflush(inspection->output.options.stream);
	return true;
}

/* That it is still looking, for who sits before it. */
static void tell_alive(struct watch *watch)
{
	struct inspection *inspection = watch->inspection;
	char text[160], cached[32], transient[32];

	snprintf(text, sizeof(text), "look %llu: %s slots cached, %llu found, %llu gone, %s seen "
		 "and gone again; Ctrl-C ends", (unsigned long long)watch->looks,
		 text_number(watch->last.cached, cached), (unsigned long long)watch->found,
		 (unsigned long long)watch->gone, text_number(watch->transient, transient));
	inspection->progress.next = 0;
	progress_update(&inspection->progress, text, 0, 0);
}

static void count(struct watch *watch)
{
	const struct live_view *view = watch->view;
	struct report_totals *totals = &watch->inspection->output.totals;

	watch->looks++;
	watch->audits += view->audits;
	watch->transient += view->transient;
	/* Ctrl-C is how this ends: what was not decided by then is no matter */
	if (view->summary.interrupted)
		return;
	watch->undecided += view->undecided;
	watch->last = view->summary;
	watch->incomplete += !audit_summary_complete(&view->summary);
	totals->exit_status |= audit_exit_status(&view->summary);
}

static bool look(struct watch *watch, struct error *err)
{
	struct inspection *inspection = watch->inspection;
	struct live_view *before = watch->known;

	dump_refresh(&inspection->dump);
	if (!live_look(inspection->live, watch->known, watch->view, err))
		return false;
	count(watch);
	tell_new(watch);
	if (watch->view->summary.interrupted) {
		live_view_free(watch->view);
		return true;
	}
	if (!tell_gone(watch, err) || !tell_story(watch, err))
		return false;
	tell_alive(watch);
	watch->known = watch->view;
	watch->view = before;
	live_view_free(before);
	return true;
}

static void summarize(struct watch *watch)
{
	const struct output_options *options = &watch->inspection->output.options;
	double seconds = seconds_since(&watch->start);
	uint64_t pages = memory_statistics(watch->inspection->dump.memory)->pages_read;
	char text[512], looks[32], audits[32], transient[32], read[32];

	progress_clear(&watch->inspection->progress);
	snprintf(text, sizeof(text), "%.0f s; %s looks of %.1f s at most, %s audits in all; %s "
		 "pages read (%.0f a second)", seconds, text_number(watch->looks, looks),
		 watch->longest, text_number(watch->audits, audits), text_number(pages, read),
		 seconds > 0 ? (double)pages / seconds : 0.0);
	lines_labelled(options, "watched", text);
	snprintf(text, sizeof(text), "%llu new, %llu gone, %llu still there at the end; %s seen and "
		 "gone again, %llu undecided; %llu looks did not see or decide all",
		 (unsigned long long)watch->found, (unsigned long long)watch->gone,
		 (unsigned long long)watch->known->findings.count,
		 text_number(watch->transient, transient), (unsigned long long)watch->undecided,
		 (unsigned long long)watch->incomplete);
	lines_labelled(options, "findings", text);
}

static void print_begin(const struct watch *watch)
{
	const struct inspection *inspection = watch->inspection;
	const struct output_options *options = &inspection->output.options;

	print_time(options->stream);
	fprintf(options->stream, "watching Linux %s every %g s; symbols: %s; types: %s\n",
		inspection->subject.release, inspection->options->watch / 1000.0,
		inspection->subject.symbols_from, inspection->subject.types_from);
	fflush(options->stream);
}

/* Until the next look is due; at once if the last one took longer. */
static bool wait_next(const struct watch *watch, const struct timespec *began)
{
	double left = watch->inspection->options->watch - 1000 * seconds_since(began);

	return live_wait(watch->inspection->live, left > 0 ? (uint64_t)left : 0);
}

bool watch_run(struct inspection *inspection, struct error *err)
{
	struct live_view views[2] = {0};
	struct watch watch = {
		.inspection = inspection,
		.known = &views[0],
		.view = &views[1],
		.verdict = VERDICT_CLEAN,
	};
	struct timespec began;
	double took;
	bool good;

	clock_gettime(CLOCK_MONOTONIC, &watch.start);
	print_begin(&watch);
	do {
		clock_gettime(CLOCK_MONOTONIC, &began);
		good = look(&watch, err);
		took = seconds_since(&began);
		if (watch.longest < took)
			watch.longest = took;
	} while (good && wait_next(&watch, &began));
	if (good)
		summarize(&watch);
	live_view_free(&views[0]);
	live_view_free(&views[1]);
	return good && inspection_written(err);
}
