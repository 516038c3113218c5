// SPDX-License-Identifier: GPL-2.0-or-later
/* The story for people: fits its lines, says no more than is known, obeys no terminal code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "story_sample.h"

#define SCREEN 45	/* lines of one screen */

static void assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no '%s' in: %s", words, text);
}

static void assert_lacks(const char *text, const char *words)
{
	if (strstr(text, words))
		fail_msg("'%s' in: %s", words, text);
}

/* The same with each row of blanks and new lines made one blank. */
static char *unwrapped(const struct sample *sample)
{
	char *text = sample_text(sample, 100), *from, *to = text;

	for (from = text; *from; from++) {
		char c = *from == '\n' ? ' ' : *from;

		if (c != ' ' || to == text || to[-1] != ' ')
			*to++ = c;
	}
	*to = 0;
	return text;
}

static char *told(enum story_verdict verdict)
{
	struct sample *sample = sample_new(verdict);
	char *text = unwrapped(sample);

	free(sample);
	return text;
}

/* ------------------------------------------------------------------------- form */

static size_t assert_narrow(char *text, size_t columns)
{
	char *line, *next;
	size_t lines = 0;

	for (line = text; *line; line = next, lines++) {
		next = strchr(line, '\n');
		assert_non_null(next);
		*next++ = 0;
		if (strlen(line) > columns)
			fail_msg("%zu columns, not %zu: %s", strlen(line), columns, line);
	}
	return lines;
}

static void assert_fits(const struct sample *sample, unsigned int columns, size_t width)
{
	char *text = sample_text(sample, columns);

	assert_narrow(text, width);
	free(text);
}

static void fits_every_width(void **state)
{
	unsigned int verdict;

	(void)state;
	for (verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		struct sample *sample = sample_new(verdict);

		assert_fits(sample, 0, 100);
		assert_fits(sample, 200, 100);
		assert_fits(sample, 100, 100);
		assert_fits(sample, 80, 80);
		sample->explanation.stacks = STACKS_ALL;
		assert_fits(sample, 80, 80);
		free(sample);
	}
}

static void one_screen(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text = sample_text(sample, 100);

	(void)state;
	assert_in_range(assert_narrow(text, 100), 20, SCREEN);
	free(text);
	free(sample);
}

/* Names of the dump neither drive the terminal nor break the lines. */
static void hostile_names(void **state)
{
	unsigned int verdict;

	(void)state;
	for (verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		struct sample *sample = sample_new(verdict);
		char *text;

		sample_worst(sample);
		sample->explanation.stacks = STACKS_ALL;
		text = sample_text(sample, 100);
		assert_lacks(text, "\033");
		assert_lacks(text, "\x07");
		assert_lacks(text, "\x9b");
		free(text);
		/* one word of 255 letters, which the kernel's own sentences never have */
		sample->story.gap_count = 0;
		assert_fits(sample, 100, 100);
		free(sample);
	}
}

static void colour_only_if_wanted(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text = NULL;
	size_t size = 0;
	const struct output_options options = {
		.stream = open_memstream(&text, &size), .colour = true,
	};

	(void)state;
	explain_text(&options, &sample->explanation);
	fclose(options.stream);
	assert_has(text, "\033[1;31mSTALL\033[0m: ");
	free(text);
	free(sample);
}

/* --------------------------------------------------------------------- verdicts */

static void stall(void **state)
{
	char *text = told(VERDICT_STALL);

	(void)state;
	assert_memory_equal(text, "STALL: pid 37 (lab) on CPU 1 spins for ever", 43);
	assert_has(text, "slot 16389 of vda holds a page without references");
	assert_has(text, "RCU has waited for it for 21.3 s");
	assert_has(text, "migration-replaces-one-slot (fixed in 6.7); this kernel lacks the fix.");
	assert_has(text, "in swap_cache_get_folio() for do_swap_page(), under rcu_read_lock()");
	assert_has(text, "xas_load+0x73 < __filemap_get_folio+0x73 < ");
	assert_has(text, "an interrupt came there: asm_exc_nmi+0x73, now in crash_nmi_callback");
	assert_has(text, "certain: 2 kinds of evidence agree (+), none disagrees");
	assert_has(text, "+ xa_state.xa_index = 0x4005 at 0xffffc900001f7d28 (do_swap_page)");
	assert_has(text, "mm/filemap.c mapping_get_entry(): folio_try_get_rcu() fails");
	assert_has(text, "slot 16384 |N|ooo");
	assert_has(text, "stable 6.1.71, 6.6.10");
	assert_has(text, "21.0 s RCU stall, 3 times until 84.0 s, pid 37");
	assert_has(text, "waits for CPU 1 with pid 37 (lab); 421 callbacks wait");
	assert_has(text, "pid 37 (lab): 511 pages to spin on, from 0x7f2b3dc01000 (caught");
	assert_has(text, "pid 41 (mapper): mmap_lock 0xffff888004560068, in rwsem_down_write");
	assert_lacks(text, "missing");
	free(text);
}

static void refault(void **state)
{
	char *text = told(VERDICT_REFAULT);

	(void)state;
	assert_has(text, "REFAULT: pid 37 (lab) on CPU 1 faults for ever");
	assert_has(text, "no stall, nothing in the log");
	assert_has(text, "returns 0 as if served");
	assert_has(text, "->private of the page is 0x0; the entry is 0x4005, and neither will");
	assert_has(text, "Killing the task");
	assert_lacks(text, "under rcu_read_lock()");
	free(text);
}

static void latent(void **state)
{
	char *text = told(VERDICT_LATENT);

	(void)state;
	assert_has(text, "LATENT: no task was seen stuck, but the first who touches one of 511 "
		   "slots will spin for ever under RCU.");
	assert_has(text, "next 511 pages of 40 processes looked at lead to broken slots");
	assert_lacks(text, " who pid");
	free(text);
}

static void crash(void **state)
{
	struct sample *sample = sample_new(VERDICT_CRASH);
	char *text = unwrapped(sample);

	(void)state;
	assert_has(text, "CRASH: pid 41 (toucher) hit a BUG in __page_check_anon_rmap() when it "
		   "touched 0x7f023d943000: the cached folio of slot 16400 of vda belongs elsewhere. "
		   "The same waits for who touches one of 5 pages of pid 1 (mover). It looks like the "
		   "known bug userfaultfd-moves-cached-folio");
	assert_has(text, "the place: index 0x7f023d943, anon_vma root 0xffff9ff608139208");
	assert_has(text, "the kernel: VM_BUG_ON_FOLIO(folio_anon_vma(folio)->root");
	assert_has(text, "CONFIG_DEBUG_VM");
	assert_has(text, "the entry of slot 16395 of vda is at 0x7f023d93e000, and its folio "
		   "(0xffffea0000038000) belongs at 0x7f023d889000 of the same process");
	assert_has(text, "511 pages whose folio belongs elsewhere");
	assert_lacks(text, "spin");
	free(text);
	/* what is not proved is not said */
	sample->story.crash.proved = false;
	sample->story.moved.from = 0;
	text = unwrapped(sample);
	assert_has(text, "cached folios of that memory belong elsewhere");
	assert_has(text, "to memory that is not found in the process");
	assert_lacks(text, "the place: index");
	free(text);
	free(sample);
}

/* Before the touch; and a kernel that does no harm by it. */
static void moved(void **state)
{
	struct sample *sample = sample_new(VERDICT_CRASH);
	char *text;

	(void)state;
	sample->story.verdict = VERDICT_LATENT;
	sample->story.crash.happened = false;
	text = unwrapped(sample);
	assert_has(text, "LATENT: no task was seen stuck, but who touches one of 5 pages of pid 1 "
		   "(mover) will hit a BUG: the cached folio belongs elsewhere.");
	free(text);
	sample->story.moved.checked = false;
	text = unwrapped(sample);
	assert_has(text, "maps what reclaim and migration cannot find");
	assert_lacks(text, "will hit a BUG");
	free(text);
	sample->story.verdict = VERDICT_DAMAGE;
	sample->story.moved.copied = 5;
	text = unwrapped(sample);
	assert_has(text, "so that no harm comes");
	assert_lacks(text, "what ends");
	free(text);
	free(sample);
}

/* All that waits for a touch is said, one sentence each. */
static void latent_otherwise(void **state)
{
	struct sample *sample = sample_new(VERDICT_LATENT);
	char *text;

	(void)state;
	sample->findings.lost_slots = 12;
	sample->findings.dead_devices = 1;
	sample->story.gone.entries = 12;
	text = unwrapped(sample);
	assert_has(text, "will spin for ever under RCU. To exit, unmap or swap off is to touch. Who "
		   "touches one of 12 pages");
	assert_has(text, " Who faults on a swapped page");
	assert_has(text, "12 places still name swap devices that are off");
	free(text);
	sample->findings.spin_slots = 0;
	text = unwrapped(sample);
	assert_has(text, "no task was seen stuck, but who touches one of 12 pages");
	free(text);
	free(sample);
}

static void gone_device(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text;

	(void)state;
	sample->story.gone.users[0] = (struct story_gone_user){
		.thread = 0, .function = "do_swap_page", .type = 1, .slot = 77,
		.address = 0x7f0000001000, .pte = 0x7ffffffff7fe808,
	};
	sample->story.gone.user_count = 1;
	text = unwrapped(sample);
	assert_has(text, "gone a swap device that is off is still in use. pid 37 (lab) on CPU 1 uses "
		   "slot 77 of swap device 1, which is off: it faults at 0x7f0000001000, where its page "
		   "table still has the entry 0x7ffffffff7fe808");
	free(text);
	free(sample);
}

static void healthy_swapoff(void **state)
{
	struct sample *sample = sample_new(VERDICT_CLEAN);
	struct story_swapoff *swapoff = sample_swapoff(sample);
	char *text = unwrapped(sample);

	(void)state;
	assert_has(text, "CLEAN: nothing is broken in the swap cache, and no task was seen stuck in "
		   "it.");
	assert_has(text, "swapoff pid 98 (swapoff) turns vda off: 67,430 slots are left. It waits for "
		   "a page to be read in. in use: 67,320 slots with owners, 110 that only the swap "
		   "cache has, 0 that nobody has");
	assert_lacks(text, "end:");
	free(text);
	swapoff->step = SWAPOFF_USERS;
	swapoff->left = swapoff->owned = swapoff->cached = 0;
	swapoff->users_dead = true;
	swapoff->on_stack = false;
	text = unwrapped(sample);
	assert_has(text, "turns vda off (no other is being turned off): 0 slots are left. It waits "
		   "for those who still use the device (percpu_ref users was killed).");
	assert_lacks(text, "in use:");
	free(text);
	swapoff->device_known = false;
	text = unwrapped(sample);
	assert_has(text, "turns a swap device off; which one is not known.");
	free(text);
	free(sample);
}

static void endless_swapoff(void **state)
{
	struct sample *sample = sample_new(VERDICT_DAMAGE);
	struct story_swapoff *swapoff = sample_swapoff(sample);
	char *text;

	(void)state;
	swapoff->step = SWAPOFF_MMAP_LOCK;
	swapoff->mm_pid = 40;
	snprintf(swapoff->mm_comm, sizeof(swapoff->mm_comm), "other");
	swapoff->endless = true;
	swapoff->broken = 3;
	swapoff->problem = catalogue_find(checks(), "KS201");
	text = unwrapped(sample);
	assert_has(text, "The swapoff of vda in progress cannot end.");
	assert_has(text, "It waits for the mmap_lock of pid 40 (other). It cannot end: 3 slots can "
		   "never be freed (KS201 mark-without-folio).");
	assert_has(text, "a signal makes it give up");
	free(text);
	swapoff->broken = 0;
	swapoff->endless = false;
	swapoff->doubtful = 1;
	text = unwrapped(sample);
	assert_has(text, "It may never end: 1 slot may not become free");
	assert_lacks(text, "cannot end");
	free(text);
	free(sample);
}

/* The spinner is the swapoff itself: the verdict says so. */
static void stalled_swapoff(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	struct story_swapoff *swapoff = sample_swapoff(sample);
	char *text;

	(void)state;
	swapoff->thread = 0;
	swapoff->step = SWAPOFF_SPINS;
	swapoff->spinner = 0;
	swapoff->endless = true;
	swapoff->broken = 2044;
	swapoff->problem = catalogue_find(checks(), "KS101");
	text = unwrapped(sample);
	assert_has(text, "STALL: pid 37 (lab) on CPU 1, in swapoff of vda, spins for ever");
	assert_has(text, "It spins in a lookup. It cannot end: 2,044 slots can never be freed (KS101 "
		   "freed-folio).");
	assert_lacks(text, "in progress cannot end");
	free(text);
	sample->story.spinners_lost = 2;
	text = unwrapped(sample);
	assert_has(text, "on CPU 1, in swapoff of vda, and 2 more spin for ever");
	free(text);
	free(sample);
}

static void damage(void **state)
{
	char *text = told(VERDICT_DAMAGE);

	(void)state;
	assert_has(text, "DAMAGE: the swap cache is damaged");
	assert_has(text, "0 errors and 2 warnings were found in it");
	assert_lacks(text, "spins");
	free(text);
}

static void unrelated(void **state)
{
	char *text = told(VERDICT_UNRELATED);

	(void)state;
	assert_has(text, "UNRELATED: pid 37 (modprobe) on CPU 1 stalls in spin_for_ever+0x73 "
		   "[module badmod], and nothing ties that to the swap cache: all of it was seen, "
		   "and nothing is wrong in it.");
	assert_has(text, "soft lockup, 3 times");
	assert_lacks(text, "bug ");
	free(text);
}

/* Of a swap cache that was not seen nothing good is said. */
static void unrelated_and_not_all_seen(void **state)
{
	struct sample *sample = sample_new(VERDICT_UNRELATED);
	char *text;

	(void)state;
	sample->totals.audit.nodes_unreadable = 1;
	text = unwrapped(sample);
	assert_has(text, "nothing is wrong in what could be seen of it");
	assert_has(text, "not all of it was seen");
	assert_lacks(text, "all of it was seen, and");
	free(text);
	free(sample);
}

static void clean(void **state)
{
	char *text = told(VERDICT_CLEAN);

	(void)state;
	assert_has(text, "CLEAN: nothing is broken in the swap cache, and no task was seen stuck");
	assert_has(text, "looked at 262,144 slots of 1 swap device");
	assert_lacks(text, "next");
	free(text);
}

static void unknown(void **state)
{
	char *text = told(VERDICT_UNKNOWN);

	(void)state;
	assert_has(text, "UNKNOWN: too little could be read");
	assert_has(text, "missing kernel log: prb is not readable");
	assert_lacks(text, "CLEAN");
	free(text);
}

/* ------------------------------------------------------------------------- doubt */

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

/* ------------------------------------------------------------------------ stacks */

static void stacks(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *text;

	(void)state;
	sample->explanation.stacks = STACKS_CPUS;
	text = sample_text(sample, 100);
	assert_has(text, "  #2   0xffffffff81234563 xas_load+0x73\n");
	assert_has(text, "  --- task stack, interrupted here ---\n");
	assert_has(text, "  end: user mode\n");
	assert_lacks(text, "pid 41 (mapper), state");
	free(text);
	sample->explanation.stacks = STACKS_ALL;
	text = sample_text(sample, 100);
	assert_has(text, "pid 41 (mapper), state");
	free(text);
	free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_every_width),
		cmocka_unit_test(one_screen),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(colour_only_if_wanted),
		cmocka_unit_test(stall),
		cmocka_unit_test(refault),
		cmocka_unit_test(latent),
		cmocka_unit_test(crash),
		cmocka_unit_test(moved),
		cmocka_unit_test(latent_otherwise),
		cmocka_unit_test(gone_device),
		cmocka_unit_test(healthy_swapoff),
		cmocka_unit_test(endless_swapoff),
		cmocka_unit_test(stalled_swapoff),
		cmocka_unit_test(damage),
		cmocka_unit_test(unrelated),
		cmocka_unit_test(unrelated_and_not_all_seen),
		cmocka_unit_test(clean),
		cmocka_unit_test(unknown),
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
		cmocka_unit_test(stacks),
	};

	return cmocka_run_group_tests_name("explain_text", tests, NULL, NULL);
}
