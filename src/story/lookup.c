// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lookups of the swap cache, by the functions on a stack.
 *
 * Up to 6.17 every lookup goes through the page cache's own function, which loads
 * the entry and takes a reference under rcu_read_lock(), over and over until both
 * fit together. Its name changed with the years; which functions the compiler
 * inlined does as well, so a lookup is: one of those, called by the swap code.
 *
 * Since 6.18 swap_cache_get_folio() loops itself. rcu_read_lock() is taken and dropped
 * in each round (mm/swap_table.h swap_table_get()), so that a loop without end stalls
 * nobody but its own task, unless a caller holds something. And
 * __try_to_reclaim_swap() has a loop of its own: it takes the folio, locks it, sees that
 * it is not the slot's, and starts again (6.18.35 mm/swapfile.c:230-256, 7.3:206-231).
 */
#include "story/parts.h"

#include <string.h>

#define GET_PAGE "page_cache_get_speculative() fails on a count of 0: goto repeat"
#define GET_FOLIO "folio_try_get_rcu() fails on a count of 0: goto repeat"
#define GET_ANY "a reference cannot be taken on a count of 0: goto repeat"
/* fa2690af573d of 6.10 made one of the two, and went to stable branches */
#define GET_FOLIO_EITHER "folio_try_get() (or folio_try_get_rcu()) fails on a count of 0: goto repeat"

/* Where the loop is, by the function that is on the stack. */
static const struct {
	const char *on_stack;
	struct story_loop_place place;
} places[] = {
	/* 4.14.5 mm/filemap.c:1324, 4.19.48:1423, 5.4:1683, 5.10:1690 */
	{"find_get_entry", {"find_get_entry", "mm/filemap.c", GET_PAGE}},
	/* 5.15 mm/filemap.c:1817, inlined */
	{"pagecache_get_page", {"mapping_get_entry", "mm/filemap.c", GET_PAGE}},
	{"mapping_get_entry", {"mapping_get_entry", "mm/filemap.c", GET_ANY}},
	/* 5.16 - 6.2: 6.1 mm/filemap.c:1873, inlined */
	{"__filemap_get_folio", {"mapping_get_entry", "mm/filemap.c", GET_FOLIO}},
	/* 6.3 and later: 6.6 mm/filemap.c:1844, 6.12:1835 */
	{"filemap_get_entry", {"filemap_get_entry", "mm/filemap.c", GET_FOLIO_EITHER}},
};

/* 6.18.35 mm/swap_state.c:87-103, 7.3:93-118 */
static const struct story_loop_place table_place = {
	"swap_cache_get_folio", "mm/swap_state.c",
	"folio_try_get() fails on a count of 0: for (;;) loads the word again",
};

static const struct story_loop_place reclaim_place = {
	"__try_to_reclaim_swap", "mm/swapfile.c",
	"folio_matches_swap_entry() is false for a folio that lives: goto again",
};

/* What else can be on the stack within the two loops of swap tables. */
static const char *const table_helpers[] = {
	"swap_cache_get_folio", "folio_unlock", "folio_wake_bit", "__folio_put",
	"swap_table_get", "folio_try_get", "folio_trylock",
};

/*
 * Who keeps RCU or the scheduler from going on while he looks a slot up: with the lock
 * of a page table, with the allocator's local lock, or within pte_offset_map().
 */
static const struct {
	const char *function;
	const char *held;
} holders[] = {
	{"zap_pte_range", "the lock of a page table"},
	{"unmap_page_range", "the lock of a page table"},
	{"__zap_vma_range", "the lock of a page table"},
	{"madvise_free_pte_range", "the lock of a page table"},
	{"mincore_pte_range", "the lock of a page table"},
	{"folio_alloc_swap", "the local lock of the slot allocator"},
	{"swap_alloc_hibernation_slot", "the local lock of the slot allocator"},
	{"move_pages_ptes", "rcu_read_lock() of pte_offset_map()"},
	{"move_pages_pte", "rcu_read_lock() of pte_offset_map()"},
};

/* What else can be on the stack within the loop. */
static const char *const helpers[] = {
	"xas_load", "xas_start", "xas_descend", "xas_reload",
	/* up to 4.19, lib/radix-tree.c */
	"radix_tree_lookup_slot", "__radix_tree_lookup", "radix_tree_descend", "__rcu_read_lock",
	"__rcu_read_unlock", "find_get_page", "filemap_get_folio", "__fentry__",
	/* returns go through these on processors that need it (arch/x86/lib/retpoline.S) */
	"__x86_return_thunk", "srso_return_thunk", "srso_alias_return_thunk", "srso_safe_ret",
	"srso_alias_safe_ret", "retbleed_return_thunk", "its_return_thunk",
	"call_depth_return_thunk", "zen_untrain_ret",
};

/* The swap code that looks folios up; innermost ones first. */
static const char *const swap_lookups[] = {
	"swap_cache_get_folio",		/* 6.0 - 6.17 mm/swap_state.c */
	"lookup_swap_cache",		/* until then */
	"__read_swap_cache_async",
	"filemap_get_incore_folio",	/* mincore, memory cgroup charge moving */
	"find_get_incore_page",
	"mincore_page", "mincore_pte_range",
	"get_mctgt_type", "mem_cgroup_move_charge_pte_range",
	"mem_cgroup_count_precharge_pte_range",
	"__try_to_reclaim_swap",	/* allocator, zap */
	"shmem_swapin_folio", "shmem_swapin_page",
	"unuse_pte_range",		/* swapoff */
	"try_to_unuse", "__do_sys_swapoff",
	"move_pages_pte", "move_pages",	/* userfaultfd */
	"free_swap_and_cache",
	"do_swap_page",
};

/* From the exception to do_swap_page(), outermost last. */
static const char *const fault_functions[] = {
	"do_swap_page", "handle_pte_fault", "__handle_mm_fault", "handle_mm_fault",
	"do_user_addr_fault", "__do_page_fault", "do_page_fault", "exc_page_fault",
	"asm_exc_page_fault", "page_fault", "async_page_fault",
	/* arch/arm64/mm/fault.c, kernel/entry-common.c */
	"do_translation_fault", "do_mem_abort", "el0_da", "el1_abort",
};

/* Who faults on memory that is another's (mm/gup.c). */
static const char *const remote_functions[] = {
	"faultin_page", "__get_user_pages", "fixup_user_fault", "__access_remote_vm",
	"__collapse_huge_page_swapin", "collapse_huge_page",
};

/* Is @name this function? Compilers add ".isra.0", ".part.0" and the like. */
static bool is_function(const char *name, const char *function)
{
	size_t length = strlen(function);

	return !strncmp(name, function, length) && (!name[length] || name[length] == '.');
}

static const char *find_name(const char *name, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is_function(name, names[i]))
			return names[i];
	return NULL;
}

#define FIND(name, names) find_name(name, names, sizeof(names) / sizeof((names)[0]))

static const struct story_loop_place *place_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (is_function(name, places[i].on_stack))
			return &places[i].place;
	return NULL;
}

static bool is_kernel_function(const struct story_frame *frame)
{
	return frame->named && !frame->name.module[0];
}

/* Did execution stop in this frame, but for interrupts? */
static bool stopped_here(const struct story_frame *frame)
{
	return frame->kind != FRAME_CALL;
}

/*
 * From frame @outer inwards to where the task stopped: the loop and nothing else?
 * Among guessed frames there are some that are none.
 */
static bool in_loop(const struct story_thread *thread, unsigned int outer,
		    struct lookup *lookup)
{
	unsigned int i = outer;

	while (i-- > 0) {
		const struct story_frame *frame = &thread->frames[i];
		const struct story_loop_place *place;

		place = is_kernel_function(frame) ? place_of(frame->name.function) : NULL;
		if (!place && !(is_kernel_function(frame) &&
				FIND(frame->name.function, helpers))) {
			if (frame->guessed)
				continue;
			return false;
		}
		if (place)
			lookup->place = place;
		lookup->frame = i;
		if (stopped_here(frame))
			return lookup->place != NULL;
	}
	return false;
}

static const char *find_held(const struct story_thread *thread, unsigned int from)
{
	unsigned int i;
	size_t name;

	for (i = from; i < thread->frame_count; i++)
		for (name = 0; name < sizeof(holders) / sizeof(holders[0]); name++)
			if (is_kernel_function(&thread->frames[i]) && !thread->frames[i].guessed &&
			    is_function(thread->frames[i].name.function, holders[name].function))
				return holders[name].held;
	return NULL;
}

/* From frame @outer inwards to where the task stopped: a loop of swap tables alone? */
static bool in_table_loop(const struct story_thread *thread, unsigned int outer,
			  unsigned int *innermost)
{
	unsigned int i = outer + 1;

	while (i-- > 0) {
		const struct story_frame *frame = &thread->frames[i];
		bool known = i == outer ||
			     (is_kernel_function(frame) &&
			      (FIND(frame->name.function, helpers) ||
			       FIND(frame->name.function, table_helpers)));

		if (!known && frame->guessed)
			continue;
		if (!known)
			return false;
		*innermost = i;
		if (stopped_here(frame))
			return true;
	}
	return false;
}

static bool find_in_tables(const struct story_thread *thread, struct lookup *lookup)
{
	static const char *const loops[] = {"swap_cache_get_folio", "__try_to_reclaim_swap"};
	const char *function;
	unsigned int i;

	for (i = thread->frame_count; i-- > 0; ) {
		const struct story_frame *frame = &thread->frames[i];

		function = is_kernel_function(frame) ? FIND(frame->name.function, loops) : NULL;
		*lookup = (struct lookup){
			.last = i, .function = function, .guessed = frame->guessed,
		};
		if (!function || !in_table_loop(thread, i, &lookup->frame))
			continue;
		lookup->place = &table_place;
		lookup->reclaims = function == loops[1];
		lookup->held = find_held(thread, i + 1);
		if (i + 1 < thread->frame_count && is_kernel_function(&thread->frames[i + 1]))
			lookup->wanted_by = thread->frames[i + 1].name.function;
		return true;
	}
	return false;
}

const struct story_loop_place *story_reclaim_place(void)
{
	return &reclaim_place;
}

static bool find_in_trees(const struct story_thread *thread, struct lookup *lookup)
{
	unsigned int i;

	for (i = 1; i < thread->frame_count; i++) {
		const struct story_frame *frame = &thread->frames[i];
		const char *function = is_kernel_function(frame) ?
				       FIND(frame->name.function, swap_lookups) : NULL;

		if (!function)
			continue;
		*lookup = (struct lookup){
			.last = i,
			.function = function,
			.guessed = frame->guessed,
		};
		if (i + 1 < thread->frame_count && is_kernel_function(&thread->frames[i + 1]))
			lookup->wanted_by = thread->frames[i + 1].name.function;
		if (in_loop(thread, i, lookup))
			return true;
	}
	return false;
}

bool story_lookup_find(const struct story_thread *thread, bool tables, struct lookup *lookup)
{
	return tables ? find_in_tables(thread, lookup) : find_in_trees(thread, lookup);
}

bool story_fault_find(const struct story_thread *thread, unsigned int *frame)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < thread->frame_count; i++)
		if (is_kernel_function(&thread->frames[i]) &&
		    FIND(thread->frames[i].name.function, fault_functions)) {
			*frame = i;
			found = true;
		}
	return found;
}

bool story_remote_find(const struct story_thread *thread)
{
	unsigned int i;

	for (i = 0; i < thread->frame_count; i++)
		if (is_kernel_function(&thread->frames[i]) && !thread->frames[i].guessed &&
		    FIND(thread->frames[i].name.function, remote_functions))
			return true;
	return false;
}

const struct story_loop_place *story_refault_place(const struct kernel *kernel)
{
	/* 4.14 mm/memory.c:2955, 5.4:3028, 5.10:3471, 6.1:3934 */
	static const struct story_loop_place by_private = {
		"do_swap_page", "mm/memory.c",
		"PageSwapCache and page_private(page) == entry.val do not both hold: goto out_page",
	};
	/* cfeed8ffe55b, 6.6: mm/memory.c:3903; 6.12:4370 */
	static const struct story_loop_place by_folio = {
		"do_swap_page", "mm/memory.c",
		"folio_test_swapcache() and page_swap_entry(page).val == entry.val do not both hold: "
		"goto out_page",
	};

	/* 6.18 mm/memory.c:4768, 7.3:5007 */
	static const struct story_loop_place by_matching = {
		"do_swap_page", "mm/memory.c",
		"folio_matches_swap_entry() is false: goto out_page",
	};

	if (kernel->swap.table.form != TABLE_NONE)
		return &by_matching;
	return kernel->page.tail_private_zero ? &by_folio : &by_private;
}
