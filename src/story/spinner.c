// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who spins: the slot that the evidence names, the page that it holds, and whether
 * both together keep the task from ever getting out.
 */
#include "story/search.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/page.h"
#include "kernel/swap_entry.h"

/* --------------------------------------------------------------- the slot itself */

static bool leads_to_slot(enum story_link_kind kind)
{
	return kind != LINK_FAULT_COUNT && kind != LINK_REGISTER_PAGE &&
	       kind != LINK_REGISTER_NODE;
}

/* Independent kinds of evidence that lead to a slot: vm_fault has its PTE from the table. */
static unsigned int count_kinds(const struct story_spinner *spinner, unsigned int type,
				uint64_t slot)
{
	unsigned int i, kinds = 0;

	for (i = 0; i < spinner->link_count; i++)
		if (spinner->links[i].type == type && spinner->links[i].slot == slot)
			kinds |= 1U << spinner->links[i].kind;
	if (kinds & 1U << LINK_VM_FAULT)
		kinds &= ~(1U << LINK_PAGE_TABLE);
	return (unsigned int)__builtin_popcount(kinds);
}

/*
 * Kinds of evidence that decide, bits 1 << LINK_: what the lookup itself works with,
 * else what the fault works with, comes before anything that merely lies around.
 */
static unsigned int deciding_kinds(const struct search *search)
{
	unsigned int i, present = 0;

	for (i = 0; i < search->spinner.link_count; i++)
		present |= 1U << search->spinner.links[i].kind;
	if (search->in_lookup && present & (1U << LINK_XA_STATE | 1U << LINK_LOCAL))
		return 1U << LINK_XA_STATE | 1U << LINK_LOCAL;
	if (present & 1U << LINK_VM_FAULT)
		return 1U << LINK_VM_FAULT | 1U << LINK_LOCAL;
	/* in a fault that has nothing to do with swap */
	return search->live_address ? 0 : UINT_MAX;
}

/* The slot that most of these kinds of evidence name; NULL if it is not a broken one. */
static const struct story_range *choose_among(struct search *search, unsigned int deciding)
{
	struct story_spinner *spinner = &search->spinner;
	const struct story_range *best = NULL;
	unsigned int i, kinds, most = 0;

	for (i = 0; i < spinner->link_count; i++) {
		const struct story_link *link = &spinner->links[i];
		const struct story_range *range;

		if (!(deciding >> link->kind & 1))
			continue;
		range = story_broken_at(search->telling, link->type, link->slot);
		kinds = count_kinds(spinner, link->type, link->slot);
		if (kinds < most || (kinds == most && !range))
			continue;
		most = kinds;
		best = range;
		spinner->type = link->type;
		spinner->slot = link->slot;
	}
	return best;
}

/* A broken slot by what decides; if there are several, all evidence has a say. */
static const struct story_range *choose_slot(struct search *search)
{
	const struct story_range *range = choose_among(search, deciding_kinds(search));

	return range ? choose_among(search, UINT_MAX) : NULL;
}

/* page_describe() speaks of pages that are not where they belong; this one may be. */
static void describe_page(struct story_spinner *spinner)
{
	const struct kswapck_page *page = &spinner->page;
	unsigned int type;
	uint64_t first;

	swap_entry_split(page->private, &type, &first);
	if (page->marks & KSWAPCK_PAGE_SWAPCACHE && type == spinner->type &&
	    spinner->slot >= first && spinner->slot - first < 1ULL << page->order)
		snprintf(spinner->page_text, sizeof(spinner->page_text),
			 "a folio of order %u in the swap cache", page->order);
	else
		page_describe(page, spinner->page_text, sizeof(spinner->page_text));
}

static void read_page(struct search *search)
{
	const struct kernel *kernel = search->telling->kernel;
	struct story_spinner *spinner = &search->spinner;
	uint64_t i;

	spinner->page_read = page_read(kernel, spinner->entry, &spinner->page) == READ_OK;
	if (!spinner->page_read)
		return;
	describe_page(spinner);
	/* what do_swap_page() compares: that of the slot's own page, or folio->swap + i */
	i = spinner->slot & ((1ULL << spinner->page.order) - 1);
	spinner->expected_private = swap_entry(spinner->type, spinner->slot);
	spinner->page_private = spinner->page.private;
	spinner->private_known = true;
	if (kernel->page.tail_private_zero) {
		spinner->page_private += i;
	} else if (i) {
		struct kswapck_page page;

		spinner->private_known = page_read(kernel, spinner->entry + i * kernel->page.size,
						   &page) == READ_OK;
		spinner->page_private = spinner->private_known ? page.private : 0;
	}
}

/* ------------------------------------------------------------------- the verdict */

static void count_agreement(struct story_spinner *spinner)
{
	unsigned int i, direct = 0, against = 0;

	spinner->agreeing = count_kinds(spinner, spinner->type, spinner->slot);
	for (i = 0; i < spinner->link_count; i++) {
		struct story_link *link = &spinner->links[i];

		link->agrees = link->type == spinner->type && link->slot == spinner->slot;
		direct += link->agrees && leads_to_slot(link->kind) &&
			  link->kind != LINK_REGISTER_ADDRESS;
		/* a register may well point elsewhere, or hold another number */
		against += !link->agrees && link->kind != LINK_REGISTER_ADDRESS &&
			   link->kind != LINK_ENTRY;
	}
	spinner->certain = spinner->agreeing >= 2 && direct && !against;
}

/* A register of user mode that points to another broken page says nothing of this one. */
static void drop_other_registers(struct story_spinner *spinner)
{
	unsigned int i, kept = 0;

	for (i = 0; i < spinner->link_count; i++)
		if (spinner->links[i].agrees ||
		    (spinner->links[i].kind != LINK_REGISTER_ADDRESS &&
		     spinner->links[i].kind != LINK_ENTRY))
			spinner->links[kept++] = spinner->links[i];
	spinner->link_count = kept;
}

static bool has_agreeing(const struct story_spinner *spinner, enum story_link_kind kind)
{
	unsigned int i;

	for (i = 0; i < spinner->link_count; i++)
		if (spinner->links[i].kind == kind && spinner->links[i].agrees)
			return true;
	return false;
}

/* In the fault's own registers: what they keep there is its address. */
static bool has_agreeing_register(const struct story_spinner *spinner)
{
	unsigned int i;

	for (i = 0; i < spinner->link_count; i++)
		if (spinner->links[i].kind == LINK_FAULT_ADDRESS && spinner->links[i].agrees &&
		    !spinner->links[i].address)
			return true;
	return false;
}

/* Does the fault that the task is in, right now, tell of the slot? */
static bool has_live_evidence(const struct search *search)
{
	const struct story_spinner *spinner = &search->spinner;

	if (search->guessed)
		return false;
	if (has_agreeing(spinner, LINK_VM_FAULT) ||
	    (search->in_fault && has_agreeing(spinner, LINK_LOCAL)))
		return true;
	return search->in_fault && !search->live_address &&
	       (has_agreeing(spinner, LINK_CR2) || has_agreeing_register(spinner));
}

/*
 * A task that merely has a broken page in reach, or whose kin faulted on this CPU
 * before it, must not be accused. The fault that it is in speaks for itself; all
 * else takes that the task has faulted without end.
 */
static bool refault_believed(const struct search *search)
{
	const struct story_spinner *spinner = &search->spinner;

	if (has_live_evidence(search))
		return true;
	if (search->live_address || !has_agreeing(spinner, LINK_FAULT_COUNT))
		return false;
	return has_agreeing(spinner, LINK_CR2) ||
	       (search->in_fault && (has_agreeing(spinner, LINK_REGISTER_ADDRESS) ||
				     has_agreeing(spinner, LINK_FAULT_ADDRESS)));
}

static void keep_spinner(struct search *search, size_t thread)
{
	struct story *story = search->telling->story;

	search->spinner.thread = thread;
	if (story->spinner_count < STORY_SPINNERS_MAX)
		story->spinners[story->spinner_count++] = search->spinner;
	else
		story->spinners_lost++;
}

/* The loop that the slot's state makes; LOOP_NONE: this thread is in none. */
static enum story_loop find_loop(const struct story_range *range, const struct search *search,
				 const struct lookup *lookup)
{
	if (range->effect == EFFECT_REFAULT)
		return search->in_lookup && lookup->reclaims ? LOOP_STALL : LOOP_REFAULT;
	return range->effect == EFFECT_SPIN && search->in_lookup ? LOOP_STALL : LOOP_NONE;
}

/* A finding is of a range; the page of this very slot must make the loop endless too. */
static bool loop_holds(const struct story_spinner *spinner)
{
	if (!spinner->page_read)
		return true;
	if (spinner->loop == LOOP_STALL && !spinner->mismatch)
		return spinner->page.refcount == 0;
	return !(spinner->page.marks & KSWAPCK_PAGE_SWAPCACHE) || !spinner->private_known ||
	       spinner->page_private != spinner->expected_private;
}

/*
 * Without CONFIG_PREEMPT_RCU nothing counts; the lookup in a tree holds it all the same.
 * In a swap table it holds it for an instant in each round, which counts 1: what a caller
 * holds counts from there.
 */
static bool holds_rcu(const struct story *story, const struct story_thread *thread)
{
	if (story->swap_tables)
		return thread->task.rcu_nesting_known && thread->task.rcu_nesting > 1;
	return !thread->task.rcu_nesting_known || thread->task.rcu_nesting > 0;
}

static void finish(struct search *search, size_t thread, const struct story_range *range,
		   const struct lookup *lookup)
{
	struct story_spinner *spinner = &search->spinner;
	struct telling *telling = search->telling;
	struct slot_view view;

	spinner->problem = range->problem;
	memcpy(spinner->device, range->device, sizeof(spinner->device));
	if (!story_slot_read(telling, spinner->type, spinner->slot, &view))
		return;
	spinner->entry = view.entry;
	spinner->mismatch = spinner->loop == LOOP_STALL && range->effect == EFFECT_REFAULT;
	read_page(search);
	if (!loop_holds(spinner))
		return;
	if (search->in_lookup) {
		spinner->lookup = lookup->function;
		spinner->lookup_for = lookup->wanted_by;
		search_support_stall(search, lookup->frame, &view);
	}
	if (spinner->loop == LOOP_STALL) {
		spinner->place = spinner->mismatch ? story_reclaim_place() : lookup->place;
		spinner->held = lookup->held;
		spinner->holds_rcu = holds_rcu(telling->story, search->thread);
	} else {
		spinner->place = story_refault_place(telling->kernel);
		search_support_refault(search);
	}
	count_agreement(spinner);
	drop_other_registers(spinner);
	if (search->guessed || (spinner->loop == LOOP_REFAULT && !has_live_evidence(search)))
		spinner->certain = false;
	if (spinner->loop != LOOP_REFAULT || refault_believed(search))
		keep_spinner(search, thread);
}

void story_link_thread(struct telling *telling, size_t thread, const struct cpu *cpu)
{
	struct story_thread *self = &telling->story->threads[thread];
	struct search search = {
		.telling = telling,
		.thread = self,
		.unwound = &telling->unwound,
	};
	const struct story_range *range;
	struct lookup lookup = {0};

	search.in_lookup = story_lookup_find(self, telling->story->swap_tables, &lookup);
	if (search.in_lookup) {
		self->lookup = lookup.function;
		self->lookup_for = lookup.wanted_by;
		self->lookup_place = lookup.place;
		self->lookup_held = lookup.held;
	}

	if (search.thread->task.mm && telling->map_known)
		mm_page_table(telling->kernel, &telling->map, search.thread->task.mm, &search.pgd);
	search_gone(&search);
	/* without broken slots nobody can be caught in one */
	if (!telling->findings->spin_slots && !telling->findings->refault_slots)
		return;
	search_gather(&search, cpu, &lookup);
	range = choose_slot(&search);
	if (!range)
		return;
	search.spinner.loop = find_loop(range, &search, &lookup);
	if (search.spinner.loop != LOOP_NONE)
		finish(&search, thread, range, &lookup);
}

/*
 * RCU waits for a task that is in a lookup of the swap cache, or the log calls it
 * stuck, though at no slot that is known to be broken: the slots could not be seen,
 * or there is more to it.
 */
void story_spinner_without_slot(struct story *story, size_t thread)
{
	const struct story_thread *self = &story->threads[thread];
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].thread == thread)
			return;
	if (!self->lookup || story->spinner_count == STORY_SPINNERS_MAX)
		return;
	story->spinners[story->spinner_count++] = (struct story_spinner){
		.thread = thread,
		.loop = LOOP_STALL,
		.lookup = self->lookup,
		.lookup_for = self->lookup_for,
		.place = self->lookup_place,
		.held = self->lookup_held,
		.holds_rcu = holds_rcu(story, self),
	};
}

static int compare_spinners(const void *left, const void *right)
{
	const struct story_spinner *a = left, *b = right;

	if (a->loop != b->loop)
		return a->loop == LOOP_STALL ? -1 : 1;
	if (a->certain != b->certain)
		return a->certain ? -1 : 1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

void story_spinners_sort(struct story *story)
{
	if (story->spinner_count)
		qsort(story->spinners, story->spinner_count, sizeof(story->spinners[0]),
		      compare_spinners);
}
