// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spinlock_t (include/linux/spinlock_types.h):
 *  SMP		its first word is the lock, 0 when free; DEBUG_SPINLOCK and
 *		lockdep put their fields after it
 *  PREEMPT_RT	an rt_mutex, which is held while it has an owner; its first word
 *		is only the lock of its list of waiters
 *  one CPU	empty: nothing tells
 */
#include "kernel/lock.h"

void lock_layout_resolve(struct kernel *kernel)
{
	struct field whole;
	uint64_t size;

	kernel->lock = (struct field){0};
	if (kernel_field(kernel, "spinlock", "lock.owner", &kernel->lock))
		return;
	if (types_size(kernel->types, "spinlock", &size) && size >= 4 &&
	    !kernel_field(kernel, "spinlock", "lock", &whole))
		kernel->lock = (struct field){.offset = 0, .size = 4};
}

bool lock_may_be_held(const struct kernel *kernel, uint64_t address)
{
	uint64_t value = 0;

	if (!kernel->lock.size || kernel->lock.size > sizeof(value))
		return true;
	return memory_read(kernel->memory, address + kernel->lock.offset, &value,
			   kernel->lock.size) != READ_OK || value;
}
