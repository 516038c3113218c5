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
#include "told.h"

#define SCREEN 45	/* lines of one screen */

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
		cmocka_unit_test(stacks),
	};

	return cmocka_run_group_tests_name("explain_text", tests, NULL, NULL);
}
