/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many owners swap_map gives a slot, continuation pages included. */
#ifndef KSWAPCK_SWAP_COUNT_H
#define KSWAPCK_SWAP_COUNT_H

#include "kernel/kernel.h"

enum swap_count_status {
	SWAP_COUNT_KNOWN,
	SWAP_COUNT_UNKNOWN,	/* a bad slot, or something could not be read */
	SWAP_COUNT_DAMAGED,	/* the continuation is not there, or not a count */
};

/**
 * swap_count_read - see kswapck_swap_count().
 * @count: set when the count is known.
 * @why: set otherwise, to a constant string.
 */
enum swap_count_status swap_count_read(const struct kernel *kernel,
				       const struct kswapck_device *device, uint64_t slot,
				       uint8_t map, uint64_t *count, const char **why);

#endif
