// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the lock of a lowest page table is (include/linux/mm.h pte_lockptr()):
 *  page->ptl		since 2.6.15; ptdesc->ptl, at the same place, since 6.5. A pointer
 *			to it if a spinlock_t is larger than a long (ALLOC_SPLIT_PTLOCKS)
 *  mm->page_table_lock	with fewer CPUs than CONFIG_SPLIT_PTLOCK_CPUS; then the other one
 *			is there all the same, and never taken
 */
#include "kernel/page_table_lock.h"

#include "kernel/lock.h"
#include "kernel/page.h"

void page_table_lock_resolve(const struct kernel *kernel, struct page_table_lock_layout *layout)
{
	uint64_t lock_size;

	*layout = (struct page_table_lock_layout){0};
	if (!kernel_field(kernel, "ptdesc", "ptl", &layout->table))
		kernel_field(kernel, "page", "ptl", &layout->table);
	if (layout->table.size && types_size(kernel->types, "spinlock", &lock_size))
		layout->pointer = layout->table.size == 8 && lock_size != 8;
	kernel_field(kernel, "mm_struct", "page_table_lock", &layout->mm);
}

bool page_table_locked(const struct kernel *kernel, const struct page_table_lock_layout *layout,
		       uint64_t mm, uint64_t table)
{
	uint64_t lock = page_address_of(kernel, table >> kernel_page_shift(kernel)) +
			layout->table.offset;

	if (!layout->table.size || !layout->mm.size ||
	    lock_may_be_held(kernel, mm + layout->mm.offset))
		return true;
	if (layout->pointer && memory_read_u64(kernel->memory, lock, &lock) != READ_OK)
		return true;
	return lock_may_be_held(kernel, lock);
}
