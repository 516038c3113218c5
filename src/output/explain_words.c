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
		memcpy(text + strlen(text), "...", sizeof("..."));
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

void words_thread_name(struct phrase *phrase, const struct story_thread *thread)
{
	if (thread->known)
		words_task(phrase, thread->task.pid, thread->task.comm);
	else
		phrase_add(phrase, "a task (0x%" PRIx64 ") that is not in the dump",
			   thread->task.address);
}

void words_pid(struct phrase *phrase, const struct story_thread *thread)
{
	if (thread->known)
		phrase_add(phrase, "pid %" PRId32, thread->task.pid);
	else
		phrase_add(phrase, "task 0x%" PRIx64, thread->task.address);
}

void words_thread(struct phrase *phrase, const struct story_thread *thread)
{
	char cpu[32] = "";

	if (thread->on_cpu)
		snprintf(cpu, sizeof(cpu), " on CPU %u", thread->cpu);
	if (thread->known)
		words_task(phrase, thread->task.pid, thread->task.comm);
	else
		phrase_add(phrase, "a task (0x%" PRIx64 ")", thread->task.address);
	phrase_add(phrase, "%s%s", cpu, thread->known ? "" : " that is not in the dump");
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

bool words_chain_seen(const struct story_thread *thread)
{
	return chain_complete(thread) || (thread->user && !thread->frame_count);
}

unsigned int words_chains_seen(const struct story *story)
{
	unsigned int seen = 0;
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		seen += story->threads[i].on_cpu && words_chain_seen(&story->threads[i]);
	return seen;
}

bool words_log_read(const struct story_log *log)
{
	return log->read && log->records;
}

bool words_log_whole(const struct story_log *log)
{
	return words_log_read(log) && !log->gaps.unreadable && !log->gaps.damaged;
}

/* ---------------------------------------------------------------- who stalls */

static bool is_stall_event(enum story_event_kind kind)
{
	return kind == EVENT_RCU_STALL || kind == EVENT_SOFT_LOCKUP ||
	       kind == EVENT_HARD_LOCKUP || kind == EVENT_HUNG_TASK;
}

/* An idle task does not hold anybody up. */
static bool is_idle(const struct story_thread *thread)
{
	return thread->known && !thread->task.pid && !thread->task.mm &&
	       thread->task.kernel_thread;
}

bool words_is_stalled(const struct story *story, size_t index)
{
	const struct story_thread *thread = &story->threads[index];
	unsigned int i;

	if (is_idle(thread))
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
	char number[TEXT_NUMBER_SIZE];
	size_t start;

	if (thread)
		words_thread(phrase, thread);
	else
		phrase_add(phrase, "a task");
	start = phrase->length;
	words_in_swapoff(story, story->spinners[0].thread, phrase);
	if (more)
		phrase_add(phrase, "%s and %s more", phrase->length > start ? "," : "",
			   text_number(more, number));
	else if (phrase->length > start)
		phrase_add(phrase, ",");
	phrase_add(phrase, " %s", more ? many : one);
}

static void add_bug(const struct story *story, struct phrase *phrase)
{
	static const char *const has_fix[] = {
		[FIX_UNKNOWN] = "; whether this kernel has the fix cannot be told by its release",
		/* where the fix is said to be, it must not be said twice */
		[FIX_PRESENT] = ", though by its release this kernel should have the fix (see bug)",
		[FIX_ABSENT] = "; this kernel lacks the fix",
		[FIX_NOT_NEEDED] = "; but by its release, this kernel is older than that bug",
	};
	const struct story_bug *bug = &story->bugs[0];

	if (!story->bug_count)
		return;
	phrase_add(phrase, " It looks like the known bug %s", bug->bug->name);
	if (bug->status != FIX_PRESENT)
		phrase_add(phrase, " (fixed in %s)", bug->bug->fixed);
	phrase_add(phrase, "%s.", has_fix[bug->status]);
}

/*
 * Without CONFIG_PREEMPT_RCU a tick in the kernel is a quiescent state only where
 * CONFIG_PREEMPT_COUNT tells that nobody has preemption off (6.14 kernel/rcu/
 * tree_plugin.h rcu_flavor_sched_clock_irq()).
 */
static bool rcu_may_wait(const struct story *story)
{
	return story->rcu.read && !story->rcu.view.preemptible;
}

static void stall_verdict(const struct story *story, struct phrase *phrase)
{
	const struct story_spinner *spinner = &story->spinners[0];

	if (words_slot_known(spinner)) {
		add_spinners(story, "spins", "spin", phrase);
		phrase_add(phrase, " for ever in a lookup of the swap cache: ");
		words_slot(phrase, spinner->device, spinner->type, spinner->slot);
		phrase_add(phrase, "%s %s", spinner->certain ? "" : ", most likely,",
			   spinner->mismatch ? "holds a page that is not its own." :
					       "holds a page without references.");
	} else {
		add_spinners(story, "is stuck", "are stuck", phrase);
		phrase_add(phrase, " in a lookup of the swap cache; at which slot is not known.");
	}
	if (story->rcu.by_spinner && story->rcu.view.age_known)
		phrase_add(phrase, " RCU has waited for it for %.1f s.", story->rcu.view.age);
	else if (spinner->holds_rcu || spinner->held)
		phrase_add(phrase, " No RCU grace period can end.");
	else if (story->swap_tables && !story->stalled)
		phrase_add(phrase, " 100 %% CPU%s.", rcu_may_wait(story) ? "" : "; RCU goes on");
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
		   words_log_whole(&story->log) && !story->log.event_count && !story->interrupted ?
		   ", nothing in the log" : "");
}

/* A task that RCU waits for; SIZE_MAX if none is known. */
static size_t find_blocker(const struct story *story)
{
	unsigned int i;

	for (i = 0; story->rcu.read && story->rcu.stalled &&
		    i < story->rcu.view.blocker_count && i < RCU_BLOCKERS_MAX; i++) {
		size_t index = story->rcu.blocker_threads[i];

		if (words_thread_at(story, index) && !is_idle(&story->threads[index]))
			return index;
	}
	return SIZE_MAX;
}

/* Somebody is stuck whom nothing ties to a slot, and there are slots that do that. */
static void stuck_words(const struct story *story, const struct story_thread *thread,
			struct phrase *phrase)
{
	bool whole = words_chain_seen(thread);

	phrase_add(phrase, "RCU has waited ");
	if (story->rcu.view.age_known)
		phrase_add(phrase, "%.1f s ", story->rcu.view.age);
	phrase_add(phrase, "for ");
	words_thread(phrase, thread);
	phrase_add(phrase, ", which could not be tied to a slot");
	if (thread->on_cpu && thread->origin == REGISTERS_MISSING)
		phrase_add(phrase, " (its registers are missing)");
	else if (!whole)
		phrase_add(phrase, " (its call chain is cut)");
	phrase_add(phrase, "; but ");
	words_count(phrase, story->findings->spin_slots, "slot");
	phrase_add(phrase, " make%s a lookup spin for ever%s.",
		   story->findings->spin_slots == 1 ? "s" : "", whole ? "" : ": likely it does");
}

/* Slots where somebody gets stuck. */
static void loops_words(const struct story *story, struct phrase *phrase)
{
	const struct story_findings *findings = story->findings;

	phrase_add(phrase, ", but the first who touches one of ");
	if (findings->spin_slots) {
		words_count(phrase, findings->spin_slots, "slot");
		phrase_add(phrase, " will spin for ever%s%s",
			   story->swap_tables ? "" : " under RCU",
			   findings->refault_slots ? ", and one of " : ".");
	}
	if (findings->refault_slots) {
		words_count(phrase, findings->refault_slots, "slot");
		phrase_add(phrase, " will fault for ever.");
	}
	if (findings->spin_slots)
		phrase_add(phrase, " To exit, unmap or swap off is to touch.");
	/* 7.3 mm/memory.c zap_nonpresent_ptes(): swap_put_entries_direct() */
	if (story->swap_tables)
		phrase_add(phrase, " Exit and unmap do it with the lock of a page table held: a soft "
			   "lockup, and an RCU stall.");
}

/* "37 pages of pid 1 (init)" */
static void add_moved(const struct story *story, struct phrase *phrase)
{
	const struct story_moved *moved = &story->moved;
	const struct story_range *range = moved->range < story->findings->count ?
					  &story->findings->ranges[moved->range] : NULL;
	size_t i;

	words_count(phrase, moved->pages - moved->copied, "page");
	for (i = 0; range && i < story->findings->count; i++)
		if (story->findings->ranges[i].effect == EFFECT_RMAP &&
		    story->findings->ranges[i].mm != range->mm)
			return;
	if (range && range->pid) {
		phrase_add(phrase, " of ");
		words_task(phrase, range->pid, range->comm);
	}
}

/* What else waits for a touch; each is a sentence that begins with @begin, then with " Who". */
static void add_touches(const struct story *story, const char *begin, struct phrase *phrase)
{
	const struct story_findings *findings = story->findings;

	if (story->moved.pages > story->moved.copied) {
		phrase_add(phrase, "%s touches one of ", begin);
		add_moved(story, phrase);
		phrase_add(phrase, " %s: the cached folio belongs elsewhere.",
			   story->moved.checked ? "will hit a BUG" :
			   "maps what reclaim and migration cannot find");
		begin = " Who";
	}
	if (findings->lost_slots) {
		phrase_add(phrase, "%s touches one of ", begin);
		words_count(phrase, findings->lost_slots, "page");
		phrase_add(phrase, " that lead to slots that are not theirs will be killed, or read "
			   "what is not its own.");
		begin = " Who";
	}
	if (findings->dead_devices)
		phrase_add(phrase, "%s faults on a swapped page of a device without users will "
			   "fault for ever.", begin);
}

static void latent_verdict(const struct story *story, struct phrase *phrase)
{
	const struct story_findings *findings = story->findings;
	bool loops = findings->spin_slots || findings->refault_slots;
	const struct story_thread *blocker = NULL;

	if (story->stalled && findings->spin_slots)
		blocker = words_thread_at(story, find_blocker(story));
	if (blocker) {
		stuck_words(story, blocker, phrase);
		phrase_add(phrase, " To exit, unmap or swap off is to touch one.");
		return;
	}
	phrase_add(phrase, "%s", story->stalled ?
		   "something is stuck, which could not be tied to the swap cache" :
		   "no task was seen stuck");
	if (loops)
		loops_words(story, phrase);
	add_touches(story, loops ? " Who" : ", but who", phrase);
}

static void crash_verdict(const struct story *story, struct phrase *phrase)
{
	words_crash(story, phrase);
	if (story->moved.pages <= story->moved.copied)
		return;
	phrase_add(phrase, " The same waits for who touches one of ");
	add_moved(story, phrase);
	phrase_add(phrase, ".");
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
		phrase_add(phrase, "all of it was seen, and nothing%s is wrong in it",
			   explanation->totals->left_out ? " that was looked for" : "");
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

/*
 * "call chains of 2 of 2 CPUs, RCU": what nobody can be seen stuck without. A CPU of the
 * running kernel whose chain breaks off is one that goes on.
 */
static void add_not_seen(const struct explanation *explanation, struct phrase *phrase)
{
	const struct story *story = explanation->story;
	bool went_on = explanation->subject->facts->live && story->rcu.read &&
		       words_log_read(&story->log);
	unsigned int seen = words_chains_seen(story);
	size_t start;

	phrase_add(phrase, " Not seen, for it %s: ",
		   went_on ? "went on meanwhile" : "could not be read");
	start = phrase->length;
	if (seen < story->cpu_count) {
		phrase_add(phrase, "the call chains of %u of ", story->cpu_count - seen);
		words_count(phrase, story->cpu_count, "CPU");
	}
	if (!story->rcu.read)
		phrase_add(phrase, "%sRCU", phrase->length > start ? ", " : "");
	if (!words_log_read(&story->log))
		phrase_add(phrase, "%sthe kernel log", phrase->length > start ? ", " : "");
	phrase_add(phrase, ".");
}

/* A death of the kernel that the swap cache does not explain. */
static void add_panic(const struct story *story, struct phrase *phrase)
{
	static const char prefix[] = "Kernel panic - not syncing: ";
	const struct story_event *last = NULL;
	char text[sizeof(last->text)], *from = text;
	unsigned int i;

	for (i = 0; i < story->log.event_count && i < STORY_EVENTS_MAX; i++) {
		const struct story_event *event = &story->log.events[i];

		if (event->recent && (event->kind == EVENT_PANIC || event->kind == EVENT_OOPS) &&
		    (!last || event->kind >= last->kind))
			last = event;
	}
	if (!last)
		return;
	text_visible(last->text, text, sizeof(text));
	if (!strncmp(text, prefix, strlen(prefix)))
		from += strlen(prefix);
	if (strstr(from, "sysrq triggered crash")) {
		phrase_add(phrase, " The kernel panicked because sysrq asked for it.");
		return;
	}
	phrase_add(phrase, " The kernel %s (\"%.60s\"), which nothing here explains.",
		   last->kind == EVENT_PANIC ? "panicked" : "oopsed", from);
}

static void clean_verdict(const struct explanation *explanation, struct phrase *phrase)
{
	bool complete = audit_summary_complete(&explanation->totals->audit);
	const struct story *story = explanation->story;

	phrase_add(phrase, "nothing%s is broken in %s, and no task was seen stuck in it.",
		   explanation->totals->left_out ? " that was looked for" : "",
		   complete ? "the swap cache" : "what could be seen of the swap cache");
	if (words_chains_seen(story) < story->cpu_count || !story->rcu.read ||
	    !words_log_read(&story->log))
		add_not_seen(explanation, phrase);
	add_panic(story, phrase);
}

static void unknown_verdict(const struct explanation *explanation, struct phrase *phrase)
{
	if (!explanation->story->interrupted) {
		phrase_add(phrase, "too little could be read to say what happened; the missing "
			   "parts are listed below.");
		return;
	}
	phrase_add(phrase, "interrupted: not all was looked at.");
	if (!explanation->totals->audit.slots)
		return;
	phrase_add(phrase, " Of the swap cache: ");
	audit_words(explanation, phrase);
	phrase_add(phrase, ".");
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
	} else if (verdict == VERDICT_CRASH) {
		crash_verdict(story, phrase);
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
		unknown_verdict(explanation, phrase);
		return;
	}
	words_endless_swapoff(story, phrase);
	if (story->interrupted)
		phrase_add(phrase, " Interrupted: not all was looked at.");
}

/* ----------------------------------------------------------------------- loops */

/*
 * Since 6.18 rcu_read_lock() is taken and dropped in each round. rcu_preempt notes a
 * quiescent state at the next tick then, so that it takes somebody else's lock to stall.
 */
static void why_without_rcu(const struct story *story, const struct story_spinner *spinner,
			    struct phrase *phrase)
{
	if (spinner->held) {
		phrase_add(phrase, " The loop itself holds nothing, but its caller holds %s "
			   "meanwhile: no grace period of RCU can end%s.", spinner->held,
			   strncmp(spinner->held, "rcu", 3) ? ", and a soft lockup follows" : "");
		return;
	}
	if (rcu_may_wait(story)) {
		phrase_add(phrase, " The loop holds rcu_read_lock() for an instant in each round "
			   "and no lock, but this kernel's RCU is not preemptible: without "
			   "CONFIG_PREEMPT_COUNT it waits for the CPU to leave the kernel, which it "
			   "does not, and an RCU stall and a soft lockup follow.");
		return;
	}
	phrase_add(phrase, " The loop holds rcu_read_lock() for an instant in each round and no "
		   "lock, so RCU goes on%s.",
		   story->preemption == PREEMPTION_YES ? ", and so do other tasks: nothing "
		   "stalls and nothing is logged" :
		   story->preemption == PREEMPTION_NO ? ", but this kernel does not preempt: a "
		   "soft lockup follows" :
		   "; a soft lockup follows where the kernel does not preempt");
	phrase_add(phrase, " A stall begins when the slot is looked up with a lock held: by exit "
		   "or munmap() (that of the page table), or by the allocator of slots.");
}

static void why_in_table(const struct story *story, const struct story_spinner *spinner,
			 struct phrase *phrase)
{
	if (!spinner->mismatch)
		phrase_add(phrase, "The lookup loads the slot's word, cannot get a reference to "
			   "the page, whose count is 0, and starts again. The page was freed: "
			   "nobody who holds it will take it out, for nobody does.");
	else
		phrase_add(phrase, "__try_to_reclaim_swap() gets a reference to the folio and its "
			   "lock, sees that it is not the slot's, lets it go and starts again. The "
			   "folio lives, its folio->swap is 0x%" PRIx64 ", the entry is 0x%" PRIx64
			   ", and neither will change.", spinner->page_private,
			   spinner->expected_private);
	why_without_rcu(story, spinner, phrase);
}

static void why_stall(const struct story *story, const struct story_spinner *spinner,
		      struct phrase *phrase)
{
	if (!words_slot_known(spinner)) {
		phrase_add(phrase, "A lookup loops only while it cannot get a reference to the "
			   "page in the slot; for ever, if that page was freed.");
		if (story->findings->spin_slots) {
			phrase_add(phrase, " ");
			words_count(phrase, story->findings->spin_slots, "slot");
			phrase_add(phrase, " hold%s such a page.",
				   story->findings->spin_slots == 1 ? "s" : "");
		}
		return;
	}
	if (story->swap_tables) {
		why_in_table(story, spinner, phrase);
		return;
	}
	phrase_add(phrase, "The lookup loads the slot's entry under rcu_read_lock(), cannot get a "
		   "reference to the page, whose count is 0, and starts again. The page was freed: "
		   "nobody who holds it will take it out, for nobody does. RCU waits for this "
		   "reader in vain.");
}

static void why_refault(const struct story *story, const struct story_spinner *spinner,
			struct phrase *phrase)
{
	const char *what = story->folio_swap ? "folio->swap" : "->private";

	phrase_add(phrase, "do_swap_page() finds the folio, locks it, compares PG_swapcache and "
		   "%s with the entry in the page table, unlocks it as not its own and "
		   "returns 0 as if served; the instruction runs again and faults again.", what);
	if (spinner->page_read && spinner->page.marks & KSWAPCK_PAGE_SWAPCACHE) {
		if (!spinner->private_known)
			phrase_add(phrase, " %s of the page could not be read.", what);
		else
			phrase_add(phrase, " %s of the page is 0x%" PRIx64 "; the entry is 0x%"
				   PRIx64 ", and neither will change.", what,
				   spinner->page_private, spinner->expected_private);
	} else if (spinner->page_read) {
		phrase_add(phrase, " The page is out of the swap cache");
		if (spinner->page_text[0])
			phrase_add(phrase, " (now %s)", spinner->page_text);
		phrase_add(phrase, ". Should it be freed, the loop becomes a spin %s.",
			   story->swap_tables ? "in the lookup" : "under rcu_read_lock()");
	}
	/* 6.18.35 mm/swapfile.c:230-256 */
	if (story->swap_tables)
		phrase_add(phrase, " Whoever reclaims the slot (exit, munmap(), the allocator) comes "
			   "to loop in __try_to_reclaim_swap(), with a lock held.");
	phrase_add(phrase, " Each round leaves RCU and the kernel, so nothing stalls and nothing "
		   "is logged.");
}

void words_why(const struct story *story, const struct story_spinner *spinner,
	       struct phrase *phrase)
{
	phrase_begin(phrase, "%s", "");
	if (spinner->loop == LOOP_STALL)
		why_stall(story, spinner, phrase);
	else if (spinner->loop == LOOP_REFAULT)
		why_refault(story, spinner, phrase);
}

static bool is_in(const struct story_origin *origin, const struct story_spinner *spinner)
{
	return words_slot_known(spinner) && origin->type == spinner->type &&
	       spinner->slot >= origin->first_slot &&
	       spinner->slot - origin->first_slot < origin->slots;
}

/* Who frees a slot of a swap table has a loop of his own, see story/lookup.c. */
static bool reclaims(const struct story *story, const struct story_spinner *spinner)
{
	return story->swap_tables && spinner->lookup &&
	       !strcmp(spinner->lookup, "__try_to_reclaim_swap");
}

/*
 * __delete_from_swap_cache() stores over all slots of a large folio, whatever they
 * hold (mm/swap_state.c, 5.10 - 6.12). So do __swap_cache_do_del_folio() and
 * __swap_cache_replace_folio() in swap tables, with a warning (7.3).
 */
static void end_stall(const struct story *story, const struct story_spinner *spinner,
		      struct phrase *phrase)
{
	if (story->origin.pattern == PATTERN_ONE_SLOT && is_in(&story->origin, spinner))
		phrase_add(phrase, "When the new folio of slot %" PRIu64 " leaves the swap cache "
			   "(reclaim, or its last user), all its slots are overwritten. Else a "
			   "reboot;", story->origin.first_slot);
	else if (story->swap_tables && words_slot_known(spinner))
		phrase_add(phrase, "If a folio lives whose slot this is, its words are written anew "
			   "when it is migrated or leaves the swap cache, with a warning in the "
			   "log. Else a reboot;");
	else
		phrase_add(phrase, "A reboot;");
	phrase_add(phrase, " no signal, for the loop looks for none.");
	if (!words_slot_known(spinner))
		return;
	if (spinner->mismatch)
		phrase_add(phrase, " If the folio is freed, swap_cache_get_folio() loops in place "
			   "of its caller.");
	else if (reclaims(story, spinner))
		phrase_add(phrase, " If the page is given out again as a folio, "
			   "__try_to_reclaim_swap() loops instead, for it is not the slot's.");
	else
		phrase_add(phrase, " If the page is given out again as a folio, an endless refault "
			   "begins.");
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

static void migrated_origin(const struct story_origin *origin, struct phrase *phrase)
{
	uint64_t last = origin->first_slot + origin->slots - 1;
	char wrong[TEXT_NUMBER_SIZE], slots[TEXT_NUMBER_SIZE], device[NAME_SIZE];

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

/* The entry is at one address, its folio belongs at another. */
static void moved_origin(const struct story *story, struct phrase *phrase)
{
	const struct story_moved *moved = &story->moved;
	const struct story_range *range = moved->range < story->findings->count ?
					  &story->findings->ranges[moved->range] : NULL;

	if (!range)
		return;
	phrase_add(phrase, "As the page tables look, UFFDIO_MOVE moved swap entries");
	if (range->pid) {
		phrase_add(phrase, " of ");
		words_task(phrase, range->pid, range->comm);
	}
	phrase_add(phrase, " and left their folios in the swap cache as they were: the entry of ");
	words_slot(phrase, range->device, range->type, range->first_slot);
	phrase_add(phrase, " is at 0x%" PRIx64 ", and its folio (0x%" PRIx64 ") belongs ",
		   range->address, range->page);
	if (moved->from)
		phrase_add(phrase, "at 0x%" PRIx64 " of the same process.", moved->from);
	else
		phrase_add(phrase, "to memory that is not found in the process.");
	phrase_add(phrase, " It is so with ");
	words_count(phrase, moved->pages, "page");
	phrase_add(phrase, ".");
}

void words_origin(const struct story *story, struct phrase *phrase)
{
	phrase_begin(phrase, "%s", "");
	if (story->origin.pattern == PATTERN_MOVED)
		moved_origin(story, phrase);
	else if (story->origin.pattern != PATTERN_NONE && story->origin.slots)
		migrated_origin(&story->origin, phrase);
}
