// SPDX-License-Identifier: GPL-2.0-or-later
/* What must be told of dumps of which the guest said who spins, and where. */
#include "acts.h"

#include <stdio.h>
#include <string.h>

#include "kernel/swap_device.h"

#define STALE_SLOTS (4 * 511)	/* of four huge pages, the first slot of each is right */

static const struct story_spinner *spinner_of(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;

	if (story->spinner_count == 1)
		return &story->spinners[0];
	wrong(why, size, "%zu spinners, verdict %s", story->spinner_count,
	      story_verdict_name(story->verdict));
	return NULL;
}

static const struct story_thread *thread_of(const struct stage *stage)
{
	const struct story *story = stage->now.story;

	return &story->threads[story->spinners[0].thread];
}

/* ----------------------------------------------------------------- the spinner */

static bool check_place(const struct stage *stage, enum story_loop loop, char *why, size_t size)
{
	const struct story_spinner *spinner = spinner_of(stage, why, size);

	if (!spinner)
		return false;
	if (thread_of(stage)->task.pid != stage->guest.spinner)
		return wrong(why, size, "pid %d, not %d", thread_of(stage)->task.pid,
			     stage->guest.spinner);
	if (spinner->type || spinner->slot != guest_slot(&stage->guest))
		return wrong(why, size, "slot %llu, not %llu", (unsigned long long)spinner->slot,
			     (unsigned long long)guest_slot(&stage->guest));
	if (spinner->fault_address != stage->guest.spinner_address)
		return wrong(why, size, "address 0x%llx",
			     (unsigned long long)spinner->fault_address);
	if (spinner->loop != loop || strcmp(spinner->device, "vda") != 0)
		return wrong(why, size, "%s of %s", story_loop_name(spinner->loop),
			     spinner->device);
	return true;
}

static bool stalls_at_slot(const struct stage *stage, char *why, size_t size)
{
	return check_place(stage, LOOP_STALL, why, size) &&
	       (stage->now.story->verdict == VERDICT_STALL || wrong(why, size, "another verdict"));
}

static bool refaults_at_slot(const struct stage *stage, char *why, size_t size)
{
	return check_place(stage, LOOP_REFAULT, why, size) &&
	       (stage->now.story->verdict == VERDICT_REFAULT ||
		wrong(why, size, "another verdict"));
}

static bool stall_is_proved(const struct stage *stage, char *why, size_t size)
{
	const struct story_spinner *spinner = spinner_of(stage, why, size);

	if (!spinner)
		return false;
	if (!spinner->certain || spinner->agreeing < 3)
		return wrong(why, size, "%u kinds of evidence, %scertain", spinner->agreeing,
			     spinner->certain ? "" : "un");
	if (!spinner->lookup || strcmp(spinner->lookup, "swap_cache_get_folio") != 0 ||
	    !spinner->lookup_for || strcmp(spinner->lookup_for, "do_swap_page") != 0)
		return wrong(why, size, "looked up by %s for %s", spinner->lookup,
			     spinner->lookup_for);
	if (!spinner->place || strcmp(spinner->place->function, "mapping_get_entry") != 0 ||
	    !spinner->holds_rcu)
		return wrong(why, size, "another loop");
	if (strcmp(spinner->problem->name, "freed-folio") != 0 || !spinner->page_read ||
	    spinner->page.refcount)
		return wrong(why, size, "the page is no freed folio");
	return true;
}

/* A CPU is on it; a panic that it caused itself says which. */
static bool runs_on_cpu(const struct stage *stage, char *why, size_t size)
{
	const struct story_log *log = &stage->now.story->log;
	const struct story_thread *thread = thread_of(stage);
	unsigned int i;

	if (!thread->on_cpu || thread->preempted)
		return wrong(why, size, "not on a CPU");
	for (i = 0; i < log->event_count; i++)
		if (log->events[i].kind == EVENT_PANIC && log->events[i].pid_count == 1 &&
		    log->events[i].pids[0] == thread->task.pid &&
		    log->events[i].cpus[0] != thread->cpu)
			return wrong(why, size, "on CPU %u", thread->cpu);
	return thread->end == UNWIND_USER || wrong(why, size, "its stack is not whole");
}

static bool is_preempted(const struct stage *stage, char *why, size_t size)
{
	const struct story_thread *thread = thread_of(stage);

	return (thread->preempted && !thread->on_cpu && thread->end == UNWIND_USER) ||
	       wrong(why, size, "not put aside");
}

static bool refault_is_proved(const struct stage *stage, char *why, size_t size)
{
	const struct story_spinner *spinner = spinner_of(stage, why, size);

	if (!spinner)
		return false;
	if (!spinner->page_read || spinner->page.refcount <= 0 || !spinner->agreeing)
		return wrong(why, size, "not a live page");
	return (spinner->place && !strcmp(spinner->place->function, "do_swap_page")) ||
	       wrong(why, size, "another loop");
}

/* -------------------------------------------------------- origin, bug, who is next */

static bool comes_from(const struct stage *stage, enum story_pattern pattern, const char *bug,
		       char *why, size_t size)
{
	const struct story *story = stage->now.story;

	if (story->origin.pattern != pattern || story->origin.places != 4 ||
	    story->origin.places_slots != STALE_SLOTS)
		return wrong(why, size, "%s, %llu slots", story_pattern_name(story->origin.pattern),
			     (unsigned long long)story->origin.places_slots);
	if (story->origin.first_slot != stage->guest.first_slot || story->origin.slots != 512)
		return wrong(why, size, "not the folio that the spinner is at");
	if (!story->bug_count || strcmp(story->bugs[0].bug->name, bug) != 0)
		return wrong(why, size, "another bug");
	/* the release has the fix, but is not a plain one: all that can be said */
	return (story->bugs[0].status == FIX_PRESENT && strstr(story->bugs[0].why, "6.1.192")) ||
	       wrong(why, size, "%s", story->bugs[0].why);
}

static bool one_slot_replaced(const struct stage *stage, char *why, size_t size)
{
	const struct story_origin *origin = &stage->now.story->origin;

	return comes_from(stage, PATTERN_ONE_SLOT, "migration-replaces-one-slot", why, size) &&
	       ((origin->new_page && origin->old_page && origin->new_page != origin->old_page &&
		 origin->wrong_slots == 511) || wrong(why, size, "which pages?"));
}

static bool head_private_copied(const struct stage *stage, char *why, size_t size)
{
	return comes_from(stage, PATTERN_HEAD_PRIVATE, "migration-copies-head-private", why, size);
}

static bool split_after_copy(const struct stage *stage, char *why, size_t size)
{
	return comes_from(stage, PATTERN_SPLIT, "migration-copies-head-private", why, size);
}

/* Of the process that made the pages, all; and those of the spinner's range come first. */
static bool victims_are_told(const struct stage *stage, char *why, size_t size)
{
	const struct story_victims *victims = &stage->now.story->victims;
	uint64_t owner = 0;
	size_t i;

	for (i = 0; i < victims->count; i++)
		if (victims->victims[i].pid == stage->guest.owner)
			owner += victims->victims[i].count;
	if (!victims->swept || !victims->count || victims->lost || victims->tables_unreadable)
		return wrong(why, size, "not all page tables were swept");
	if (owner != STALE_SLOTS)
		return wrong(why, size, "%llu pages of pid %d", (unsigned long long)owner,
			     stage->guest.owner);
	return (victims->victims[0].is_spinner &&
		victims->victims[0].pid == stage->guest.spinner &&
		!victims->victims[1].is_spinner) ||
	       wrong(why, size, "the spinner's is not the first, or not the only one");
}

/* -------------------------------------------------------------------- RCU, the log */

/* The process that the guest named keeps the grace period from ending. */
static bool rcu_is_blocked(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	const struct story_rcu *rcu = &story->rcu;
	unsigned int i;

	if (!rcu->read || !rcu->stalled || !rcu->view.blockers_complete ||
	    strcmp(rcu->view.flavour, "rcu_preempt") != 0)
		return wrong(why, size, "no stall of rcu_preempt");
	if (!rcu->view.age_known || rcu->view.age < 4.9 || rcu->view.age > 120)
		return wrong(why, size, "the grace period is %.1f s old", rcu->view.age);
	for (i = 0; i < rcu->view.blocker_count && i < RCU_BLOCKERS_MAX; i++)
		if (rcu->blocker_threads[i] != SIZE_MAX &&
		    story->threads[rcu->blocker_threads[i]].task.pid == stage->guest.spinner)
			return true;
	return wrong(why, size, "pid %d is none of %u blockers", stage->guest.spinner,
		     rcu->view.blocker_count);
}

static bool rcu_is_blocked_by_spinner(const struct stage *stage, char *why, size_t size)
{
	return rcu_is_blocked(stage, why, size) &&
	       (stage->now.story->rcu.by_spinner || wrong(why, size, "but not the spinner"));
}

static bool rcu_is_fine(const struct stage *stage, char *why, size_t size)
{
	const struct story_rcu *rcu = &stage->now.story->rcu;

	return (rcu->read && !rcu->stalled && !rcu->by_spinner && rcu->view.blockers_complete) ||
	       wrong(why, size, "RCU is stalled");
}

/* @spinner: that it is about; SIZE_MAX: none. */
static bool check_stall_lines(const struct stage *stage, size_t spinner, char *why, size_t size)
{
	const struct story_log *log = &stage->now.story->log;
	unsigned int i;

	if (!log->read || log->gaps.damaged || log->gaps.unreadable)
		return wrong(why, size, "the log was not read");
	for (i = 0; i < log->event_count; i++)
		if (log->events[i].kind == EVENT_RCU_STALL)
			return (log->events[i].spinner == spinner && log->events[i].pid_count &&
				log->events[i].pids[0] == stage->guest.spinner) ||
			       wrong(why, size, "it names another");
	return wrong(why, size, "the stall is not found");
}

static bool log_names_spinner(const struct stage *stage, char *why, size_t size)
{
	return check_stall_lines(stage, 0, why, size);
}

static bool log_names_other(const struct stage *stage, char *why, size_t size)
{
	return check_stall_lines(stage, SIZE_MAX, why, size);
}

static bool log_is_quiet(const struct stage *stage, char *why, size_t size)
{
	const struct story_log *log = &stage->now.story->log;
	unsigned int i;

	if (!log->read || !log->records || log->gaps.damaged || log->gaps.unreadable)
		return wrong(why, size, "the log was not read");
	for (i = 0; i < log->event_count; i++)
		if (log->events[i].kind != EVENT_PANIC)
			return wrong(why, size, "%s", log->events[i].text);
	return true;
}

/* --------------------------------------------------------------------- who waits */

static enum story_wait_kind kind_of(const struct guest_task *task)
{
	if (strstr(task->text, "mmap_lock"))
		return WAIT_MMAP_LOCK;
	return strstr(task->text, "grace period") ? WAIT_RCU : WAIT_OTHER;
}

static bool waits(const struct story *story, const struct guest_task *task)
{
	size_t i;

	for (i = 0; i < story->waiter_count; i++)
		if (story->threads[story->waiters[i].thread].task.pid == task->pid)
			return story->waiters[i].kind == kind_of(task) &&
			       !story->waiters[i].spinner && story->waiters[i].function;
	return false;
}

static bool waiters_are_told(const struct stage *stage, char *why, size_t size)
{
	unsigned int i;

	if (!stage->guest.task_count)
		return wrong(why, size, "the guest named none");
	for (i = 0; i < stage->guest.task_count; i++)
		if (!waits(stage->now.story, &stage->guest.tasks[i]))
			return wrong(why, size, "not so: %s", stage->guest.tasks[i].text);
	return true;
}

/* ------------------------------------------------------------------ nothing to tell */

static bool nothing_is_missing(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	if (story->gap_count)
		return wrong(why, size, "%s: %s", story->gaps[0].part, story->gaps[0].why);
	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].missing ||
		    (story->threads[i].end != UNWIND_USER && story->threads[i].end != UNWIND_TOP))
			return wrong(why, size, "thread %zu (pid %d): %s, %s", i,
				     story->threads[i].task.pid,
				     story->threads[i].missing ? story->threads[i].missing : "",
				     unwind_end_text(story->threads[i].end));
	return true;
}

static bool nobody_spins(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;

	return (!story->spinner_count && story->origin.pattern == PATTERN_NONE &&
		!story->bug_count && !story->victims.count) ||
	       wrong(why, size, "%zu spinners, %zu bugs, %zu victims", story->spinner_count,
		     story->bug_count, story->victims.count);
}

static bool verdict_is_clean(const struct stage *stage, char *why, size_t size)
{
	return (stage->now.story->verdict == VERDICT_CLEAN) ||
	       wrong(why, size, "%s", story_verdict_name(stage->now.story->verdict));
}

static bool verdict_is_unrelated(const struct stage *stage, char *why, size_t size)
{
	return (stage->now.story->verdict == VERDICT_UNRELATED) ||
	       wrong(why, size, "%s", story_verdict_name(stage->now.story->verdict));
}

/* ------------------------------------------------------------------------- swapoff */

static const struct story_swapoff *swapoff_of(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	const struct story_swapoff *swapoff = &story->swapoffs[0];

	if (story->swapoff_count != 1) {
		wrong(why, size, "%zu swapoffs", story->swapoff_count);
		return NULL;
	}
	if (story->threads[swapoff->thread].task.pid != stage->guest.swapoff) {
		wrong(why, size, "pid %d, not %d", story->threads[swapoff->thread].task.pid,
		      stage->guest.swapoff);
		return NULL;
	}
	if (!swapoff->device_known || !swapoff->on_stack || strcmp(swapoff->device, "vda") != 0) {
		wrong(why, size, "the device is '%s'", swapoff->device);
		return NULL;
	}
	return swapoff;
}

/* It comes to the second slot of the first huge page, and never goes on. */
static bool swapoff_stalls(const struct stage *stage, char *why, size_t size)
{
	const struct story_spinner *spinner = spinner_of(stage, why, size);

	if (!spinner)
		return false;
	if (thread_of(stage)->task.pid != stage->guest.swapoff || spinner->loop != LOOP_STALL ||
	    stage->now.story->verdict != VERDICT_STALL)
		return wrong(why, size, "pid %d, %s", thread_of(stage)->task.pid,
			     story_verdict_name(stage->now.story->verdict));
	return (spinner->slot == stage->guest.first_slot + 1 && spinner->certain &&
		spinner->lookup_for && !strcmp(spinner->lookup_for, "unuse_pte_range")) ||
	       wrong(why, size, "slot %llu for %s", (unsigned long long)spinner->slot,
		     spinner->lookup_for);
}

static bool swapoff_is_endless(const struct stage *stage, char *why, size_t size)
{
	const struct story_swapoff *swapoff = swapoff_of(stage, why, size);

	if (!swapoff)
		return false;
	if (swapoff->step != SWAPOFF_SPINS || swapoff->spinner || !swapoff->endless)
		return wrong(why, size, "it %s", story_swapoff_name(swapoff->step));
	if (!swapoff->counted || swapoff->left != 4 * 512 || swapoff->owned != STALE_SLOTS ||
	    swapoff->cached != 4 || swapoff->empty)
		return wrong(why, size, "%llu left, %llu owned, %llu cached",
			     (unsigned long long)swapoff->left,
			     (unsigned long long)swapoff->owned,
			     (unsigned long long)swapoff->cached);
	return (swapoff->broken == STALE_SLOTS && swapoff->problem &&
		!strcmp(swapoff->problem->name, "freed-folio")) ||
	       wrong(why, size, "%llu broken", (unsigned long long)swapoff->broken);
}

/* A slot that is taken, and neither owned nor in the swap cache. */
static bool lay_empty_slot(struct stage *stage)
{
	struct kswapck_device device;
	uint64_t slot;

	if (swap_device_read(stage->scene.kernel, 0, &device) != SWAP_DEVICE_OK)
		return skip(&stage->scene, "no device of type 0");
	for (slot = device.slots - 1; slot; slot--)
		if (!peek(&stage->scene, device.swap_map + slot, 1))
			break;
	lay(&stage->scene, device.swap_map + slot, 1, SWAP_HAS_CACHE);
	return slot || skip(&stage->scene, "no slot is free");
}

/* It goes round for ever, though nobody spins. */
static bool empty_slot_is_obstacle(const struct stage *stage, char *why, size_t size)
{
	const struct story_swapoff *swapoff = swapoff_of(stage, why, size);

	if (!swapoff)
		return false;
	if (stage->now.story->verdict != VERDICT_DAMAGE || !swapoff->endless ||
	    swapoff->empty != 1 || swapoff->broken != 1)
		return wrong(why, size, "verdict %s, %llu empty, %llu broken",
			     story_verdict_name(stage->now.story->verdict),
			     (unsigned long long)swapoff->empty,
			     (unsigned long long)swapoff->broken);
	return (swapoff->problem && !strcmp(swapoff->problem->name, "mark-without-folio")) ||
	       wrong(why, size, "another problem");
}

/* One that goes well is told, and is no verdict. */
static bool swapoff_goes_on(const struct stage *stage, char *why, size_t size)
{
	const struct story_swapoff *swapoff = swapoff_of(stage, why, size);

	if (!swapoff)
		return false;
	if (swapoff->endless || swapoff->broken || swapoff->doubtful || swapoff->problem ||
	    swapoff->spinner != SIZE_MAX)
		return wrong(why, size, "it is said not to end");
	return (swapoff->counted && swapoff->left && swapoff->owned &&
		swapoff->owned + swapoff->cached <= swapoff->left) ||
	       wrong(why, size, "%llu left, %llu owned", (unsigned long long)swapoff->left,
		     (unsigned long long)swapoff->owned);
}

/* ---------------------------------------------------------------------- userfaultfd */

/* @missing: pages that are in motion, since somebody died in a fault on them. */
static bool check_moved(const struct stage *stage, uint64_t missing, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	const struct story_moved *moved = &story->moved;
	const struct story_range *range = &story->findings->ranges[moved->range];

	if (moved->pages + missing != stage->guest.moved_pages || moved->copied)
		return wrong(why, size, "%llu pages", (unsigned long long)moved->pages);
	if (range->pid != stage->guest.owner || range->address != stage->guest.moved_to ||
	    moved->from != stage->guest.moved_from)
		return wrong(why, size, "pid %d, from 0x%llx to 0x%llx", range->pid,
			     (unsigned long long)moved->from, (unsigned long long)range->address);
	return (moved->checked && moved->can_move && range->page) ||
	       wrong(why, size, "what the kernel has is not known");
}

static bool folios_are_moved(const struct stage *stage, char *why, size_t size)
{
	return check_moved(stage, 0, why, size) &&
	       (stage->now.story->verdict == VERDICT_LATENT || wrong(why, size, "another verdict"));
}

static bool folios_are_moved_but_one(const struct stage *stage, char *why, size_t size)
{
	return check_moved(stage, 1, why, size);
}

static bool moved_by_bug(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;

	if (story->origin.pattern != PATTERN_MOVED ||
	    story->origin.places_slots != story->moved.pages)
		return wrong(why, size, "%s", story_pattern_name(story->origin.pattern));
	if (!story->bug_count ||
	    strcmp(story->bugs[0].bug->name, "userfaultfd-moves-cached-folio") != 0)
		return wrong(why, size, "another bug");
	return (story->bugs[0].status == FIX_PRESENT && strstr(story->bugs[0].why, "6.12.107")) ||
	       wrong(why, size, "%s", story->bugs[0].why);
}

static bool moved_victims_are_told(const struct stage *stage, char *why, size_t size)
{
	const struct story_victims *victims = &stage->now.story->victims;
	size_t i;

	for (i = 0; i < victims->count; i++)
		if (victims->victims[i].pid != stage->guest.owner)
			return wrong(why, size, "pid %d", victims->victims[i].pid);
	return (victims->swept && victims->pages == stage->now.story->moved.pages) ||
	       wrong(why, size, "%llu pages", (unsigned long long)victims->pages);
}

static bool bug_is_told(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	const struct story_crash *crash = &story->crash;
	uint64_t pages = (stage->guest.touched - stage->guest.moved_to) / 4096;

	if (story->verdict != VERDICT_CRASH || !crash->happened)
		return wrong(why, size, "%s", story_verdict_name(story->verdict));
	if (crash->pid != stage->guest.toucher || crash->address != stage->guest.touched)
		return wrong(why, size, "pid %d at 0x%llx", crash->pid,
			     (unsigned long long)crash->address);
	return (crash->proved && !strcmp(crash->device, "vda") &&
		crash->place_index == stage->guest.touched / 4096 &&
		crash->folio_index == stage->guest.moved_from / 4096 + pages &&
		crash->place_root != crash->folio_root) ||
	       wrong(why, size, "index 0x%llx, not 0x%llx",
		     (unsigned long long)crash->folio_index,
		     (unsigned long long)crash->place_index);
}

/* ----------------------------------------------------------------------- scenarios */

#define TOLD(words, function) {.name = words, .check = function}
#define STALL								\
	TOLD("who stalls, and at which slot", stalls_at_slot),		\
	TOLD("why that is certain", stall_is_proved),			\
	TOLD("migration replaced one slot", one_slot_replaced),		\
	TOLD("who is next", victims_are_told),				\
	TOLD("the spinner blocks RCU", rcu_is_blocked_by_spinner),	\
	TOLD("the log names the spinner", log_names_spinner),		\
	TOLD("nothing is missing", nothing_is_missing)

static const struct act stall[] = {
	STALL, TOLD("it is on its CPU", runs_on_cpu), {0},
};

static const struct act stall_preempted[] = {
	STALL, TOLD("it is put aside", is_preempted), {0},
};

static const struct act stall_queue[] = {
	STALL, TOLD("it is on its CPU", runs_on_cpu),
	TOLD("who waits for it", waiters_are_told), {0},
};

static const struct act refault[] = {
	TOLD("who faults for ever, and at which slot", refaults_at_slot),
	TOLD("why that is so", refault_is_proved),
	TOLD("migration copied the head's ->private", head_private_copied),
	TOLD("who is next", victims_are_told),
	TOLD("RCU goes on", rcu_is_fine),
	TOLD("nothing is in the log", log_is_quiet),
	TOLD("nothing is missing", nothing_is_missing),
	{0},
};

static const struct act refault_split[] = {
	TOLD("who faults for ever, and at which slot", refaults_at_slot),
	TOLD("why that is so", refault_is_proved),
	TOLD("migration copied the head's ->private, then a split", split_after_copy),
	TOLD("who is next", victims_are_told),
	TOLD("RCU goes on", rcu_is_fine),
	TOLD("nothing is in the log", log_is_quiet),
	TOLD("nothing is missing", nothing_is_missing),
	{0},
};

static const struct act unrelated[] = {
	TOLD("the stall is not of swap", verdict_is_unrelated),
	TOLD("nobody spins on a slot", nobody_spins),
	TOLD("RCU is blocked by the module's thread", rcu_is_blocked),
	TOLD("the log names no spinner", log_names_other),
	TOLD("nothing is missing", nothing_is_missing),
	{0},
};

static const struct act healthy[] = {
	TOLD("all is well", verdict_is_clean),
	TOLD("nobody spins on a slot", nobody_spins),
	TOLD("RCU goes on", rcu_is_fine),
	TOLD("nothing is in the log", log_is_quiet),
	TOLD("nothing is missing", nothing_is_missing),
	{0},
};

static const struct act swapoff_hang[] = {
	TOLD("swapoff stalls, and at which slot", swapoff_stalls),
	TOLD("what it turns off, and that it cannot end", swapoff_is_endless),
	TOLD("migration replaced one slot", one_slot_replaced),
	TOLD("the spinner blocks RCU", rcu_is_blocked_by_spinner),
	TOLD("the log names the spinner", log_names_spinner),
	TOLD("nothing is missing", nothing_is_missing),
	{0},
};

static const struct act swapoff_busy[] = {
	TOLD("all is well", verdict_is_clean),
	TOLD("a swapoff is in progress", swapoff_goes_on),
	{"a slot that nobody will free", lay_empty_slot, 0, NULL, empty_slot_is_obstacle},
	TOLD("nobody spins on a slot", nobody_spins),
	TOLD("RCU goes on", rcu_is_fine),
	TOLD("nothing is in the log", log_is_quiet),
	TOLD("nothing is missing", nothing_is_missing),
	{0},
};

static const struct act uffd_move[] = {
	TOLD("whose folios belong elsewhere", folios_are_moved),
	TOLD("userfaultfd moved them", moved_by_bug),
	TOLD("who is next", moved_victims_are_told),
	TOLD("RCU goes on", rcu_is_fine),
	TOLD("nothing is in the log", log_is_quiet),
	TOLD("nothing is missing", nothing_is_missing),
	{0},
};

static const struct act uffd_move_fault[] = {
	TOLD("who has died of it", bug_is_told),
	TOLD("whose folios belong elsewhere", folios_are_moved_but_one),
	TOLD("userfaultfd moved them", moved_by_bug),
	TOLD("who is next", moved_victims_are_told),
	TOLD("RCU goes on", rcu_is_fine),
	{0},
};

const struct act *known_acts(const char *scenario)
{
	static const struct {
		const char *scenario;
		const struct act *acts;
	} known[] = {
		{"freed-folio", stall}, {"freed-folio-preempted", stall_preempted},
		{"freed-folio-queue", stall_queue}, {"tail-private", refault},
		{"tail-private-split", refault_split}, {"spin", unrelated},
		{"spin-xarray", unrelated}, {"idle", healthy}, {"churn", healthy},
		{"swapoff-hang", swapoff_hang}, {"swapoff-busy", swapoff_busy},
		{"uffd-move", uffd_move}, {"uffd-move-fault", uffd_move_fault},
		{"uffd-move-healthy", healthy}, {"planted", planted},
		{"planted-kill", planted}, {"planted-live-kill", planted},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].scenario, scenario))
			return known[i].acts;
	return NULL;
}
