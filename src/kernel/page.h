/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct page and struct folio of every kernel. */
#ifndef KSWAPCK_PAGE_H
#define KSWAPCK_PAGE_H

#include "kernel/kernel.h"

/** page_layout_resolve - fill kernel->page. */
bool page_layout_resolve(struct kernel *kernel, struct error *err);

/** page_is_address - @address is that of a struct page that can exist. */
bool page_is_address(const struct kernel *kernel, uint64_t address);

/**
 * page_read - decode the struct page at @address.
 *
 * The order of a head page stands in the page after it; a head whose order is
 * impossible has order 0 and KSWAPCK_PAGE_ODD_ORDER.
 *
 * Return: READ_OK, or why it cannot be read; READ_UNMAPPED if @address is not
 * that of a struct page.
 */
enum read_status page_read(const struct kernel *kernel, uint64_t address,
			   struct kswapck_page *page);

/** page_address_of - address of the struct page of @pfn. */
uint64_t page_address_of(const struct kernel *kernel, uint64_t pfn);

/** page_buddy_block - see kswapck_buddy_block(). */
bool page_buddy_block(const struct kernel *kernel, const struct kswapck_page *page,
		      struct kswapck_page *block);

/** page_describe - what @page is now, in a few words. */
void page_describe(const struct kswapck_page *page, char *text, size_t size);

#endif
