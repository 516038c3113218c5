/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes' address spaces: struct mm_struct and struct vm_area_struct. */
#ifndef KSWAPCK_ADDRESS_MAP_H
#define KSWAPCK_ADDRESS_MAP_H

#include "kernel/kernel.h"
#include "kernel/maple_tree.h"

/*
 * The index that an anonymous page at the start of a VMA has: vm_pgoff, until 7.3 gave
 * private mappings of files one of its own, in two halves (include/linux/mm.h
 * vma_start_anon_pgoff()).
 */
struct vma_pgoff_layout {
	struct field whole, low, high;	/* size 0: this kernel has none */
};

struct address_map_layout {
	struct field vma_mm, vma_start, vma_end;
	/* of a VMA too; size 0: this kernel has none */
	struct vma_pgoff_layout vma_pgoff;
	struct field vma_flags, vma_anon_vma, vma_file;
	struct field anon_vma_root;	/* within struct anon_vma */
	struct field total_vm;		/* pages mapped; size 0: not known */
	struct field pgd, mmap_lock;	/* mmap_sem before 5.8 */
	/* within mmap_lock; both absent with PREEMPT_RT, which has no such words */
	struct field lock_owner;	/* rw_semaphore.owner */
	struct field lock_count;	/* rw_semaphore.count */
	bool lock_signed;	/* count has the form of up to 5.2 */
	struct field lock_readers;	/* of PREEMPT_RT alone: rwbase_rt.readers */
	/* the VMAs of an mm: a maple tree since 6.1, an rb-tree before; else size 0 */
	struct field mm_mt, mm_rb;
	struct maple_tree_layout maple;
	struct field vma_rb, rb_left, rb_right;
};

/** address_map_writer - do these words of an rw_semaphore say that a writer has it? */
static inline bool address_map_writer(const struct address_map_layout *layout, uint64_t count,
				      uint64_t owner)
{
	/* up to 5.2 it is negative with waiters, too, but readers leave an odd owner */
	return layout->lock_signed ? count >> 63 && !(owner & 1) : count & 1;
}

/** address_map_readers - how many have it, if no writer has. */
static inline uint64_t address_map_readers(const struct address_map_layout *layout,
					   uint64_t count)
{
	return layout->lock_signed ? count & 0xffffffff : count >> 8;
}

/** address_map_layout_resolve - false when the kernel's types lack a needed member. */
bool address_map_layout_resolve(const struct kernel *kernel, struct address_map_layout *layout);

/** vma_pgoff_layout_resolve - false when the kernel's types have no such member. */
bool vma_pgoff_layout_resolve(const struct kernel *kernel, struct vma_pgoff_layout *layout);

/** vma_pgoff_read - of the VMA at @address; false if not readable. 0 with an empty @layout. */
bool vma_pgoff_read(const struct kernel *kernel, const struct vma_pgoff_layout *layout,
		    uint64_t address, uint64_t *pgoff);

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

/**
 * vma_find - the VMA of @mm that holds the user address @address.
 * @vma: filled; members that this kernel does not have are 0.
 *
 * Return: false if there is none, or the way to it is not readable or not sound; in the
 * first case @vma->mm is @mm all the same, else 0.
 */
bool vma_find(const struct kernel *kernel, const struct address_map_layout *layout,
	      uint64_t mm, uint64_t address, struct kswapck_vma *vma);

/**
 * anon_vma_root - the topmost anon_vma that @anon_vma was forked from, which all
 * processes that can share its pages have in common; false if not readable.
 */
bool anon_vma_root(const struct kernel *kernel, const struct address_map_layout *layout,
		   uint64_t anon_vma, uint64_t *root);

/** mm_page_table - mm->pgd; false if not readable, or not the address of a page. */
bool mm_page_table(const struct kernel *kernel, const struct address_map_layout *layout,
		   uint64_t mm, uint64_t *pgd);

#endif
