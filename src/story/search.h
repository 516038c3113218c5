/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What link.c (evidence that leads from a task to slots) and spinner.c (which slot it
 * is, and whether that makes the task spin) share: the search of one task.
 */
#ifndef KSWAPCK_SEARCH_H
#define KSWAPCK_SEARCH_H

#include "story/parts.h"

/* What is known of one task so far. */
struct search {
	struct telling *telling;
	const struct story_thread *thread;
	const struct unwound *unwound;
	struct story_spinner spinner;
	uint64_t pgd;			/* of the task's mm; 0: not known */
	bool in_lookup;			/* the task looks up a slot, now */
	bool in_fault;			/* the task handles a page fault, now */
	bool remote;			/* on memory of another process */
	bool guessed;			/* by frames that may be none */
	uint64_t live_address;		/* vm_fault.address, of whatever PTE; 0: none found */
	const char *function;		/* whose frame is looked at */
	/* locals of one function that mean something only together */
	uint64_t mapping, index;
	bool has_mapping, has_index;
};

/* A struct vm_fault of the task, on its stack. */
struct live_fault {
	uint64_t vma;		/* vm_area_struct */
	uint64_t address;	/* user address */
	uint64_t pte;		/* as it was when the fault began */
};

/** search_gone - does the task handle a fault on a swap device that is off? */
void search_gone(struct search *search);
/* gone.c */
/** story_gone_fault - note it if @fault is one on a swap device that is off. */
void story_gone_fault(struct search *search, const struct live_fault *fault);

/** search_gather - fill search->spinner.links with all that leads to a slot. */
void search_gather(struct search *search, const struct cpu *cpu, const struct lookup *lookup);
/** search_support_stall - add registers of @frame that fit the slot that was chosen. */
void search_support_stall(struct search *search, unsigned int frame,
			  const struct slot_view *view);
/** search_support_refault - add the count of page faults, if it is beyond reason. */
void search_support_refault(struct search *search);

#endif
