/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of a whole folio, in every form that they have had since 5.4. */
#ifndef KSWAPCK_FOLIO_H
#define KSWAPCK_FOLIO_H

#include "kernel/kernel.h"

/** folio_layout_resolve - fill kernel->folio; what a kernel lacks stays unknown. */
void folio_layout_resolve(struct kernel *kernel);

/**
 * folio_read - see kswapck_folio_read().
 *
 * Return: READ_OK, or why a page of it cannot be read; READ_UNMAPPED if @page is a
 * tail.
 */
enum read_status folio_read(const struct kernel *kernel, const struct kswapck_page *page,
			    struct kswapck_folio *folio);

/** folio_complete - the same where @folio has its page already. */
enum read_status folio_complete(const struct kernel *kernel, struct kswapck_folio *folio);

/** folio_is_hugetlb - is the folio of which @page is the head one of hugetlbfs? */
bool folio_is_hugetlb(const struct kernel *kernel, const struct kswapck_page *page);

/** folio_page_has_type - does @page have a page type in place of a mapcount? */
bool folio_page_has_type(const struct kernel *kernel, const struct kswapck_page *page);

/**
 * folio_head_mapcount - how often the head page alone is mapped, by PTEs and as part
 * of the whole: page_mapcount(), up to 6.1 only.
 *
 * Return: false on a kernel without, or if it cannot be read.
 */
bool folio_head_mapcount(const struct kernel *kernel, const struct kswapck_page *page,
			 int64_t *mapcount);

#endif
