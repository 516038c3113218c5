// SPDX-License-Identifier: GPL-2.0-or-later
#include "story/parts.h"

/* Does anything say that CPUs were stuck, and still are? */
static bool anything_stalled(const struct story *story)
{
	unsigned int i;

	if (story->rcu.stalled)
		return true;
	for (i = 0; i < story->log.event_count; i++)
		switch (story->log.events[i].kind) {
		case EVENT_RCU_STALL:
		case EVENT_SOFT_LOCKUP:
		case EVENT_HARD_LOCKUP:
			if (story->log.events[i].recent)
				return true;
			break;
		default:
			break;
		}
	return false;
}

/* Of all that tells of a stall: RCU, the log, what the CPUs did. */
static bool anything_seen(const struct story *story)
{
	size_t i;

	if (story->rcu.read || (story->log.read && story->log.records))
		return true;
	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].on_cpu && unwind_end_complete(story->threads[i].end))
			return true;
	return false;
}

static bool any_loop(const struct story *story, enum story_loop loop)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].loop == loop)
			return true;
	return false;
}

/* Does something wait for the first who touches it? */
static bool anything_latent(const struct story *story, const struct story_findings *findings)
{
	return findings->spin_slots || findings->refault_slots || findings->dead_devices ||
	       findings->lost_slots || story->moved.pages > story->moved.copied;
}

void story_verdict_find(struct telling *telling)
{
	const struct audit_summary *audit = telling->audit;
	struct story *story = telling->story;

	story->stalled = anything_stalled(story);
	if (any_loop(story, LOOP_STALL))
		story->verdict = VERDICT_STALL;
	else if (any_loop(story, LOOP_REFAULT))
		story->verdict = VERDICT_REFAULT;
	else if (story->crash.happened)
		story->verdict = VERDICT_CRASH;
	else if (story->interrupted)
		story->verdict = VERDICT_UNKNOWN;
	else if (anything_latent(story, telling->findings))
		story->verdict = VERDICT_LATENT;
	else if (audit->errors || audit->warnings)
		story->verdict = VERDICT_DAMAGE;
	else if (!audit_summary_complete(audit))
		story->verdict = VERDICT_UNKNOWN;	/* what was not seen may be broken */
	else if (story->stalled)
		story->verdict = VERDICT_UNRELATED;
	else if (!anything_seen(story))
		story->verdict = VERDICT_UNKNOWN;	/* who stalls may be in what was not */
	else
		story->verdict = VERDICT_CLEAN;
}

/* Is it the task that spins under rcu_read_lock()? */
static bool is_stalling(const struct story *story, size_t thread)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].thread == thread &&
		    story->spinners[i].loop == LOOP_STALL)
			return true;
	return false;
}

static size_t thread_on_cpu(const struct story *story, unsigned int cpu)
{
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].on_cpu && story->threads[i].cpu == cpu)
			return i;
	return SIZE_MAX;
}

static bool log_says_stall(const struct story_log *log)
{
	unsigned int i;

	for (i = 0; i < log->event_count; i++)
		if (log->events[i].kind == EVENT_RCU_STALL)
			return true;
	return false;
}

/* Who blocks the grace period, and is it somebody of this story? */
void story_rcu_join(struct telling *telling)
{
	struct story *story = telling->story;
	struct story_rcu *rcu = &story->rcu;
	const struct rcu_view *view = &rcu->view;
	struct error err = {0};
	unsigned int i;

	rcu->read = rcu_read(telling->kernel, &rcu->view, &err);
	if (!rcu->read) {
		story_gap(story, "RCU", "%s", err.text);
		rcu->stalled = log_says_stall(&story->log);
		return;
	}
	if (!view->blockers_complete)
		story_gap(story, "RCU", "the tree of rcu_node or a list of blocked tasks is damaged or "
			  "not all in the dump: there may be more that it waits for");
	if (view->cpus_unread)
		story_gap(story, "RCU", "rcu_data of %u CPUs cannot be read: their callbacks are not "
			  "counted", view->cpus_unread);
	/* a stall in the log that is over is no stall now */
	rcu->stalled = view->in_progress &&
		       (view->age_known && view->stall_timeout_known ?
			view->age >= view->stall_timeout : log_says_stall(&story->log));
	for (i = 0; i < RCU_BLOCKERS_MAX; i++)
		rcu->blocker_threads[i] = SIZE_MAX;
	for (i = 0; i < view->blocker_count && i < RCU_BLOCKERS_MAX; i++) {
		const struct rcu_blocker *blocker = &view->blockers[i];

		rcu->blocker_threads[i] = blocker->kind == RCU_BLOCKER_CPU ?
					  thread_on_cpu(story, blocker->cpu) :
					  story_thread_of(story, blocker->task);
		/* a young grace period waits for every CPU, which says nothing */
		if (!rcu->stalled || rcu->blocker_threads[i] == SIZE_MAX)
			continue;
		story_spinner_without_slot(story, rcu->blocker_threads[i]);
		if (is_stalling(story, rcu->blocker_threads[i]))
			rcu->by_spinner = true;
	}
}
