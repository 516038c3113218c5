// SPDX-License-Identifier: GPL-2.0-or-later
/* What the story says of what it does not know, and of the rest when there is too much of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "told.h"

static void doubt_is_said(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	struct story_spinner *spinner = &sample->story.spinners[0];
	char *text;

	(void)state;
	spinner->certain = false;
	spinner->agreeing = 1;
	spinner->links[1].agrees = false;
	spinner->links[1].slot = 7;
	sample->story.bugs[0].status = FIX_UNKNOWN;
	text = unwrapped(sample);
	assert_has(text, "slot 16389 of vda, most likely, holds");
	assert_has(text, "likely: 1 kind of evidence agrees (+), 1 disagrees (-)");
	assert_has(text, "- vm_fault.orig_pte = 0x7ffffffff7ff400");
	assert_has(text, ": slot 7 of vda");
	assert_has(text, "cannot be told by its release");
	assert_lacks(text, "certain");
	free(text);
	spinner->agreeing = 0;
	spinner->links[0].agrees = false;
	text = unwrapped(sample);
	assert_has(text, "at which slot is not known");
	assert_has(text, "slot not known: no evidence leads to one");
	free(text);
	free(sample);
}

static void gaps_are_said(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text;

	(void)state;
	sample->threads[0].origin = REGISTERS_MISSING;
	sample->threads[0].missing = "the CPU did not answer";
	sample->threads[0].end = UNWIND_NO_START;
	sample->threads[1].end = UNWIND_NOT_CODE;
	sample->threads[1].end_address = 0x1234;
	sample->story.victims = (struct story_victims){0};
	text = unwrapped(sample);
	assert_has(text, "its registers are missing");
	assert_has(text, "missing call chain of pid 37 (lab) on CPU 1: no registers: the CPU did "
		   "not answer");
	assert_has(text, "call chain of pid 41 (mapper) is cut: ");
	assert_has(text, "(0x1234)");
	assert_has(text, "next not known: the page tables were not looked through");
	free(text);
	free(sample);
}

static void fix_is_doubted_in_a_spinner(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text;

	(void)state;
	sample->story.bugs[0].status = FIX_PRESENT;
	text = unwrapped(sample);
	assert_has(text, "migration-replaces-one-slot, though by its release this kernel should "
		   "have the fix (see bug).");
	assert_lacks(text, "lacks the fix");
	free(text);
	free(sample);
}

static void guesses_are_marked(void **state)
{
	struct sample *sample = sample_new(VERDICT_UNRELATED);
	char *text;

	(void)state;
	sample->frames[0][0].guessed = true;
	sample->explanation.stacks = STACKS_ALL;
	text = unwrapped(sample);
	assert_has(text, "stalls in ? spin_for_ever+0x73");
	assert_has(text, " ? spin_for_ever+0x73 [module badmod] < user mode");
	assert_has(text, "0xffffffff81234561 ? spin_for_ever+0x73");
	free(text);
	free(sample);
}

static void others_are_counted(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text;
	size_t i;

	(void)state;
	for (i = 1; i < 10; i++)
		sample->story.spinners[i] = sample->story.spinners[0];
	sample->story.spinner_count = 10;
	sample->story.spinners_lost = 2;
	text = unwrapped(sample);
	assert_has(text, "STALL: pid 37 (lab) on CPU 1 and 11 more spin for ever");
	assert_has(text, "others caught as well:");
	assert_has(text, "and 8 more");
	free(text);
	free(sample);
}

/* A task that is not in the dump is not pid 0, which is another one. */
static void task_not_in_the_dump(void **state)
{
	struct sample *sample = sample_new(VERDICT_UNRELATED);
	char *text;

	(void)state;
	sample->threads[0].known = false;
	sample->threads[0].task = (struct task_details){.address = 0xffff888001230000};
	sample->explanation.stacks = STACKS_ALL;
	text = unwrapped(sample);
	assert_has(text, "UNRELATED: a task (0xffff888001230000) on CPU 1 that is not in the dump "
		   "stalls");
	assert_has(text, "waits for CPU 1 with a task (0xffff888001230000) that is not in the "
		   "dump;");
	assert_lacks(text, "pid 0");
	free(text);
	text = sample_json(sample);
	assert_has(text, "\"pid\": null");
	assert_lacks(text, "\"pid\": 0");
	free(text);
	free(sample);
}

static void slot_not_known(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	struct story_spinner *spinner = &sample->story.spinners[0];
	char *text;

	(void)state;
	*spinner = (struct story_spinner){
		.thread = 0, .loop = LOOP_STALL, .lookup = "swap_cache_get_folio",
		.holds_rcu = true,
	};
	text = unwrapped(sample);
	assert_has(text, "STALL: pid 37 (lab) on CPU 1 is stuck in a lookup of the swap cache; at "
		   "which slot is not known.");
	assert_has(text, "511 slots hold such a page.");
	assert_lacks(text, "slot 0 ");
	assert_lacks(text, "whose count is 0");
	assert_lacks(text, " page 0x0");
	free(text);
	free(sample);
}

/* Of a lookup that holds nothing over its loop, what stalls is what its caller holds. */
static void stall_in_tables(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	struct story_spinner *spinner = &sample->story.spinners[0];
	char *text;

	(void)state;
	sample->story.swap_tables = true;
	sample->story.rcu.by_spinner = false;
	sample->story.stalled = false;
	spinner->holds_rcu = false;
	sample->story.rcu.view.preemptible = true;
	sample->story.preemption = PREEMPTION_YES;
	text = unwrapped(sample);
	assert_has(text, "100 % CPU; RCU goes on.");
	assert_has(text, "The loop holds rcu_read_lock() for an instant in each round and no lock, so "
		   "RCU goes on, and so do other tasks: nothing stalls and nothing is logged.");
	assert_has(text, "A stall begins when the slot is looked up with a lock held");
	assert_lacks(text, "under rcu_read_lock()");
	free(text);
	sample->story.preemption = PREEMPTION_NO;
	text = unwrapped(sample);
	assert_has(text, "but this kernel does not preempt: a soft lockup follows.");
	free(text);
	sample->story.rcu.view.preemptible = false;
	text = unwrapped(sample);
	assert_has(text, "without CONFIG_PREEMPT_COUNT it waits for the CPU to leave the kernel");
	assert_has(text, "an RCU stall and a soft lockup follow.");
	assert_lacks(text, "RCU goes on");
	free(text);
	sample->story.rcu.read = false;
	text = unwrapped(sample);
	assert_has(text, "RCU goes on, but this kernel does not preempt");
	free(text);
	sample->story.rcu.read = true;
	spinner->held = "the lock of a page table";
	text = unwrapped(sample);
	assert_has(text, "No RCU grace period can end.");
	assert_has(text, ", with the lock of a page table held");
	assert_has(text, "no grace period of RCU can end, and a soft lockup follows.");
	assert_lacks(text, "RCU goes on");
	assert_has(text, "given out again as a folio, an endless refault begins.");
	free(text);
	spinner->lookup = "__try_to_reclaim_swap";
	text = unwrapped(sample);
	assert_has(text, "given out again as a folio, __try_to_reclaim_swap() loops instead");
	free(text);
	spinner->held = "rcu_read_lock() of pte_offset_map()";
	spinner->mismatch = true;
	text = unwrapped(sample);
	assert_has(text, "holds a page that is not its own.");
	assert_has(text, "sees that it is not the slot's, lets it go and starts again.");
	assert_has(text, "If the folio is freed, swap_cache_get_folio() loops in place");
	assert_has(text, "no grace period of RCU can end.");
	assert_lacks(text, "soft lockup follows");
	free(text);
	free(sample);
}

/* What nobody got to is not said to be absent. */
static void interrupted(void **state)
{
	struct sample *sample = sample_new(VERDICT_UNKNOWN);
	char *text;

	(void)state;
	sample->story.interrupted = true;
	sample->story.findings = &sample->findings;
	sample->findings.spin_slots = 5;
	sample->totals.audit.errors = 2;
	sample->story.victims.swept = true;
	text = unwrapped(sample);
	assert_has(text, "UNKNOWN: interrupted: not all was looked at. Of the swap cache: 2 "
		   "errors");
	assert_lacks(text, "too little");
	assert_lacks(text, "how ");
	assert_lacks(text, "since ");
	assert_lacks(text, "next ");
	free(text);
	free(sample);
}

/* Stuck, not tied to a slot, and slots that make a lookup spin: 'likely' if not all was seen. */
static void latent_and_stalled(void **state)
{
	struct sample *sample = sample_new(VERDICT_LATENT);
	struct sample *other = sample_new(VERDICT_UNRELATED);
	struct story_thread *thread = &sample->threads[0];
	char *text;

	(void)state;
	*thread = other->threads[0];
	sample->story.thread_count = 1;
	sample->story.rcu = other->story.rcu;
	sample->story.stalled = true;
	thread->end = UNWIND_UNREADABLE;
	text = unwrapped(sample);
	assert_has(text, "LATENT: RCU has waited 21.3 s for pid 37 (modprobe) on CPU 1, which "
		   "could not be tied to a slot (its call chain is cut); but 511 slots make a lookup "
		   "spin for ever: likely it does.");
	free(text);
	thread->end = UNWIND_USER;
	text = unwrapped(sample);
	assert_has(text, "tied to a slot; but 511 slots make a lookup spin for ever. To exit");
	assert_lacks(text, "likely");
	free(text);
	sample->story.rcu.read = false;
	text = unwrapped(sample);
	assert_has(text, "LATENT: something is stuck, which could not be tied to the swap cache");
	free(text);
	free(other);
	free(sample);
}

static void clean_of_what_was_seen(void **state)
{
	struct sample *sample = sample_new(VERDICT_CLEAN);
	struct story_log *log = &sample->story.log;
	char *text;

	(void)state;
	log->events[0] = (struct story_event){
		.kind = EVENT_PANIC, .count = 1, .recent = true, .spinner = SIZE_MAX,
		.text = "Kernel panic - not syncing: Fatal exception",
	};
	log->event_count = 1;
	text = unwrapped(sample);
	assert_has(text, "The kernel panicked (\"Fatal exception\"), which nothing here explains.");
	assert_lacks(text, "could not be read");
	free(text);
	log->events[0].recent = false;
	sample->threads[0].end = UNWIND_UNREADABLE;
	sample->story.rcu.read = false;
	text = unwrapped(sample);
	assert_lacks(text, "panicked");
	assert_has(text, "Not seen, for it could not be read: the call chains of 1 of 2 CPUs, "
		   "RCU.");
	free(text);
	*log = (struct story_log){.read = true, .gaps.unreadable = 313};
	text = unwrapped(sample);
	assert_has(text, "1 of 2 CPUs, RCU, the kernel log.");
	assert_lacks(text, "0 records");
	free(text);
	free(sample);
}

static void running_on_is_no_gap(void **state)
{
	struct sample *sample = sample_new(VERDICT_CLEAN);
	char *text;

	(void)state;
	sample->facts.live = true;
	sample->threads[0].end = UNWIND_NOT_CODE;
	text = unwrapped(sample);
	assert_has(text, "Not seen, for it went on meanwhile: the call chains of 1 of 2 CPUs.");
	assert_has(text, "missing 1 call chain of tasks that went on while they were looked at");
	assert_lacks(text, "is cut");
	free(text);
	free(sample);
}

static void log_of_few_records(void **state)
{
	struct sample *sample = sample_new(VERDICT_DAMAGE);
	struct story_log *log = &sample->story.log;
	char *text;

	(void)state;
	log->records = 1;
	text = unwrapped(sample);
	assert_has(text, "since the kernel log (1 record, until 0.0 s after boot) tells of no "
		   "stall, lockup or oops ");
	free(text);
	log->gaps.unreadable = 312;
	text = unwrapped(sample);
	assert_has(text, "lockup or oops, as far as it could be read");
	free(text);
	log->records = 0;
	text = unwrapped(sample);
	assert_has(text, "since not known: the kernel log could not be read");
	assert_lacks(text, "tells of no");
	free(text);
	free(sample);
}

static void tables_not_read(void **state)
{
	struct sample *sample = sample_new(VERDICT_LATENT);
	struct story_victims *victims = &sample->story.victims;
	char *text;

	(void)state;
	victims->tables_unreadable = 1;
	text = unwrapped(sample);
	assert_has(text, "lead to broken slots; 1 page table could not be read");
	free(text);
	victims->pages = victims->count = 0;
	text = unwrapped(sample);
	assert_has(text, "next not known: 1 page table could not be read");
	free(text);
	victims->tables_unreadable = 0;
	text = unwrapped(sample);
	assert_has(text, "next no page of 40 processes looked at leads to broken slots");
	free(text);
	free(sample);
}

/* ->private is said only of what was read, and of a page that left the cache nothing. */
static void refault_on_other_pages(void **state)
{
	struct sample *sample = sample_new(VERDICT_REFAULT);
	char *text;

	(void)state;
	sample->story.spinners[0].private_known = false;
	text = unwrapped(sample);
	assert_has(text, "->private of the page could not be read.");
	assert_lacks(text, "of the page is 0x");
	free(text);
	sample->story.spinners[0].page.marks = 0;
	snprintf(sample->story.spinners[0].page_text, sizeof(sample->story.spinners[0].page_text),
		 "anonymous memory");
	text = unwrapped(sample);
	assert_has(text, "The page is out of the swap cache (now anonymous memory). Should it be "
		   "freed, the loop becomes a spin under rcu_read_lock().");
	assert_lacks(text, "another's");
	free(text);
	free(sample);
}

/* A row that says "and 1 more" takes as much room as that one. */
static void rows_are_saved_or_shown(void **state)
{
	static const enum story_wait_kind kinds[] = {
		WAIT_MMAP_LOCK, WAIT_MMAP_LOCK, WAIT_RCU, WAIT_OTHER, WAIT_MMAP_LOCK,
	};
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		sample->waiters[i] = (struct story_waiter){
			.thread = 1, .kind = kinds[i], .holder = i ? 1 : SIZE_MAX,
			.object = 0x1000 + i, .spinner = SIZE_MAX,
		};
		if (i < 4)
			sample->victims[i] = (struct story_victim){
				.pid = 100 + (int)i, .count = 5, .mm = 4096 * i,
			};
	}
	sample->story.waiter_count = 4;
	sample->story.victims.count = 4;
	text = unwrapped(sample);
	assert_has(text, "pid 103: 5 pages");
	assert_has(text, "mmap_lock 0x1000 pid 41 (mapper): mmap_lock 0x1001, held by pid 41 for "
		   "writing");
	assert_has(text, "0x1002");
	assert_has(text, "0x1003");
	assert_lacks(text, " more ");
	free(text);
	sample->story.waiter_count = 5;
	text = unwrapped(sample);
	assert_lacks(text, "0x1001");
	assert_has(text, "0x1002");
	assert_has(text, "0x1003");
	assert_has(text, " and 2 more ");
	free(text);
	free(sample);
}

/* Who counts the rows must come to the number that is said. */
static void rows_of_one_kind(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	struct story_spinner *spinner = &sample->story.spinners[0];
	char *text;

	(void)state;
	spinner->links[2] = spinner->links[1];
	spinner->links[2].kind = LINK_PAGE_TABLE;
	spinner->links[2].what = "PTE of vm_fault.address";
	spinner->link_count = 3;
	text = unwrapped(sample);
	assert_has(text, "certain: 2 kinds of evidence agree (+)");
	assert_has(text, "+ PTE of vm_fault.address = 0x7ffffffff7ff400");
	assert_has(text, "(counted with vm_fault)");
	free(text);
	free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubt_is_said),
		cmocka_unit_test(gaps_are_said),
		cmocka_unit_test(running_on_is_no_gap),
		cmocka_unit_test(fix_is_doubted_in_a_spinner),
		cmocka_unit_test(guesses_are_marked),
		cmocka_unit_test(others_are_counted),
		cmocka_unit_test(task_not_in_the_dump),
		cmocka_unit_test(slot_not_known),
		cmocka_unit_test(stall_in_tables),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(latent_and_stalled),
		cmocka_unit_test(clean_of_what_was_seen),
		cmocka_unit_test(log_of_few_records),
		cmocka_unit_test(tables_not_read),
		cmocka_unit_test(refault_on_other_pages),
		cmocka_unit_test(rows_are_saved_or_shown),
		cmocka_unit_test(rows_of_one_kind),
	};

	return cmocka_run_group_tests_name("explain_text", tests, NULL, NULL);
}
