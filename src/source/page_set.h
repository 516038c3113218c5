/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of page frames. Memory grows with the places that are in use: 128 MiB of RAM
 * in one place take 4 KiB.
 */
#ifndef KSWAPCK_PAGE_SET_H
#define KSWAPCK_PAGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_set;

struct page_set *page_set_new(void);		/* NULL when out of memory */
void page_set_free(struct page_set *set);	/* NULL is fine */

/**
 * page_set_add - put @pfn in. When there is no memory for it, it is not in, and
 * page_set_complete() says so from then on.
 */
void page_set_add(struct page_set *set, uint64_t pfn);
void page_set_remove(struct page_set *set, uint64_t pfn);
bool page_set_has(const struct page_set *set, uint64_t pfn);

/** page_set_complete - is all in that was put in? */
bool page_set_complete(const struct page_set *set);

/** page_set_next - the lowest member that is not below @pfn; UINT64_MAX if there is none. */
uint64_t page_set_next(const struct page_set *set, uint64_t pfn);

uint64_t page_set_count(const struct page_set *set);

#endif
