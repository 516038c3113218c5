/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that tasks have in hand: addresses of struct pages in the live part of kernel
 * stacks, those of interrupts too, and in registers, and pages that a task has taken off
 * page tables and not yet let go (struct mmu_gather).
 *
 * Only tasks count that are on a CPU or have a function on their stack that deals with
 * pages: what else lies on the stack of a sleeper is left from before. A word that only
 * looks like a page's address does no harm: a doubtful pin is then said to be doubtful.
 */
#ifndef KSWAPCK_PAGE_HOLDERS_H
#define KSWAPCK_PAGE_HOLDERS_H

#include "kernel/kernel.h"

struct page_holder {
	uint64_t page;		/* address of a struct page, head or not */
	uint64_t task;		/* task_struct */
	uint32_t references;	/* of a gather: that it will drop; in hand: 0, not known */
	bool on_cpu;
};

struct page_holder_stack {
	uint64_t start, end;
	uint64_t task;
};

struct page_holders {
	struct page_holder *holders;	/* sorted by page, then task */
	size_t count, room;
	struct page_holder_stack *stacks;	/* of the same tasks, sorted by address */
	size_t stack_count, stack_room;
	bool complete;			/* all stacks could be read */
	uint64_t list_steps;		/* taken by page_holders_list() so far */
};

/** page_holders_read - false with @err set when out of memory; else free them. */
bool page_holders_read(const struct kernel *kernel, struct page_holders *holders,
		       struct error *err);
void page_holders_free(struct page_holders *holders);

/**
 * page_holders_of - those of any page of a folio.
 * @page, @pages: its head and how many pages it has.
 *
 * Return: how many there are from *@first on.
 */
size_t page_holders_of(const struct kernel *kernel, const struct page_holders *holders,
		       uint64_t page, uint64_t pages, const struct page_holder **first);

/**
 * page_holders_list - the task on whose stack the list begins that a folio is on, by
 * page->lru: it has isolated it; 0 if there is none, or if a damaged dump has made too
 * long lists already.
 */
uint64_t page_holders_list(const struct kernel *kernel, struct page_holders *holders,
			   uint64_t page);

#endif
