// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/address_map.h"

#include <string.h>

#define USER_END (1ULL << 56)	/* of 5 levels of page tables; above that of 4 */

/*
 * mmap_sem became mmap_lock in 5.8 (da1c55f1b272). With PREEMPT_RT an rw_semaphore
 * has neither owner nor count of this kind (include/linux/rwsem.h), so both are
 * left out.
 */
static void resolve_lock(const struct kernel *kernel, struct address_map_layout *layout)
{
	if (!kernel_field(kernel, "mm_struct", "mmap_lock", &layout->mmap_lock) &&
	    !kernel_field(kernel, "mm_struct", "mmap_sem", &layout->mmap_lock))
		return;
	if (!kernel_field(kernel, "rw_semaphore", "owner", &layout->lock_owner) ||
	    !kernel_field(kernel, "rw_semaphore", "count", &layout->lock_count) ||
	    !kernel_field_fits(layout->lock_owner, layout->mmap_lock.size) ||
	    !kernel_field_fits(layout->lock_count, layout->mmap_lock.size)) {
		layout->lock_owner = (struct field){0};
		layout->lock_count = (struct field){0};
	}
}

bool address_map_layout_resolve(const struct kernel *kernel, struct address_map_layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	resolve_lock(kernel, layout);
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
	       vma->start < vma->end && vma->end <= USER_END &&
	       ((vma->start | vma->end) & 4095) == 0;
}

bool mm_page_table(const struct kernel *kernel, const struct address_map_layout *layout,
		   uint64_t mm, uint64_t *pgd)
{
	return is_object(mm) && load(kernel, mm, layout->pgd, pgd) &&
	       *pgd >> 63 && (*pgd & 4095) == 0;
}
