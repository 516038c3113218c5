// SPDX-License-Identifier: GPL-2.0-or-later
#include "story/live.h"

#include <unistd.h>

/* Between two times. */
#define PAUSE_MS 100

static bool is_own(const struct story_thread *thread)
{
	return thread->on_cpu && thread->known && thread->task.tgid == getpid();
}

/* There are slots to be stuck on, nobody is seen to be, and a CPU was not seen at all. */
static bool may_hide_spinner(const struct story *story)
{
	size_t i;

	if (story->spinner_count || !(story->findings->spin_slots + story->findings->refault_slots))
		return false;
	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].on_cpu && story->threads[i].origin == REGISTERS_MISSING &&
		    !is_own(&story->threads[i]))
			return true;
	return false;
}

static bool tell_again(const struct story *story, const struct live *live, unsigned int told)
{
	return told <= LIVE_CONFIRM && !story->interrupted &&
	       (story->incomplete || may_hide_spinner(story)) && live_wait(live, PAUSE_MS);
}

void story_judge_live(struct story *story)
{
	bool sampled = false, doubtful = false;
	size_t i;

	for (i = 0; i < story->thread_count; i++) {
		struct story_thread *thread = &story->threads[i];

		sampled |= thread->on_cpu && thread->origin != REGISTERS_MISSING;
		if (is_own(thread))
			thread->end = UNWIND_USER;
	}
	for (i = 0; i < story->spinner_count; i++)
		doubtful |= !story->spinners[i].agreeing;
	story->incomplete = story->gap_count || doubtful || !sampled;
}

struct story *story_tell_live(const struct kernel *kernel, struct live *live,
			      struct story_findings *findings, const struct audit_summary *audit,
			      const struct story_options *options, struct error *err)
{
	struct story *story = NULL;
	unsigned int told = 0;

	if (!live)
		return story_tell(kernel, findings, audit, options, err);
	do {
		story_free(story);
		live_settle(live);
		story = story_tell(kernel, findings, audit, options, err);
		if (story)
			story_judge_live(story);
	} while (story && tell_again(story, live, ++told));
	return story;
}
