// SPDX-License-Identifier: GPL-2.0-or-later
/* Lookups in the swap cache, found on stacks of each generation of the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "story_frames.h"

/* @frame: innermost of the lookup; @place: function of the loop. */
static void assert_lookup(const struct made_frame *frames, unsigned int frame,
			  const char *function, const char *wanted_by, const char *place)
{
	struct lookup lookup = {0};
	struct made_thread made;

	make_thread(&made, frames);
	if (!story_lookup_find(&made.thread, false, &lookup))
		fail_msg("no lookup by %s", function);
	assert_string_equal(lookup.function, function);
	assert_string_equal(lookup.wanted_by, wanted_by);
	assert_non_null(lookup.place);
	assert_string_equal(lookup.place->function, place);
	assert_string_equal(lookup.place->file, "mm/filemap.c");
	assert_int_equal(lookup.frame, frame);
	assert_true(lookup.last > lookup.frame && lookup.last < made.thread.frame_count);
}

static void assert_no_lookup(const struct made_frame *frames)
{
	struct lookup lookup = {0};
	struct made_thread made;

	make_thread(&made, frames);
	if (story_lookup_find(&made.thread, false, &lookup))
		fail_msg("%s is a lookup by %s", frames[0].function, lookup.function);
}

#define FAULT_5 {"handle_mm_fault", C}, {"do_user_addr_fault", C}, {"exc_page_fault", C}, \
	{"asm_exc_page_fault", C}, {0}
#define FAULT_6 {"__handle_mm_fault", C}, FAULT_5

/* 6.18 and later: the loop is in swap_cache_get_folio() itself. */
static void assert_table_lookup(const struct made_frame *frames, unsigned int frame,
				const char *wanted_by, bool reclaims, const char *held)
{
	struct lookup lookup = {0};
	struct made_thread made;

	make_thread(&made, frames);
	assert_true(story_lookup_find(&made.thread, true, &lookup));
	assert_string_equal(lookup.wanted_by, wanted_by);
	assert_non_null(lookup.place);
	assert_int_equal(lookup.frame, frame);
	assert_int_equal(lookup.reclaims, reclaims);
	if (held)
		assert_string_equal(lookup.held, held);
	else
		assert_null(lookup.held);
}

#define EXIT {"unmap_vmas", C}, {"exit_mmap", C}, {"do_exit", C}, {0}

static void test_lookup_in_tables(void **state)
{
	static const struct made_frame fault[] = {
		{"swap_cache_get_folio", R}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame rcu[] = {
		{"__rcu_read_unlock", R}, {"swap_cache_get_folio", C}, {"shmem_swapin_folio", C},
		{"shmem_get_folio_gfp", C}, {0},
	};
	static const struct made_frame zap[] = {
		{"swap_cache_get_folio", R}, {"__try_to_reclaim_swap", C},
		{"swap_put_entries_direct", C}, {"zap_pte_range", C}, {"unmap_page_range", C}, EXIT,
	};
	static const struct made_frame mismatch[] = {
		{"folio_unlock", R}, {"__try_to_reclaim_swap", C}, {"swap_reclaim_full_clusters", C},
		{"swap_reclaim_work", C}, {0},
	};
	static const struct made_frame allocator[] = {
		{"__try_to_reclaim_swap", R}, {"cluster_reclaim_range", C},
		{"alloc_swap_scan_cluster", C}, {"folio_alloc_swap", C}, {"shrink_folio_list", C},
		{0},
	};
	static const struct made_frame moving[] = {
		{"swap_cache_get_folio", R}, {"move_pages_ptes", C}, {"userfaultfd_move", C}, {0},
	};
	/* done with the lookup, or with something else below it */
	static const struct made_frame reading[] = {
		{"submit_bio", R}, {"swap_read_folio", C}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame freeing[] = {
		{"swap_cache_del_folio", R}, {"__try_to_reclaim_swap", C},
		{"swap_put_entries_direct", C}, {"zap_pte_range", C}, EXIT,
	};
	struct lookup lookup = {0};
	struct made_thread made;

	(void)state;
	assert_table_lookup(fault, 0, "do_swap_page", false, NULL);
	assert_table_lookup(rcu, 0, "shmem_swapin_folio", false, NULL);
	assert_table_lookup(zap, 0, "swap_put_entries_direct", true, "the lock of a page table");
	assert_table_lookup(mismatch, 0, "swap_reclaim_full_clusters", true, NULL);
	assert_table_lookup(allocator, 0, "cluster_reclaim_range", true,
			    "the local lock of the slot allocator");
	assert_table_lookup(moving, 0, "move_pages_ptes", false,
			    "rcu_read_lock() of pte_offset_map()");
	make_thread(&made, reading);
	assert_false(story_lookup_find(&made.thread, true, &lookup));
	make_thread(&made, freeing);
	assert_false(story_lookup_find(&made.thread, true, &lookup));
	/* in a tree it is no loop at all */
	make_thread(&made, fault);
	assert_false(story_lookup_find(&made.thread, false, &lookup));
}

static void test_lookup_generations(void **state)
{
	static const struct made_frame v4_19[] = {
		{"__radix_tree_lookup", R}, {"radix_tree_lookup_slot", C}, {"find_get_entry", C},
		{"pagecache_get_page", C}, {"lookup_swap_cache", C}, {"do_swap_page", C}, FAULT_5,
	};
	static const struct made_frame v4_19_ahead[] = {
		{"radix_tree_lookup_slot", R}, {"find_get_entry", C}, {"pagecache_get_page", C},
		{"__read_swap_cache_async", C}, {"swap_cluster_readahead", C}, {0},
	};
	static const struct made_frame v5_10[] = {
		{"find_get_entry", R}, {"pagecache_get_page", C}, {"lookup_swap_cache", C},
		{"do_swap_page", C}, FAULT_5,
	};
	static const struct made_frame v5_10_xas[] = {
		{"xas_start", R}, {"xas_load", C}, {"find_get_entry", C},
		{"pagecache_get_page", C}, {"lookup_swap_cache", C}, {"do_swap_page", C}, FAULT_5,
	};
	static const struct made_frame v5_15[] = {
		{"xas_load", R}, {"pagecache_get_page", C}, {"lookup_swap_cache", C},
		{"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame v6_1[] = {
		{"xas_descend", R}, {"xas_load", C}, {"__filemap_get_folio", C},
		{"swap_cache_get_folio", C}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame v6_1_itself[] = {
		{"__filemap_get_folio", R}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame v6_6[] = {
		{"xas_load", R}, {"filemap_get_entry", C}, {"__filemap_get_folio", C},
		{"swap_cache_get_folio", C}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame v6_12_itself[] = {
		{"filemap_get_entry", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, FAULT_6,
	};

	(void)state;
	assert_lookup(v4_19, 0, "lookup_swap_cache", "do_swap_page", "find_get_entry");
	assert_lookup(v4_19_ahead, 0, "__read_swap_cache_async", "swap_cluster_readahead",
		      "find_get_entry");
	assert_lookup(v5_10, 0, "lookup_swap_cache", "do_swap_page", "find_get_entry");
	assert_lookup(v5_10_xas, 0, "lookup_swap_cache", "do_swap_page", "find_get_entry");
	assert_lookup(v5_15, 0, "lookup_swap_cache", "do_swap_page", "mapping_get_entry");
	assert_lookup(v6_1, 0, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	assert_lookup(v6_1_itself, 0, "swap_cache_get_folio", "do_swap_page",
		      "mapping_get_entry");
	assert_lookup(v6_6, 0, "swap_cache_get_folio", "do_swap_page", "filemap_get_entry");
	assert_lookup(v6_12_itself, 0, "swap_cache_get_folio", "do_swap_page",
		      "filemap_get_entry");
}

static void test_lookup_others(void **state)
{
	static const struct made_frame mincore[] = {
		{"filemap_get_entry", R}, {"filemap_get_incore_folio", C}, {"mincore_page", C},
		{"__x64_sys_mincore", C}, {0},
	};
	static const struct made_frame swapoff[] = {
		{"find_get_entry", R}, {"pagecache_get_page", C}, {"lookup_swap_cache", C},
		{"unuse_pte_range", C}, {"try_to_unuse", C}, {0},
	};
	static const struct made_frame readahead[] = {
		{"__rcu_read_lock", R}, {"__filemap_get_folio", C},
		{"__read_swap_cache_async", C}, {"swap_cluster_readahead", C}, {0},
	};
	static const struct made_frame suffixes[] = {
		{"xas_load", R}, {"__filemap_get_folio.part.0", C},
		{"swap_cache_get_folio.isra.0", C}, {"do_swap_page", C}, {0},
	};

	(void)state;
	assert_lookup(mincore, 0, "filemap_get_incore_folio", "mincore_page",
		      "filemap_get_entry");
	assert_lookup(swapoff, 0, "lookup_swap_cache", "unuse_pte_range", "find_get_entry");
	assert_lookup(readahead, 0, "__read_swap_cache_async", "swap_cluster_readahead",
		      "mapping_get_entry");
	assert_lookup(suffixes, 0, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
}

static void test_lookup_interrupted(void **state)
{
	static const struct made_frame in_loop[] = {
		{"rcu_sched_clock_irq", R}, {"update_process_times", C},
		{"asm_sysvec_apic_timer_interrupt", C}, {"xas_load", I},
		{"__filemap_get_folio", C}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame by_nmi_in_interrupt[] = {
		{"nmi_shootdown", R}, {"asm_exc_nmi", C}, {"read_hpet", I}, {"ktime_get", C},
		{"asm_sysvec_apic_timer_interrupt", C}, {"xas_descend", I}, {"xas_load", C},
		{"__filemap_get_folio", C}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame preempted[] = {
		{"__schedule", C}, {"preempt_schedule_irq", C}, {"irqentry_exit", C},
		{"asm_sysvec_apic_timer_interrupt", C}, {"xas_descend", I}, {"xas_load", C},
		{"__filemap_get_folio", C}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	/* the lookup is over, or not yet begun */
	static const struct made_frame outside[] = {
		{"rcu_sched_clock_irq", R}, {"asm_sysvec_apic_timer_interrupt", C},
		{"swap_cache_get_folio", I}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame only_fault[] = {
		{"do_swap_page", R}, FAULT_6,
	};

	(void)state;
	assert_lookup(in_loop, 3, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	assert_lookup(by_nmi_in_interrupt, 5, "swap_cache_get_folio", "do_swap_page",
		      "mapping_get_entry");
	assert_lookup(preempted, 4, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	assert_no_lookup(outside);
	assert_no_lookup(only_fault);
}

static void test_lookup_none(void **state)
{
	static const struct made_frame asleep[] = {
		{"__schedule", C}, {"schedule", C}, {"schedule_timeout", C},
		{"schedule_timeout_uninterruptible", C}, {"__read_swap_cache_async", C},
		{"swap_cluster_readahead", C}, {"swapin_readahead", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame page_cache[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"filemap_fault", C},
		{"__do_fault", C}, FAULT_6,
	};
	static const struct made_frame shmem[] = {
		{"xas_load", R}, {"filemap_get_entry", C}, {"shmem_get_folio_gfp", C}, {0},
	};
	static const struct made_frame other_tree[] = {
		{"xas_load", R}, {"xa_load", C}, {"spin:lab_spin_in_xarray", C},
		{"spin:lab_spin", C}, {"kthread", C}, {"ret_from_fork", C}, {0},
	};
	/* the swap cache's tree, but no lookup */
	static const struct made_frame add[] = {
		{"xas_load", R}, {"xas_store", C}, {"add_to_swap_cache", C},
		{"__read_swap_cache_async", C}, {"swap_cluster_readahead", C}, {0},
	};
	static const struct made_frame no_place[] = {
		{"xas_load", R}, {"swap_cache_get_folio", C}, {"do_swap_page", C}, {0},
	};
	static const struct made_frame of_module[] = {
		{"xas_load", R}, {"other:__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, {0},
	};
	static const struct made_frame swap_of_module[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"other:swap_cache_get_folio", C},
		{"other:do_swap_page", C}, {0},
	};
	static const struct made_frame no_name[] = {
		{"?", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, {0},
	};
	static const struct made_frame alike[] = {
		{"xas_load_all", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, {0},
	};
	static const struct made_frame nothing[] = {{0}};

	(void)state;
	assert_no_lookup(asleep);
	assert_no_lookup(page_cache);
	assert_no_lookup(shmem);
	assert_no_lookup(other_tree);
	assert_no_lookup(add);
	assert_no_lookup(no_place);
	assert_no_lookup(of_module);
	assert_no_lookup(swap_of_module);
	assert_no_lookup(no_name);
	assert_no_lookup(alike);
	assert_no_lookup(nothing);
}

/* Frames that may be none are passed over, and it is said that they were. */
static void test_lookup_guessed(void **state)
{
	static const struct made_frame guessed[] = {
		{"xas_load", R}, {"~timekeeping_advance", C}, {"~__filemap_get_folio", C},
		{"~schedule", C}, {"~swap_cache_get_folio", C}, {"~do_swap_page", C}, {0},
	};
	static const struct made_frame elsewhere[] = {
		{"copy_page", R}, {"~__filemap_get_folio", C}, {"~swap_cache_get_folio", C},
		{"~do_swap_page", C}, {0},
	};
	static const struct made_frame known[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"~do_swap_page", C}, {0},
	};
	struct lookup lookup = {0};
	struct made_thread made;

	(void)state;
	assert_lookup(guessed, 0, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	make_thread(&made, guessed);
	assert_true(story_lookup_find(&made.thread, false, &lookup));
	assert_true(lookup.guessed);
	assert_no_lookup(elsewhere);
	make_thread(&made, known);
	assert_true(story_lookup_find(&made.thread, false, &lookup));
	assert_false(lookup.guessed);
}

static void test_fault(void **state)
{
	static const struct made_frame fault[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame handler[] = {
		{"exc_page_fault", R}, {"asm_exc_page_fault", C}, {0},
	};
	static const struct made_frame other[] = {
		{"do_idle", R}, {"other:handle_mm_fault", C}, {"exc_page_faults", C},
		{"?", C}, {0},
	};
	struct made_thread made;
	unsigned int frame = 99;

	(void)state;
	make_thread(&made, fault);
	assert_true(story_fault_find(&made.thread, &frame));
	assert_string_equal(made.frames[frame].name.function, "asm_exc_page_fault");
	make_thread(&made, handler);
	assert_true(story_fault_find(&made.thread, &frame));
	assert_int_equal(frame, 1);
	make_thread(&made, other);
	assert_false(story_fault_find(&made.thread, &frame));
	made.thread.frame_count = 0;
	assert_false(story_fault_find(&made.thread, &frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup_generations),
		cmocka_unit_test(test_lookup_in_tables),
		cmocka_unit_test(test_lookup_others),
		cmocka_unit_test(test_lookup_interrupted),
		cmocka_unit_test(test_lookup_none),
		cmocka_unit_test(test_lookup_guessed),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
