// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/address_map.h"

#include <string.h>

#include "kernel/arch.h"

/* kernel/locking/rwsem.c since 5.3; include/linux/rwbase_rt.h */
#define RWSEM_WRITER_LOCKED	1ULL
#define READER_BIAS		(1ULL << 31)	/* clear while a writer has it, or waits */
#define RB_DEPTH_MAX 128	/* twice the log2 of all the nodes that fit into memory */

/*
 * mmap_sem became mmap_lock in 5.8 (da1c55f1b272). With PREEMPT_RT an rw_semaphore
 * has neither owner nor count of this kind (include/linux/rwsem.h), so both are
 * left out.
 */
static void resolve_lock(const struct kernel *kernel, struct address_map_layout *layout)
{
	struct field counter;

	if (!kernel_field(kernel, "mm_struct", "mmap_lock", &layout->mmap_lock) &&
	    !kernel_field(kernel, "mm_struct", "mmap_sem", &layout->mmap_lock))
		return;
	/* a part of its own since 5.15 */
	if (!kernel_field(kernel, "rw_semaphore", "rwbase.readers", &layout->lock_readers))
		kernel_field(kernel, "rw_semaphore", "readers", &layout->lock_readers);
	if (!kernel_field(kernel, "rw_semaphore", "owner", &layout->lock_owner) ||
	    !kernel_field(kernel, "rw_semaphore", "count", &layout->lock_count) ||
	    !kernel_field_fits(layout->lock_owner, layout->mmap_lock.size) ||
	    !kernel_field_fits(layout->lock_count, layout->mmap_lock.size)) {
		layout->lock_owner = (struct field){0};
		layout->lock_count = (struct field){0};
	}
	/* 5.3 made an atomic_long_t of the owner, and gave count another form (64489e78004c) */
	layout->lock_signed = layout->lock_count.size &&
			      !kernel_field(kernel, "rw_semaphore", "owner.counter", &counter);
}

/* 524e00b36e8c ("mm: remove rb tree", 6.1) */
static void resolve_vma_tree(const struct kernel *kernel, struct address_map_layout *layout)
{
	if (kernel_field(kernel, "mm_struct", "mm_mt", &layout->mm_mt) &&
	    maple_tree_layout_resolve(kernel, &layout->maple))
		return;
	layout->mm_mt = (struct field){0};
	if (!kernel_field(kernel, "mm_struct", "mm_rb.rb_node", &layout->mm_rb) ||
	    !kernel_field(kernel, "vm_area_struct", "vm_rb", &layout->vma_rb) ||
	    !kernel_field(kernel, "rb_node", "rb_left", &layout->rb_left) ||
	    !kernel_field(kernel, "rb_node", "rb_right", &layout->rb_right))
		layout->mm_rb = (struct field){0};
}

bool vma_pgoff_layout_resolve(const struct kernel *kernel, struct vma_pgoff_layout *layout)
{
	*layout = (struct vma_pgoff_layout){0};
	if (!kernel_field(kernel, "vm_area_struct", "vm_pgoff", &layout->whole))
		return false;
	if (!kernel_field(kernel, "vm_area_struct", "__vm_anon_pgoff_lo", &layout->low) ||
	    !kernel_field(kernel, "vm_area_struct", "__vm_anon_pgoff_hi", &layout->high))
		layout->low = layout->high = (struct field){0};
	return true;
}

/* vm_flags got a union with __vm_flags in 6.3 (bc292ab00f6c). */
static void resolve_vma_details(const struct kernel *kernel, struct address_map_layout *layout)
{
	vma_pgoff_layout_resolve(kernel, &layout->vma_pgoff);
	kernel_field(kernel, "vm_area_struct", "anon_vma", &layout->vma_anon_vma);
	kernel_field(kernel, "vm_area_struct", "vm_file", &layout->vma_file);
	if (!kernel_field(kernel, "vm_area_struct", "vm_flags", &layout->vma_flags))
		kernel_field(kernel, "vm_area_struct", "__vm_flags", &layout->vma_flags);
	kernel_field(kernel, "anon_vma", "root", &layout->anon_vma_root);
}

bool address_map_layout_resolve(const struct kernel *kernel, struct address_map_layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	resolve_lock(kernel, layout);
	resolve_vma_tree(kernel, layout);
	resolve_vma_details(kernel, layout);
	kernel_field(kernel, "mm_struct", "total_vm", &layout->total_vm);
	return kernel_field(kernel, "vm_area_struct", "vm_mm", &layout->vma_mm) &&
	       kernel_field(kernel, "vm_area_struct", "vm_start", &layout->vma_start) &&
	       kernel_field(kernel, "vm_area_struct", "vm_end", &layout->vma_end) &&
	       kernel_field(kernel, "mm_struct", "pgd", &layout->pgd);
}

/* What slab gives out: in the kernel's half and aligned. */
static bool is_object(uint64_t address)
{
	return address >> 63 && (address & 7) == 0;
}

/* @object comes from the dump: it may be so high that the sum wraps to user memory. */
static bool load(const struct kernel *kernel, uint64_t object, struct field field,
		 uint64_t *value)
{
	return field.size == sizeof(*value) && object + field.offset >= object &&
	       memory_read_u64(kernel->memory, object + field.offset, value) == READ_OK;
}

bool vma_read(const struct kernel *kernel, const struct address_map_layout *layout,
	      uint64_t address, struct vma *vma)
{
	vma->address = address;
	return is_object(address) &&
	       load(kernel, address, layout->vma_mm, &vma->mm) && is_object(vma->mm) &&
	       load(kernel, address, layout->vma_start, &vma->start) &&
	       load(kernel, address, layout->vma_end, &vma->end) &&
	       vma->start < vma->end && vma->end <= 1ULL << kernel->arch->user_bits &&
	       ((vma->start | vma->end) & 4095) == 0;
}

/*
 * Is the mmap_lock of @mm held for writing? Also true when nothing tells; up to 5.2 a negative
 * count may also be that of readers for whom a writer waits.
 */
static bool may_be_written(const struct kernel *kernel, const struct address_map_layout *layout,
			   uint64_t mm)
{
	uint64_t lock = mm + layout->mmap_lock.offset, value;
	uint32_t readers;

	if (layout->lock_count.size == sizeof(value))
		return !load(kernel, lock, layout->lock_count, &value) ||
		       (layout->lock_signed ? value >> 63 : value & RWSEM_WRITER_LOCKED);
	return layout->lock_readers.size != sizeof(readers) ||
	       memory_read_u32(kernel->memory, lock + layout->lock_readers.offset,
			       &readers) != READ_OK || !(readers & READER_BIAS);
}

/* A member that kernels may lack: then it is 0. */
static bool load_detail(const struct kernel *kernel, uint64_t object, struct field field,
			uint64_t *value)
{
	*value = 0;
	return !field.size || load(kernel, object, field, value);
}

static bool load_half(const struct kernel *kernel, uint64_t object, struct field field,
		      uint32_t *value)
{
	return field.size == sizeof(*value) && object + field.offset >= object &&
	       memory_read_u32(kernel->memory, object + field.offset, value) == READ_OK;
}

bool vma_pgoff_read(const struct kernel *kernel, const struct vma_pgoff_layout *layout,
		    uint64_t address, uint64_t *pgoff)
{
	uint32_t low, high;

	if (!layout->low.size)
		return load_detail(kernel, address, layout->whole, pgoff);
	if (!load_half(kernel, address, layout->low, &low) ||
	    !load_half(kernel, address, layout->high, &high))
		return false;
	*pgoff = (uint64_t)high << 32 | low;
	return true;
}

static bool read_whole(const struct kernel *kernel, const struct address_map_layout *layout,
		       const struct vma *vma, struct kswapck_vma *whole)
{
	*whole = (struct kswapck_vma){
		.address = vma->address, .mm = vma->mm, .start = vma->start, .end = vma->end,
		.locked = may_be_written(kernel, layout, vma->mm),
	};
	return vma_pgoff_read(kernel, &layout->vma_pgoff, vma->address, &whole->pgoff) &&
	       load_detail(kernel, vma->address, layout->vma_flags, &whole->flags) &&
	       load_detail(kernel, vma->address, layout->vma_anon_vma, &whole->anon_vma) &&
	       load_detail(kernel, vma->address, layout->vma_file, &whole->file);
}

static bool holds(const struct vma *vma, uint64_t mm, uint64_t address)
{
	return vma->mm == mm && vma->start <= address && address < vma->end;
}

enum search_result {
	SEARCH_FOUND,
	SEARCH_NONE,		/* the tree is sound and has none there */
	SEARCH_FAILED,
};

static enum search_result search_maple_tree(const struct kernel *kernel,
					    const struct address_map_layout *layout,
					    uint64_t mm, uint64_t address, struct vma *vma)
{
	uint64_t entry;

	if (mm + layout->mm_mt.offset < mm ||
	    !maple_tree_load(kernel, &layout->maple, mm + layout->mm_mt.offset, address, &entry))
		return SEARCH_FAILED;
	if (!entry)
		return SEARCH_NONE;
	return vma_read(kernel, layout, entry, vma) && holds(vma, mm, address) ? SEARCH_FOUND :
										 SEARCH_FAILED;
}

/* Sorted by addresses, VMAs do not overlap. The bound ends a way round in circles. */
static enum search_result search_rb_tree(const struct kernel *kernel,
					 const struct address_map_layout *layout, uint64_t mm,
					 uint64_t address, struct vma *vma)
{
	unsigned int depth;
	uint64_t node;

	if (!load(kernel, mm, layout->mm_rb, &node))
		return SEARCH_FAILED;
	for (depth = 0; node && depth < RB_DEPTH_MAX; depth++) {
		if (!vma_read(kernel, layout, node - layout->vma_rb.offset, vma) ||
		    vma->mm != mm)
			return SEARCH_FAILED;
		if (holds(vma, mm, address))
			return SEARCH_FOUND;
		if (!load(kernel, node, address < vma->start ? layout->rb_left :
			  layout->rb_right, &node))
			return SEARCH_FAILED;
	}
	return node ? SEARCH_FAILED : SEARCH_NONE;
}

bool vma_find(const struct kernel *kernel, const struct address_map_layout *layout,
	      uint64_t mm, uint64_t address, struct kswapck_vma *vma)
{
	enum search_result result = SEARCH_FAILED;
	struct vma found;

	if (is_object(mm) && layout->mm_mt.size)
		result = search_maple_tree(kernel, layout, mm, address, &found);
	else if (is_object(mm) && layout->mm_rb.size)
		result = search_rb_tree(kernel, layout, mm, address, &found);
	if (result == SEARCH_FOUND)
		return read_whole(kernel, layout, &found, vma);
	*vma = (struct kswapck_vma){.mm = result == SEARCH_NONE ? mm : 0};
	return false;
}

bool anon_vma_root(const struct kernel *kernel, const struct address_map_layout *layout,
		   uint64_t anon_vma, uint64_t *root)
{
	return is_object(anon_vma) && load(kernel, anon_vma, layout->anon_vma_root, root) &&
	       is_object(*root);
}

bool mm_page_table(const struct kernel *kernel, const struct address_map_layout *layout,
		   uint64_t mm, uint64_t *pgd)
{
	return is_object(mm) && load(kernel, mm, layout->pgd, pgd) &&
	       *pgd >> 63 && *pgd % 8 == 0;
}
