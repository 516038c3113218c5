// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/heap.h"

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* As much as a small dump takes; what more is needed comes as usual. */
#define HEAP_SIZE   ((size_t)24 << 20)
#define LARGE_PAGE  ((uintptr_t)2 << 20)
/* Beyond that a block of memory is mapped by itself: the most that malloc() lets us say. */
#define MAPPED_SIZE (32 << 20)

void heap_prepare(void)
{
	uintptr_t start, end;
	char *heap;

	/* What was given back is to be used again, not to be cleared by the kernel once more. */
	mallopt(M_MMAP_THRESHOLD, MAPPED_SIZE);
	mallopt(M_TRIM_THRESHOLD, MAPPED_SIZE);
	heap = malloc(HEAP_SIZE);
	if (!heap)
		return;
	/* Large pages, where the system has them, are a fault for each 512 pages. */
	start = ((uintptr_t)heap + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	end = ((uintptr_t)heap + HEAP_SIZE) & ~(LARGE_PAGE - 1);
	madvise(heap + (start - (uintptr_t)heap), end - start, MADV_HUGEPAGE);
	free(heap);
}
