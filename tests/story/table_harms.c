// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stalls in swap tables, 6.18 and later: dumps of `lab plant`, in which slots of a running
 * guest were pointed at another page. What must be told of them, and what of it is left
 * when the table, its word or the page is made to look otherwise.
 */
#include "harms.h"

#include <stdio.h>
#include <string.h>

#include "kernel/swap_device.h"

#define COUNT_SHIFT 60
#define KEPT (PART_LOG | PART_RCU | PART_TASKS | PART_STACKS)

static bool is_planted(const struct stage *stage, uint64_t slot)
{
	unsigned int i;

	for (i = 0; i < stage->guest.planted_count; i++)
		if (stage->guest.planted[i] == slot)
			return true;
	return false;
}

/* ---------------------------------------------------------------- as they are */

static bool is_reclaim(const struct story_spinner *spinner)
{
	return spinner->lookup && !strcmp(spinner->lookup, "__try_to_reclaim_swap");
}

/* Which of the loops a task gets into is chance; it must be at a slot that was broken. */
static bool all_at_planted(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	if (story->verdict != VERDICT_STALL)
		return wrong(why, size, "%s", story_verdict_name(story->verdict));
	for (i = 0; i < story->spinner_count; i++) {
		const struct story_spinner *spinner = &story->spinners[i];

		if (spinner->loop != LOOP_STALL || spinner->type ||
		    !is_planted(stage, spinner->slot))
			return wrong(why, size, "a %s at slot %llu", story_loop_name(spinner->loop),
				     (unsigned long long)spinner->slot);
		if (!is_reclaim(spinner) && strcmp(spinner->lookup, "swap_cache_get_folio") != 0)
			return wrong(why, size, "in %s()", spinner->lookup);
	}
	return true;
}

/* swap_cache_get_folio() loops at a freed page, __try_to_reclaim_swap() at one that lives. */
static bool all_at_their_page(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	for (i = 0; i < story->spinner_count; i++) {
		const struct story_spinner *spinner = &story->spinners[i];
		const char *place = spinner->mismatch ? "__try_to_reclaim_swap" :
							"swap_cache_get_folio";
		bool right = spinner->mismatch ?
			     is_reclaim(spinner) && spinner->page.refcount > 0 &&
			     spinner->page_private != spinner->expected_private :
			     !spinner->page.refcount &&
			     !strcmp(spinner->problem->name, "freed-folio");

		if (!spinner->page_read || !right || strcmp(spinner->place->function, place) != 0)
			return wrong(why, size, "%s, %d references, in %s()", spinner->problem->name,
				     spinner->page.refcount, spinner->place->function);
	}
	return true;
}

static bool any_held(const struct story *story)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].held)
			return true;
	return false;
}

/*
 * The loop itself holds RCU for an instant in each round. A soft lockup comes of a lock by
 * itself, an RCU stall when somebody asks for a grace period.
 */
static bool stalls_by_locks(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	bool held = any_held(story);

	if (story->stalled != held)
		return wrong(why, size, "%s is held", held ? "a lock" : "nothing");
	return (story->rcu.read && story->rcu.by_spinner == story->rcu.stalled &&
		(held || !story->rcu.stalled)) ||
	       wrong(why, size, "RCU waits for another");
}

static bool log_agrees(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	unsigned int i;

	for (i = 0; i < story->log.event_count; i++)
		if (story->log.events[i].kind != EVENT_RCU_STALL &&
		    story->log.events[i].kind != EVENT_SOFT_LOCKUP)
			continue;
		else if (story->log.events[i].spinner == SIZE_MAX)
			return wrong(why, size, "of another: %s", story->log.events[i].text);
		else
			return any_held(story) || wrong(why, size, "a stall, and nothing is held");
	return !any_held(story) || wrong(why, size, "no stall in the log");
}

static bool freeing_holds_lock(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (is_reclaim(&story->spinners[i]) != (story->spinners[i].held != NULL))
			return wrong(why, size, "in %s(), with %s", story->spinners[i].lookup,
				     story->spinners[i].held ? story->spinners[i].held : "nothing");
	return true;
}

const struct act planted[] = {
	{"whoever spins is at a broken slot", NULL, PART_ALL, NULL, all_at_planted},
	{"at a page that keeps the loop going", NULL, PART_ALL, NULL, all_at_their_page},
	{"who frees the slot holds a lock", NULL, PART_ALL, NULL, freeing_holds_lock},
	{"what stalls is for that and nothing else", NULL, PART_ALL, NULL, stalls_by_locks},
	{"the log says the same", NULL, PART_ALL, NULL, log_agrees},
	{0},
};

/* ---------------------------------------------------------- the table and its word */

static uint64_t cluster_of(const struct stage *stage)
{
	const struct kernel *kernel = stage->scene.kernel;
	struct kswapck_device device;

	if (swap_device_read(kernel, spinner_of(stage)->type, &device) != SWAP_DEVICE_OK)
		return 0;
	return device.clusters + spinner_of(stage)->slot / kernel->swap.cluster_slots *
				 kernel->swap.cluster_size;
}

/* Address of the word of the slot that the first one spins on. */
static uint64_t word_place(struct stage *stage)
{
	const struct swap_layout *swap = &stage->scene.kernel->swap;
	uint64_t table = peek(&stage->scene, cluster_of(stage) + swap->table.table.offset, 8);

	return table + 8 * (spinner_of(stage)->slot % swap->cluster_slots);
}

static bool lay_word(struct stage *stage, uint64_t kept, uint64_t word)
{
	uint64_t place = word_place(stage);

	lay(&stage->scene, place, 8, (peek(&stage->scene, place, 8) & kept) | word);
	return true;
}

static bool has_counts(const struct stage *stage)
{
	return stage->scene.kernel->swap.table.form != TABLE_POINTER;
}

static bool empty_word(struct stage *stage)
{
	return lay_word(stage, 0, 0);
}

/* Swapped out, and its count is as before. */
static bool shadow_word(struct stage *stage)
{
	return lay_word(stage, stage->scene.kernel->swap.table.flags, 1);
}

static bool bad_word(struct stage *stage)
{
	return has_counts(stage) ? lay_word(stage, 0, ~0ULL << 3) :
				   skip(&stage->scene, "bad slots have no word");
}

static bool odd_word(struct stage *stage)
{
	return has_counts(stage) ? lay_word(stage, 0, 4) :
				   skip(&stage->scene, "words have no mark");
}

static bool more_owners(struct stage *stage)
{
	return has_counts(stage) ? lay_word(stage, ~(15ULL << COUNT_SHIFT), 5ULL << COUNT_SHIFT) :
				   skip(&stage->scene, "words have no count");
}

static bool lay_table(struct stage *stage, uint64_t address)
{
	lay_field(&stage->scene, cluster_of(stage), stage->scene.kernel->swap.table.table, address);
	return true;
}

static bool no_table(struct stage *stage)
{
	return lay_table(stage, 0);
}

static bool table_nowhere(struct stage *stage)
{
	return lay_table(stage, 0xffffff7fdeadb000);
}

static bool table_of_user(struct stage *stage)
{
	return lay_table(stage, 0x00007f0000001000);
}

static bool lock_cluster(struct stage *stage)
{
	lay(&stage->scene, cluster_of(stage) + stage->scene.kernel->swap.cluster_lock, 4, 1);
	return true;
}

/* Whoever waits for RCU or not: this slot must not be called the one. */
static bool slot_is_not_blamed(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].agreeing && story->spinners[i].slot == spinner_of(stage)->slot)
			return wrong(why, size, "slot %llu is called %s",
				     (unsigned long long)story->spinners[i].slot,
				     story->spinners[i].problem->name);
	return true;
}

/* And who was seen in a loop is not forgotten, if RCU waits for it. */
static bool stuck_without_slot(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	if (!slot_is_not_blamed(stage, why, size))
		return false;
	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].thread == spinner_of(stage)->thread)
			return !story->spinners[i].certain ||
			       wrong(why, size, "it is called certain");
	return !spinner_of(stage)->held || wrong(why, size, "nobody is told to be stuck");
}

/* ------------------------------------------------------------------- the page */

/* It lives, and belongs to no slot: who frees the slot is in the other loop now. */
static bool reuse_page(struct stage *stage)
{
	const struct page_layout *layout = &stage->scene.kernel->page;
	uint64_t page = spinner_of(stage)->page.address;

	if (spinner_of(stage)->mismatch)
		return skip(&stage->scene, "the page lives");
	lay_page(&stage->scene, page, KSWAPCK_FIELD_FLAGS,
		 (spinner_of(stage)->page.flags & ~0xffffffULL) | layout->flag_lru |
		 layout->flag_swapbacked);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_REFCOUNT, 1);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PRIVATE, 0);
	return true;
}

static bool other_loop(const struct stage *stage, char *why, size_t size)
{
	const struct story_spinner *was = spinner_of(stage), *now = &stage->now.story->spinners[0];
	bool reclaims = is_reclaim(was);

	if (!stage->now.story->spinner_count)
		return wrong(why, size, "nobody");
	return (now->thread == was->thread && now->mismatch == reclaims &&
		now->loop == (reclaims ? LOOP_STALL : LOOP_REFAULT) &&
		!strcmp(now->problem->name, "reused-page")) ||
	       wrong(why, size, "%s at a %s", story_loop_name(now->loop), now->problem->name);
}

/* A folio of the cache while it is moved: no reference can be had, for an instant. */
static bool freeze_page(struct stage *stage)
{
	const struct page_layout *layout = &stage->scene.kernel->page;
	uint64_t page = spinner_of(stage)->page.address;

	lay_page(&stage->scene, page, KSWAPCK_FIELD_FLAGS,
		 (spinner_of(stage)->page.flags & ~0xffffffULL) | layout->flag_locked |
		 layout->flag_swapcache | layout->flag_swapbacked);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_REFCOUNT, 0);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PRIVATE, spinner_of(stage)->expected_private);
	return true;
}

const struct act table_harms[] = {
	{"nothing is harmed", NULL, PART_ALL, NULL, NULL},
	{"the slot's word is empty", empty_word, KEPT, NULL, stuck_without_slot},
	{"the slot's word is a shadow", shadow_word, KEPT, NULL, stuck_without_slot},
	{"the slot's word is that of a bad slot", bad_word, KEPT, NULL, stuck_without_slot},
	{"the slot's word is of no known kind", odd_word, KEPT, NULL, stuck_without_slot},
	{"the slot's word counts five owners", more_owners, PART_ALL, NULL, NULL},
	{"the cluster has no table", no_table, KEPT, NULL, stuck_without_slot},
	{"its table is nowhere", table_nowhere, KEPT, NULL, stuck_without_slot},
	{"its table is in user memory", table_of_user, KEPT, NULL, stuck_without_slot},
	{"the cluster is locked", lock_cluster, KEPT, NULL, NULL},
	{"the page was given out again", reuse_page, KEPT & ~PART_RCU, NULL, other_loop},
	{"the page is in motion", freeze_page, KEPT, NULL, stuck_without_slot},
	{0},
};
