/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes' address spaces: struct mm_struct and struct vm_area_struct. */
#ifndef KSWAPCK_ADDRESS_MAP_H
#define KSWAPCK_ADDRESS_MAP_H

#include "kernel/kernel.h"

struct address_map_layout {
	struct field vma_mm, vma_start, vma_end;
	struct field total_vm;		/* pages mapped; size 0: not known */
	struct field pgd, mmap_lock;	/* mmap_sem before 5.8 */
	/* within mmap_lock; both absent with PREEMPT_RT, which has no such words */
	struct field lock_owner;	/* rw_semaphore.owner */
	struct field lock_count;	/* rw_semaphore.count */
};

/** address_map_layout_resolve - false when the kernel's types lack a needed member. */
bool address_map_layout_resolve(const struct kernel *kernel, struct address_map_layout *layout);

struct vma {
	uint64_t address;	/* of the vm_area_struct */
	uint64_t mm;
	uint64_t start, end;	/* user addresses; end is exclusive */
};

/**
 * vma_read - read and check: mm is a kernel address, start < end are pages of the
 * user half. What is in @vma when it is none is undefined.
 */
bool vma_read(const struct kernel *kernel, const struct address_map_layout *layout,
	      uint64_t address, struct vma *vma);

/** mm_page_table - mm->pgd; false if not readable, or not the address of a page. */
bool mm_page_table(const struct kernel *kernel, const struct address_map_layout *layout,
		   uint64_t mm, uint64_t *pgd);

#endif
