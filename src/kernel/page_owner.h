/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose data a page of RAM holds, by its struct page alone.
 *
 * Objects of the kernel lie in its image, in slab memory, in page tables and in pages that
 * it allocated for itself: none of these is anonymous, of a file, mapped by a process or
 * free. A pointer that leads to such a page is wrong, whatever stands there.
 */
#ifndef KSWAPCK_PAGE_OWNER_H
#define KSWAPCK_PAGE_OWNER_H

#include "kernel/kernel.h"

enum page_owner {
	PAGE_OWNER_UNKNOWN,	/* its struct page cannot be read, or there is none */
	PAGE_OWNER_KERNEL,
	PAGE_OWNER_OTHERS,	/* processes, files, or nobody: free */
};

enum page_owner page_owner(const struct kernel *kernel, uint64_t pfn);

/**
 * page_owner_guard - let no read of kernel->memory see what is known to be of others
 * (memory_guard()). @kernel must outlive its memory, or the next call of memory_guard().
 */
void page_owner_guard(const struct kernel *kernel);

#endif
