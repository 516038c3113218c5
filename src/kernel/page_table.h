/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of processes, and the swap entries in them. What entries look like is
 * in source/paging.h and kernel/arch.h.
 */
#ifndef KSWAPCK_PAGE_TABLE_H
#define KSWAPCK_PAGE_TABLE_H

#include "kernel/kernel.h"
#include "source/paging.h"

struct page_table_layout {
	struct paging paging;	/* of the kernel itself; the tables of processes are alike */
};

/** page_table_layout_resolve - false when VMCOREINFO tells what cannot be. */
bool page_table_layout_resolve(const struct kernel *kernel, struct page_table_layout *layout);

/**
 * page_table_swap_entry - is @pte that of a swapped page: neither empty nor present?
 * @type, @slot: set if so. Special entries (migration, hwpoison, markers) have
 * types above those of swap devices; the caller compares with nr_swapfiles. Of a kernel
 * whose entries are not known nothing is one.
 */
bool page_table_swap_entry(const struct kernel *kernel, uint64_t pte, unsigned int *type,
			   uint64_t *slot);

/**
 * page_table_lookup - the page table entry of one user address.
 * @pgd: kernel virtual address of the top table (mm->pgd).
 * @pte: set to the entry; 0 when no table or a huge page is there.
 *
 * Return: READ_OK, or why a table could not be read; READ_UNMAPPED when @address
 * is not one of user memory or @pgd not one of a table.
 */
enum read_status page_table_lookup(const struct kernel *kernel,
				   const struct page_table_layout *layout, uint64_t pgd,
				   uint64_t address, uint64_t *pte);

/* Filled by a sweep; only tables_max is for the caller to set. */
struct page_table_sweep {
	uint64_t tables;	/* pages of tables read */
	uint64_t ptes;		/* entries of the lowest tables looked at */
	uint64_t unreadable;	/* that could not be, or are nowhere in RAM */
	uint64_t repeated;	/* met again, not read again: damage (or hugetlb shares them) */
	uint64_t tables_max;	/* stop after so many; 0: of the page count of RAM */
	bool truncated;		/* it did stop, there or for want of memory */
};

/**
 * Called for each swap PTE (not for present and empty ones); false stops the sweep.
 * @place: physical address of the PTE.
 */
typedef bool page_table_fn(void *data, uint64_t address, uint64_t pte, uint64_t place);

/** page_tables_max - how many tables there can be: each is a page of RAM, or part of one. */
uint64_t page_tables_max(const struct kernel *kernel);

/**
 * page_tables_take - take what a sweep has read from what may still be read, *@left.
 *
 * Each table is of one process: the bound for all of them together keeps those of a damaged
 * dump, which may have theirs in common, from being read for ever.
 */
void page_tables_take(uint64_t *left, const struct page_table_sweep *sweep);

/**
 * page_table_for_each_swap - visit the swap entries in the user half of @pgd.
 *
 * Linear in the tables that exist: each is read once, even if entries lead back
 * to it. Huge pages are skipped, and entries of huge pages under migration.
 * Return: false when the visitor stopped it.
 */
bool page_table_for_each_swap(const struct kernel *kernel,
			      const struct page_table_layout *layout, uint64_t pgd,
			      page_table_fn *visit, void *data,
			      struct page_table_sweep *sweep);

#endif
