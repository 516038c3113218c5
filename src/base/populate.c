// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/populate.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Headers older than Linux 5.14; older kernels refuse it, and nothing is lost. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* A system call costs as much as a few faults. */
#define LEAST ((size_t)64 << 10)

void populate(void *bytes, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)bytes + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)bytes + size) & ~(page - 1);

	if (size >= LEAST && start < end)
		madvise((char *)bytes + (start - (uintptr_t)bytes), end - start, MADV_POPULATE_WRITE);
}
