// SPDX-License-Identifier: GPL-2.0-or-later
/* How the slots got that way, by which bug, since when: the log and RCU. */
#include <inttypes.h>

#include "base/text.h"
#include "output/explain_teller.h"

#define EVENTS_SHOWN	3
#define BLOCKERS_SHOWN	4
#define TEXT_SHOWN	60	/* of a line of the log */

/* ---------------------------------------------------------------- how, and the bug */

/* The first slot is right, the others are not: |N|ooooooo|. */
static void draw_slots(struct teller *teller, const struct story_origin *origin)
{
	bool one_slot = origin->pattern == PATTERN_ONE_SLOT;
	uint64_t cells = teller->options.columns > 74 ? teller->options.columns - 64 : 10;
	struct phrase *phrase = &teller->phrase;

	if (cells > origin->wrong_slots)
		cells = origin->wrong_slots;
	phrase_begin(phrase, "slot %" PRIu64 " |%c|", origin->first_slot, one_slot ? 'N' : 'h');
	for (; cells; cells--)
		phrase_add(phrase, "%c", one_slot ? 'o' : 't');
	phrase_add(phrase, "| %" PRIu64, origin->first_slot + origin->slots - 1);
	teller_row(teller);
}

static void tell_legend(struct teller *teller, const struct story_origin *origin)
{
	struct phrase *phrase = &teller->phrase;
	uint64_t right = origin->slots - origin->wrong_slots;
	char number[TEXT_NUMBER_SIZE];

	if (origin->pattern == PATTERN_ONE_SLOT) {
		phrase_begin(phrase, "N = new folio 0x%" PRIx64 " (", origin->new_page);
		words_count(phrase, right, "slot");
		phrase_add(phrase, "), o = freed 0x%" PRIx64 " (", origin->old_page);
		words_count(phrase, origin->wrong_slots, "slot");
		phrase_add(phrase, ")");
	} else {
		phrase_begin(phrase, "pages from 0x%" PRIx64 " on; ->private of h is right (",
			     origin->new_page);
		words_count(phrase, right, "page");
		phrase_add(phrase, "), of t wrong (%s)", text_number(origin->wrong_slots, number));
	}
	teller_row(teller);
}

void tell_origin(struct teller *teller)
{
	const struct story_findings *findings = teller->story->findings;
	const struct story_origin *origin = &teller->story->origin;

	words_origin(teller->story, &teller->phrase);
	if (!teller->phrase.length) {
		if (!teller->story->interrupted && findings->spin_slots + findings->refault_slots +
		    findings->rmap_slots)
			phrase_begin(&teller->phrase, "not known: the slots around show no "
				     "pattern of a known bug");
		teller_paragraph(teller, "how");
		return;
	}
	teller_paragraph(teller, "how");
	/* the picture is of one right slot and wrong ones after it */
	if (origin->pattern != PATTERN_MOVED && origin->slots > 1 &&
	    origin->wrong_slots == origin->slots - 1) {
		draw_slots(teller, origin);
		tell_legend(teller, origin);
	}
}

static void tell_releases(struct teller *teller, const struct known_bug *bug)
{
	struct phrase *phrase = &teller->phrase;
	unsigned int i;

	phrase_begin(phrase, "introduced %s", bug->introduced ? bug->introduced : "not known");
	if (bug->introduced_commit)
		phrase_add(phrase, " (%s)", bug->introduced_commit);
	phrase_add(phrase, "; fixed %s (%s)", bug->fixed, bug->fix_commit);
	for (i = 0; i < STORY_FIXES_MAX && bug->fixes[i].branch; i++)
		phrase_add(phrase, "%s%s", i ? ", " : "; stable ", bug->fixes[i].release);
	teller_row(teller);
}

static void tell_fix(struct teller *teller, const struct story_bug *bug)
{
	static const char *const words[] = {
		[FIX_UNKNOWN] = "may have the fix or not",
		[FIX_PRESENT] = "should have the fix",
		[FIX_ABSENT] = "lacks the fix",
		[FIX_NOT_NEEDED] = "should be older than the bug",
	};
	char release[NAME_SIZE];

	phrase_begin(&teller->phrase, "this kernel, %s, %s. %s",
		     words_name(teller->story->release, release), words[bug->status], bug->why);
	teller_row(teller);
}

void tell_bugs(struct teller *teller)
{
	const struct story *story = teller->story;
	size_t i;

	for (i = 0; i < story->bug_count && i < sizeof(story->bugs) / sizeof(story->bugs[0]);
	     i++) {
		const struct known_bug *bug = story->bugs[i].bug;

		phrase_begin(&teller->phrase, "%s%s", i ? "or " : "", bug->name);
		/* with one bug alone, the paragraph before says the same */
		if (story->bug_count > 1)
			phrase_add(&teller->phrase, ": %s", bug->summary);
		else
			phrase_add(&teller->phrase, " ('kswapck help %s' tells more)", bug->name);
		teller_paragraph(teller, i ? "" : "bug");
		tell_releases(teller, bug);
		tell_fix(teller, &story->bugs[i]);
	}
	if (story->bug_count || story->origin.pattern == PATTERN_NONE || story->interrupted)
		return;
	phrase_begin(&teller->phrase, "none of the catalogue leaves this pattern");
	teller_paragraph(teller, "bug");
}

/* ------------------------------------------------------------------- since when */

static void add_time(struct phrase *phrase, uint64_t nanoseconds)
{
	phrase_add(phrase, "%.1f s", (double)nanoseconds / 1e9);
}

static void tell_event(struct teller *teller, const struct story_event *event)
{
	struct phrase *phrase = &teller->phrase;
	const struct story_thread *spinner = NULL;
	char text[sizeof(event->text)];

	if (event->spinner < teller->story->spinner_count)
		spinner = words_thread_at(teller->story,
					  teller->story->spinners[event->spinner].thread);
	phrase_begin(phrase, "%s", "");
	add_time(phrase, event->first_time);
	phrase_add(phrase, " %s", story_event_name(event->kind));
	if (event->count > 1) {
		phrase_add(phrase, ", ");
		words_count(phrase, event->count, "time");
		phrase_add(phrase, " until ");
		add_time(phrase, event->last_time);
	}
	if (spinner) {
		phrase_add(phrase, ", ");
		words_pid(phrase, spinner);
	} else if (event->kind == EVENT_OOPS && event->pid_count) {
		phrase_add(phrase, ", pid %" PRId32, event->pids[0]);
	}
	/* it may be one long word, which no line would hold */
	phrase_add(phrase, ": \"%.*s\"", TEXT_SHOWN,
		   text_visible(event->text, text, sizeof(text)));
	teller_row(teller);
}

void tell_log(struct teller *teller)
{
	const struct story_log *log = &teller->story->log;
	size_t count = log->event_count < STORY_EVENTS_MAX ? log->event_count : STORY_EVENTS_MAX;
	size_t shown = log->events_lost ? EVENTS_SHOWN : teller_limit(count, EVENTS_SHOWN), i;

	if (!log->read)
		return;
	if (!words_log_read(log)) {
		phrase_begin(&teller->phrase, "not known: the kernel log could not be read");
		teller_paragraph(teller, "since");
		return;
	}
	if (!count && teller->story->interrupted)
		return;
	phrase_begin(&teller->phrase, "the kernel log (");
	words_count(&teller->phrase, log->records, "record");
	phrase_add(&teller->phrase, ", until ");
	add_time(&teller->phrase, log->last_time);
	phrase_add(&teller->phrase, " after boot) %s%s",
		   count ? "tells of:" : "tells of no stall, lockup or oops",
		   count || words_log_whole(log) ? "" : ", as far as it could be read");
	teller_paragraph(teller, "since");
	for (i = 0; i < count && i < shown; i++)
		tell_event(teller, &log->events[i]);
	teller_rest(teller, count - i + log->events_lost);
}

static void add_blocker(struct phrase *phrase, const struct story *story, unsigned int index)
{
	const struct rcu_blocker *blocker = &story->rcu.view.blockers[index];
	const struct story_thread *thread = words_thread_at(story,
							    story->rcu.blocker_threads[index]);

	if (blocker->kind == RCU_BLOCKER_CPU)
		phrase_add(phrase, "CPU %u", blocker->cpu);
	if (blocker->kind == RCU_BLOCKER_CPU && thread)
		phrase_add(phrase, " with ");
	if (thread)
		words_thread_name(phrase, thread);
	else if (blocker->kind == RCU_BLOCKER_TASK)
		phrase_add(phrase, "the task at 0x%" PRIx64, blocker->task);
	/* who was preempted within rcu_read_lock() may run again */
	if (blocker->kind == RCU_BLOCKER_TASK && !(thread && thread->on_cpu))
		phrase_add(phrase, ", preempted");
}

static void add_blockers(struct phrase *phrase, const struct story *story)
{
	unsigned int count = story->rcu.view.blocker_count, i;
	size_t shown = teller_limit(count, BLOCKERS_SHOWN);
	char number[TEXT_NUMBER_SIZE];

	for (i = 0; i < count && i < shown && i < RCU_BLOCKERS_MAX; i++) {
		phrase_add(phrase, "%s", i ? ", " : ", waits for ");
		add_blocker(phrase, story, i);
	}
	if (count > i)
		phrase_add(phrase, " and %s more", text_number(count - i, number));
}

void tell_rcu(struct teller *teller)
{
	const struct story_rcu *rcu = &teller->story->rcu;
	const struct rcu_view *view = &rcu->view;
	struct phrase *phrase = &teller->phrase;
	char flavour[NAME_SIZE];

	if (!rcu->read)
		return;
	phrase_begin(phrase, "%s: ", words_name(view->flavour, flavour));
	if (view->in_progress) {
		/* as the kernel's own messages have it, so that it can be looked for there */
		phrase_add(phrase, "grace period g=%" PRId64, (int64_t)view->sequence);
		if (view->age_known)
			phrase_add(phrase, " is %.1f s old", view->age);
		else
			phrase_add(phrase, " is in progress, since when is not known");
		if (rcu->stalled)
			phrase_add(phrase, ", stalled");
		if (view->stall_timeout_known)
			phrase_add(phrase, " (timeout %u s)", view->stall_timeout);
		/* a young one waits for every CPU, which says nothing */
		if (rcu->stalled)
			add_blockers(phrase, teller->story);
	} else {
		phrase_add(phrase, "no grace period is in progress");
	}
	phrase_add(phrase, "; ");
	words_count(phrase, view->callbacks, "callback");
	phrase_add(phrase, " wait%s", view->callbacks == 1 ? "s" : "");
	teller_paragraph(teller, "RCU");
}
