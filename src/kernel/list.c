// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/list.h"

bool list_next(const struct kernel *kernel, uint64_t node, uint64_t *next)
{
	uint64_t back;

	return memory_read_u64(kernel->memory, node, next) == READ_OK &&
	       *next >> 63 && (*next & 7) == 0 && *next + 8 > *next &&
	       memory_read_u64(kernel->memory, *next + 8, &back) == READ_OK && back == node;
}
