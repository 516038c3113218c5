// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/explain_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "output/explain_chain.h"

__attribute__((format(printf, 2, 0)))
static void add(struct phrase *phrase, const char *format, va_list arguments)
{
	size_t room = sizeof(phrase->text) - phrase->length;
	int length = vsnprintf(phrase->text + phrase->length, room, format, arguments);

	if (length > 0)
		phrase->length += (size_t)length < room ? (size_t)length : room - 1;
}

void phrase_add(struct phrase *phrase, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(phrase, format, arguments);
	va_end(arguments);
}

void phrase_begin(struct phrase *phrase, const char *format, ...)
{
	va_list arguments;

	phrase->length = 0;
	phrase->text[0] = 0;
	va_start(arguments, format);
	add(phrase, format, arguments);
	va_end(arguments);
}

const char *words_name(const char *name, char text[NAME_SIZE])
{
	if (strlen(name) < NAME_SIZE) {
		text_visible(name, text, NAME_SIZE);
	} else {
		text_visible(name, text, NAME_SIZE - 3);
		strcat(text, "...");
	}
	return text;
}

void words_task(struct phrase *phrase, int32_t pid, const char *comm)
{
	char name[NAME_SIZE];

	phrase_add(phrase, "pid %" PRId32, pid);
	if (comm[0])
		phrase_add(phrase, " (%s)", words_name(comm, name));
}

void words_thread(struct phrase *phrase, const struct story_thread *thread)
{
	words_task(phrase, thread->task.pid, thread->task.comm);
	if (thread->on_cpu)
		phrase_add(phrase, " on CPU %u", thread->cpu);
}

void words_slot(struct phrase *phrase, const char *device, unsigned int type, uint64_t slot)
{
	char name[NAME_SIZE];

	if (device[0])
		phrase_add(phrase, "slot %" PRIu64 " of %s", slot, words_name(device, name));
	else
		phrase_add(phrase, "slot %" PRIu64 " of swap device %u", slot, type);
}

void words_count(struct phrase *phrase, uint64_t count, const char *what)
{
	char number[TEXT_NUMBER_SIZE];

	phrase_add(phrase, "%s %s%s", text_number(count, number), what, count == 1 ? "" : "s");
}

const struct story_thread *words_thread_at(const struct story *story, size_t index)
{
	return index < story->thread_count ? &story->threads[index] : NULL;
}

bool words_slot_known(const struct story_spinner *spinner)
{
	return spinner->agreeing > 0;
}

size_t words_is_spinner(const struct story *story, size_t thread)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].thread == thread)
			return i;
	return SIZE_MAX;
}

/* ---------------------------------------------------------------- who stalls */

static bool is_stall_event(enum story_event_kind kind)
{
	return kind == EVENT_RCU_STALL || kind == EVENT_SOFT_LOCKUP ||
	       kind == EVENT_HARD_LOCKUP || kind == EVENT_HUNG_TASK;
}

bool words_is_stalled(const struct story *story, size_t index)
{
	const struct story_thread *thread = &story->threads[index];
	unsigned int i;

	/* an idle task does not hold anybody up */
	if (!thread->task.pid && !thread->task.mm && thread->task.kernel_thread)
		return false;
	for (i = 0; story->rcu.read && i < story->rcu.view.blocker_count &&
		    i < RCU_BLOCKERS_MAX; i++)
		if (story->rcu.blocker_threads[i] == index)
			return true;
	for (i = 0; i < story->log.event_count && i < STORY_EVENTS_MAX; i++)
		if (is_stall_event(story->log.events[i].kind) && story->log.events[i].recent &&
		    story->log.events[i].thread == index)
			return true;
	return false;
}

/* -------------------------------------------------------------------- verdict */

/* "pid 37 (lab) on CPU 1 spins", "pid 37 (lab) on CPU 1 and 2 more spin" */
static void add_spinners(const struct story *story, const char *one, const char *many,
			 struct phrase *phrase)
{
	const struct story_thread *thread = words_thread_at(story, story->spinners[0].thread);
	uint64_t more = story->spinner_count - 1 + story->spinners_lost;

	if (thread)
		words_thread(phrase, thread);
	else
		phrase_add(phrase, "a task");
	if (more)
		phrase_add(phrase, " and %" PRIu64 " more", more);
	phrase_add(phrase, " %s", more ? many : one);
}

static void add_bug(const struct story *story, struct phrase *phrase)
{
	static const char *const has_fix[] = {
		[FIX_UNKNOWN] = "whether this kernel has the fix cannot be told by its release",
		[FIX_PRESENT] = "by its release, this kernel should have the fix",
		[FIX_ABSENT] = "this kernel lacks the fix",
		[FIX_NOT_NEEDED] = "but by its release, this kernel is older than that bug",
	};
	const struct story_bug *bug = &story->bugs[0];

	if (story->bug_count)
		phrase_add(phrase, " It looks like the known bug %s (fixed in %s); %s.",
			   bug->bug->name, bug->bug->fixed, has_fix[bug->status]);
}

static void stall_verdict(const struct story *story, struct phrase *phrase)
{
	const struct story_spinner *spinner = &story->spinners[0];

	add_spinners(story, "spins", "spin", phrase);
	phrase_add(phrase, " for ever in a lookup of the swap cache: ");
	if (words_slot_known(spinner)) {
		words_slot(phrase, spinner->device, spinner->type, spinner->slot);
		phrase_add(phrase, "%s %s", spinner->certain ? "" : ", most likely,",
			   "holds a page without references.");
	} else {
		phrase_add(phrase, "at which slot is not known.");
	}
	if (story->rcu.by_spinner && story->rcu.view.age_known)
		phrase_add(phrase, " RCU has waited for it for %.1f s.", story->rcu.view.age);
	else if (spinner->holds_rcu)
		phrase_add(phrase, " No RCU grace period can end.");
}

static void refault_verdict(const struct story *story, struct phrase *phrase)
{
	const struct story_spinner *spinner = &story->spinners[0];

	add_spinners(story, "faults", "fault", phrase);
	phrase_add(phrase, " for ever: ");
	if (words_slot_known(spinner)) {
		words_slot(phrase, spinner->device, spinner->type, spinner->slot);
		phrase_add(phrase, "%s holds a page that the fault does not accept, so it "
			   "returns unserved.", spinner->certain ? "" : ", most likely,");
	} else {
		phrase_add(phrase, "at which slot is not known.");
	}
	phrase_add(phrase, " 100 %% CPU%s%s.", story->stalled ? "" : ", no stall",
		   story->log.read && !story->log.event_count ? ", nothing in the log" : "");
}

static void latent_verdict(const struct story *story, struct phrase *phrase)
{
	const struct story_findings *findings = story->findings;

	phrase_add(phrase, "%s, but the first who touches one of ", story->stalled ?
		   "something is stuck, which could not be tied to the swap cache" :
		   "no task was seen stuck");
	if (findings->spin_slots) {
		words_count(phrase, findings->spin_slots, "slot");
		phrase_add(phrase, " will spin for ever under RCU%s",
			   findings->refault_slots ? ", and one of " : ".");
	}
	if (findings->refault_slots) {
		words_count(phrase, findings->refault_slots, "slot");
		phrase_add(phrase, " will fault for ever.");
	}
	if (findings->spin_slots)
		phrase_add(phrase, " To exit, unmap or swap off is to touch.");
}

static void audit_words(const struct explanation *explanation, struct phrase *phrase)
{
	const struct audit_summary *audit = &explanation->totals->audit;

	if (audit->errors || audit->warnings) {
		words_count(phrase, audit->errors, "error");
		phrase_add(phrase, " and ");
		words_count(phrase, audit->warnings, "warning");
		phrase_add(phrase, " were found in it");
	} else if (audit_summary_complete(audit)) {
		phrase_add(phrase, "all of it was seen, and nothing is wrong in it");
	} else {
		phrase_add(phrase, "nothing is wrong in what could be seen of it");
	}
}

static void unrelated_verdict(const struct explanation *explanation, struct phrase *phrase)
{
	const struct story *story = explanation->story;
	size_t i;

	for (i = 0; i < story->thread_count && !words_is_stalled(story, i); i++)
		;
	if (i < story->thread_count) {
		const struct story_thread *thread = &story->threads[i];
		unsigned int start = chain_start(thread, NULL);

		words_thread(phrase, thread);
		phrase_add(phrase, " stalls");
		if (start < thread->frame_count) {
			phrase_add(phrase, " in ");
			chain_function(phrase, &thread->frames[start]);
		}
	} else {
		phrase_add(phrase, "something stalls");
	}
	phrase_add(phrase, ", and nothing ties that to the swap cache: ");
	audit_words(explanation, phrase);
	phrase_add(phrase, ".");
}

static void clean_verdict(const struct explanation *explanation, struct phrase *phrase)
{
	bool complete = audit_summary_complete(&explanation->totals->audit);

	phrase_add(phrase, "nothing is broken in %s, and no task was seen stuck in it.",
		   complete ? "the swap cache" : "what could be seen of the swap cache");
}

void words_verdict(const struct explanation *explanation, struct phrase *phrase)
{
	const struct story *story = explanation->story;
	enum story_verdict verdict = story->verdict;

	phrase_begin(phrase, "%s", "");
	if (verdict == VERDICT_STALL && story->spinner_count) {
		stall_verdict(story, phrase);
		add_bug(story, phrase);
	} else if (verdict == VERDICT_REFAULT && story->spinner_count) {
		refault_verdict(story, phrase);
		add_bug(story, phrase);
	} else if (verdict == VERDICT_LATENT) {
		latent_verdict(story, phrase);
		add_bug(story, phrase);
	} else if (verdict == VERDICT_DAMAGE) {
		phrase_add(phrase, "the swap cache is damaged, though not in a way that makes "
			   "a lookup or a fault loop for ever: ");
		audit_words(explanation, phrase);
		phrase_add(phrase, ".");
	} else if (verdict == VERDICT_UNRELATED) {
		unrelated_verdict(explanation, phrase);
	} else if (verdict == VERDICT_CLEAN) {
		clean_verdict(explanation, phrase);
	} else {
		phrase_add(phrase, "too little could be read to say what happened; the missing "
			   "parts are listed below.");
	}
	if (story->interrupted)
		phrase_add(phrase, " Interrupted: not all was looked at.");
}

/* ----------------------------------------------------------------------- loops */

static void why_stall(struct phrase *phrase)
{
	phrase_add(phrase, "The lookup loads the slot's entry under rcu_read_lock(), cannot get a "
		   "reference to the page, whose count is 0, and loads the same entry again. The "
		   "page was freed: nobody will take it out of this slot. RCU cannot end its grace "
		   "period, since this reader never leaves.");
}

static void why_refault(const struct story *story, const struct story_spinner *spinner,
			struct phrase *phrase)
{
	const char *what = story->folio_swap ? "folio->swap" : "->private";

	phrase_add(phrase, "do_swap_page() finds the folio, locks it, compares PG_swapcache and "
		   "%s with the entry in the page table, unlocks it as not its own and "
		   "returns 0 as if served; the instruction runs again and faults again.", what);
	if (spinner->page_read && spinner->page.marks & KSWAPCK_PAGE_SWAPCACHE)
		phrase_add(phrase, " %s of the page is 0x%" PRIx64 "; the entry is 0x%" PRIx64
			   ", and neither will change.", what, spinner->page_private,
			   spinner->expected_private);
	else if (spinner->page_read)
		phrase_add(phrase, " The page is not in the swap cache: it is another's now. When "
			   "that one frees it, the loop becomes a spin under rcu_read_lock().");
	phrase_add(phrase, " Each round leaves RCU and the kernel, so nothing stalls and nothing "
		   "is logged.");
}

void words_why(const struct story *story, const struct story_spinner *spinner,
	       struct phrase *phrase)
{
	phrase_begin(phrase, "%s", "");
	if (spinner->loop == LOOP_STALL)
		why_stall(phrase);
	else if (spinner->loop == LOOP_REFAULT)
		why_refault(story, spinner, phrase);
}

static bool is_in(const struct story_origin *origin, const struct story_spinner *spinner)
{
	return origin->type == spinner->type && spinner->slot >= origin->first_slot &&
	       spinner->slot - origin->first_slot < origin->slots;
}

/*
 * __delete_from_swap_cache() stores over all slots of a large folio, whatever they
 * hold (mm/swap_state.c, 5.10 - 6.12).
 */
static void end_stall(const struct story *story, const struct story_spinner *spinner,
		      struct phrase *phrase)
{
	if (story->origin.pattern == PATTERN_ONE_SLOT && is_in(&story->origin, spinner))
		phrase_add(phrase, "When the new folio of slot %" PRIu64 " leaves the swap cache "
			   "(reclaim, or its last user), all its slots are overwritten. Else a "
			   "reboot;", story->origin.first_slot);
	else
		phrase_add(phrase, "A reboot;");
	phrase_add(phrase, " no signal, for the loop looks for none. If the page is given out again "
		   "as a folio, an endless refault begins.");
}

static void end_refault(const struct story *story, struct phrase *phrase)
{
	phrase_add(phrase, "Killing the task, if the fault comes from user mode: that takes signals "
		   "on its way back (copy_from_user() and its like do not).");
	if (story->findings && story->findings->spin_slots)
		phrase_add(phrase, " But its exit looks all its slots up, and those that hold freed "
			   "pages stall it.");
	else
		phrase_add(phrase, " Others who share the slot come to the same.");
}

void words_end(const struct story *story, const struct story_spinner *spinner,
	       struct phrase *phrase)
{
	phrase_begin(phrase, "%s", "");
	if (spinner->loop == LOOP_STALL)
		end_stall(story, spinner, phrase);
	else if (spinner->loop == LOOP_REFAULT)
		end_refault(story, phrase);
}

/* ---------------------------------------------------------------------- origin */

void words_origin(const struct story_origin *origin, struct phrase *phrase)
{
	uint64_t last = origin->first_slot + origin->slots - 1;
	char wrong[TEXT_NUMBER_SIZE], slots[TEXT_NUMBER_SIZE], device[NAME_SIZE];

	phrase_begin(phrase, "%s", "");
	if (origin->pattern == PATTERN_NONE || !origin->slots)
		return;
	text_number(origin->wrong_slots, wrong);
	text_number(origin->slots, slots);
	phrase_add(phrase, "As the slots look, %s the large folio of slots %" PRIu64 "-%" PRIu64
		   " of %s ",
		   origin->pattern == PATTERN_SPLIT ? "the kernel split" : "migration moved",
		   origin->first_slot, last,
		   origin->device[0] ? words_name(origin->device, device) : "swap");
	if (origin->pattern == PATTERN_ONE_SLOT)
		phrase_add(phrase, "and put the new one into the first slot alone; %s of the %s "
			   "slots still hold the old one, which was freed.", wrong, slots);
	else if (origin->pattern == PATTERN_HEAD_PRIVATE)
		phrase_add(phrase, "and copied ->private of the head page alone; that of %s of "
			   "the %s pages does not name their slots.", wrong, slots);
	else
		phrase_add(phrase, "into base pages, and %s of the %s do not name their slots: "
			   "->private of its tail pages was lost, in the split or in a migration "
			   "before.", wrong, slots);
	if (origin->places > 1) {
		phrase_add(phrase, " ");
		words_count(phrase, origin->places, "place");
		phrase_add(phrase, " are like this one, with ");
		words_count(phrase, origin->places_slots, "wrong slot");
		phrase_add(phrase, ".");
	}
}
