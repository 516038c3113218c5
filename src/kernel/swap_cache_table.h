/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of owners that a word of a swap table is too small for: 7.1 and later. */
#ifndef KSWAPCK_SWAP_CACHE_TABLE_H
#define KSWAPCK_SWAP_CACHE_TABLE_H

#include "kernel/swap_count.h"

/** Largest count in a word; it says that extend_table has the count: SWP_TB_COUNT_MAX. */
#define TABLE_COUNT_MAX 15

/**
 * swap_table_count - how many owners the swap table gives a slot, extend_table included.
 *
 * For kernels without swap_map. See swap_count_read().
 */
enum swap_count_status swap_table_count(const struct kernel *kernel,
					const struct kswapck_device *device, uint64_t slot,
					uint64_t *count, const char **why);

#endif
