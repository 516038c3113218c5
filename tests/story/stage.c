// SPDX-License-Identifier: GPL-2.0-or-later
#include "stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool wrong(char *why, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, size, format, arguments);
	va_end(arguments);
	return false;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void take_finding(void *data, const struct kswapck_finding *finding)
{
	story_findings_add(data, finding);
}

static void forget(struct telling_of *telling)
{
	story_free(telling->story);
	story_findings_free(&telling->findings);
	memset(telling, 0, sizeof(*telling));
}

static bool tell(const struct stage *stage, struct telling_of *telling, char *why, size_t size)
{
	const struct story_options options = {.sweep = true, .all_stacks = true};
	const struct audit_sink sink = {.data = &telling->findings, .finding = take_finding};
	const struct audit_options audit_options = {0};
	struct error err = {0};
	double start = now();

	forget(telling);
	if (!audit_run(stage->scene.kernel, &stage->scene.catalogue, &audit_options, &sink,
		       &telling->summary, &err))
		return wrong(why, size, "no audit: %s", err.text);
	telling->story = story_tell(stage->scene.kernel, &telling->findings, &telling->summary,
				    &options, &err);
	telling->seconds = now() - start;
	return telling->story || wrong(why, size, "no story: %s", err.text);
}

bool stage_open(struct stage *stage, const char *path, char *why, size_t size)
{
	struct error err = {0};

	memset(stage, 0, sizeof(*stage));
	if (!guest_read(path, &stage->guest))
		return wrong(why, size, "nothing is told of the guest of %s", path);
	if (!scene_open(&stage->scene, path, &err))
		return wrong(why, size, "%s", err.text);
	return tell(stage, &stage->clean, why, size);
}

void stage_close(struct stage *stage)
{
	forget(&stage->now);
	forget(&stage->clean);
	scene_close(&stage->scene);
}

void stage_reset(struct stage *stage)
{
	scene_reset(&stage->scene);
	forget(&stage->now);
}

bool stage_tell(struct stage *stage, char *why, size_t size)
{
	return tell(stage, &stage->now, why, size);
}

static bool same_spinners(const struct story *a, const struct story *b)
{
	size_t i;

	for (i = 0; i < a->spinner_count && i < b->spinner_count; i++) {
		const struct story_spinner *x = &a->spinners[i], *y = &b->spinners[i];

		if (a->threads[x->thread].task.pid != b->threads[y->thread].task.pid ||
		    x->loop != y->loop || x->type != y->type || x->slot != y->slot)
			return false;
	}
	return a->spinner_count == b->spinner_count && a->verdict == b->verdict;
}

static bool same_certainty(const struct story *a, const struct story *b)
{
	size_t i;

	for (i = 0; i < a->spinner_count && i < b->spinner_count; i++)
		if (a->spinners[i].certain != b->spinners[i].certain)
			return false;
	return a->spinner_count == b->spinner_count;
}

static bool same_origin(const struct story *a, const struct story *b)
{
	return a->origin.pattern == b->origin.pattern && a->origin.places == b->origin.places &&
	       a->origin.places_slots == b->origin.places_slots && a->bug_count == b->bug_count;
}

static bool same_log(const struct story_log *a, const struct story_log *b)
{
	unsigned int i;

	for (i = 0; i < a->event_count && i < b->event_count; i++)
		if (a->events[i].kind != b->events[i].kind ||
		    strcmp(a->events[i].text, b->events[i].text) != 0)
			return false;
	return a->read == b->read && a->records == b->records && a->event_count == b->event_count;
}

static bool same_rcu(const struct story_rcu *a, const struct story_rcu *b)
{
	return a->read == b->read && a->stalled == b->stalled &&
	       a->view.in_progress == b->view.in_progress &&
	       a->view.age_jiffies == b->view.age_jiffies &&
	       !strcmp(a->view.flavour, b->view.flavour);
}

static bool same_blockers(const struct story_rcu *a, const struct story_rcu *b)
{
	return a->by_spinner == b->by_spinner &&
	       a->view.blocker_count == b->view.blocker_count &&
	       a->view.blockers_complete == b->view.blockers_complete;
}

static bool same_tasks(const struct story *a, const struct story *b)
{
	return a->tasks_complete == b->tasks_complete && a->thread_count == b->thread_count;
}

static bool same_stacks(const struct story *a, const struct story *b)
{
	size_t i;

	for (i = 0; i < a->thread_count && i < b->thread_count; i++)
		if (a->threads[i].task.address != b->threads[i].task.address ||
		    a->threads[i].frame_count != b->threads[i].frame_count ||
		    a->threads[i].end != b->threads[i].end)
			return false;
	return a->thread_count == b->thread_count;
}

static bool same_victims(const struct story_victims *a, const struct story_victims *b)
{
	return a->swept == b->swept && a->pages == b->pages && a->count == b->count;
}

bool stage_same(const struct stage *stage, unsigned int parts, char *why, size_t size)
{
	const struct story *a = stage->clean.story, *b = stage->now.story;
	const struct {
		enum story_part part;
		const char *name;
		bool same;
	} compared[] = {
		{PART_SPINNER, "the spinner", same_spinners(a, b)},
		{PART_CERTAIN, "certainty", same_certainty(a, b)},
		{PART_ORIGIN, "the origin", same_origin(a, b)},
		{PART_LOG, "the log", same_log(&a->log, &b->log)},
		{PART_RCU, "RCU", same_rcu(&a->rcu, &b->rcu)},
		{PART_BLOCKER, "who blocks RCU", same_blockers(&a->rcu, &b->rcu)},
		{PART_TASKS, "the task list", same_tasks(a, b)},
		{PART_STACKS, "the stacks", same_stacks(a, b)},
		{PART_VICTIMS, "who is next", same_victims(&a->victims, &b->victims)},
	};
	size_t i;

	for (i = 0; i < sizeof(compared) / sizeof(compared[0]); i++)
		if (parts & compared[i].part && !compared[i].same)
			return wrong(why, size, "%s: not as without the harm",
				     compared[i].name);
	return true;
}

static bool threads_sane(const struct story *story, char *why, size_t size)
{
	size_t i;

	for (i = 0; i < story->thread_count; i++) {
		const struct story_thread *thread = &story->threads[i];

		if (thread->frame_count > UNWIND_FRAMES_MAX || thread->end >= UNWIND_END_COUNT ||
		    (!thread->frame_count && thread->end == UNWIND_TOP))
			return wrong(why, size, "thread %zu has %u frames and ends with %d", i,
				     thread->frame_count, (int)thread->end);
	}
	return true;
}

static bool spinners_sane(const struct story *story, char *why, size_t size)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++) {
		const struct story_spinner *spinner = &story->spinners[i];

		/* one at an unknown slot has nothing but its lookup */
		if (spinner->thread >= story->thread_count || spinner->loop == LOOP_NONE ||
		    !spinner->slot != !spinner->agreeing ||
		    !spinner->problem != !spinner->agreeing ||
		    (!spinner->agreeing && (spinner->certain || !spinner->lookup ||
					    !story->stalled)) ||
		    spinner->link_count > STORY_LINKS_MAX)
			return wrong(why, size, "spinner %zu makes no sense", i);
	}
	return true;
}

static bool indexes_sane(const struct story *story, char *why, size_t size)
{
	size_t i;

	for (i = 0; i < RCU_BLOCKERS_MAX && story->rcu.read; i++)
		if (story->rcu.blocker_threads[i] != SIZE_MAX &&
		    story->rcu.blocker_threads[i] >= story->thread_count)
			return wrong(why, size, "RCU is blocked by a thread that is not there");
	for (i = 0; i < story->log.event_count; i++)
		if (story->log.events[i].spinner != SIZE_MAX &&
		    story->log.events[i].spinner >= story->spinner_count)
			return wrong(why, size, "an event is of a spinner that is not there");
	for (i = 0; i < story->waiter_count; i++)
		if (story->waiters[i].thread >= story->thread_count ||
		    (story->waiters[i].spinner != SIZE_MAX &&
		     story->waiters[i].spinner >= story->spinner_count))
			return wrong(why, size, "a waiter is not there");
	for (i = 0; i < story->victims.count; i++)
		if (story->victims.victims[i].range >= story->findings->count)
			return wrong(why, size, "a victim of no range");
	return true;
}

bool stage_sane(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	bool any = story->spinner_count > 0;

	if (story->verdict >= VERDICT_COUNT ||
	    any != (story->verdict == VERDICT_STALL || story->verdict == VERDICT_REFAULT))
		return wrong(why, size, "verdict %d with %zu spinners", (int)story->verdict,
			     story->spinner_count);
	return threads_sane(story, why, size) && spinners_sane(story, why, size) &&
	       indexes_sane(story, why, size);
}
