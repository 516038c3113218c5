/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a page table being changed? */
#ifndef KSWAPCK_PAGE_TABLE_LOCK_H
#define KSWAPCK_PAGE_TABLE_LOCK_H

#include "kernel/kernel.h"

struct page_table_lock_layout {
	struct field table;	/* within struct page: the lock, or a pointer to it */
	bool pointer;
	struct field mm;	/* mm_struct.page_table_lock */
};

/** page_table_lock_resolve - what this kernel lacks stays empty. */
void page_table_lock_resolve(const struct kernel *kernel, struct page_table_lock_layout *layout);

/**
 * page_table_locked - is the lock of the lowest page table at physical address @table,
 * or that of the whole @mm, held? True when that cannot be known.
 */
bool page_table_locked(const struct kernel *kernel, const struct page_table_lock_layout *layout,
		       uint64_t mm, uint64_t table);

#endif
