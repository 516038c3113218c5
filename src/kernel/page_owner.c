// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/page_owner.h"

#include "kernel/page.h"
#include "kernel/task.h"

/* Marks of pages in which the kernel keeps objects. Their other words mean other things. */
#define KERNEL_MARKS (KSWAPCK_PAGE_SLAB | KSWAPCK_PAGE_KMALLOC | KSWAPCK_PAGE_TABLE |	\
		      KSWAPCK_PAGE_RESERVED)

/*
 * FILE is any ->mapping: that of a file, of KSM, and of movable memory (zsmalloc: compressed
 * pages of processes).
 */
#define OTHERS_MARKS (KSWAPCK_PAGE_ANON | KSWAPCK_PAGE_FILE | KSWAPCK_PAGE_LRU |		\
		      KSWAPCK_PAGE_SWAPCACHE | KSWAPCK_PAGE_BUDDY | KSWAPCK_PAGE_HUGETLB)

/* page_type is a union with _mapcount, which is -1 when nobody maps the page; types are < 0. */
static bool is_mapped(const struct kernel *kernel, const struct kswapck_page *page)
{
	return kernel->page.fields[KSWAPCK_FIELD_PAGE_TYPE].size == 4 &&
	       (int32_t)page->page_type >= 0;
}

/*
 * Stacks of kernels without CONFIG_VMAP_STACK are several pages of which the first alone has a
 * reference (alloc_thread_stack_node() without __GFP_COMP), aligned to their size.
 */
static bool is_stack(const struct kernel *kernel, uint64_t pfn)
{
	uint64_t pages = task_stack_size(kernel) >> kernel_page_shift(kernel);
	struct kswapck_page first;
	struct field vmapped;

	return pages > 1 && pfn % pages &&
	       !kernel_field(kernel, "task_struct", "stack_vm_area", &vmapped) &&
	       page_read(kernel, page_address_of(kernel, pfn - pfn % pages), &first) == READ_OK &&
	       first.refcount == 1 && !(first.marks & OTHERS_MARKS) && !is_mapped(kernel, &first);
}

enum page_owner page_owner(const struct kernel *kernel, uint64_t pfn)
{
	struct kswapck_page page;

	if (page_read(kernel, page_address_of(kernel, pfn), &page) != READ_OK)
		return PAGE_OWNER_UNKNOWN;
	if (page.marks & KSWAPCK_PAGE_TAIL &&
	    (page_read(kernel, page.head, &page) != READ_OK || page.marks & KSWAPCK_PAGE_TAIL))
		return PAGE_OWNER_UNKNOWN;
	if (page.marks & KERNEL_MARKS)
		return PAGE_OWNER_KERNEL;
	/*
	 * Nobody has a reference: free, in a block of the buddy allocator or in a per-CPU
	 * list, or about to be. Slab pages, which have none since 6.15 either, nor
	 * large kmalloc pages since 6.18, are above.
	 */
	if (page.marks & OTHERS_MARKS || is_mapped(kernel, &page) ||
	    (!page.refcount && !is_stack(kernel, pfn)))
		return PAGE_OWNER_OTHERS;
	return PAGE_OWNER_KERNEL;
}

static bool refuses(void *data, uint64_t physical)
{
	const struct kernel *kernel = data;

	return page_owner(kernel, physical >> kernel_page_shift(kernel)) ==
	       PAGE_OWNER_OTHERS;
}

void page_owner_guard(const struct kernel *kernel)
{
	memory_guard(kernel->memory, refuses, (void *)kernel);
}
