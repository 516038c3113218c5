/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's doubly linked lists: struct list_head (include/linux/types.h). */
#ifndef KSWAPCK_LIST_H
#define KSWAPCK_LIST_H

#include "kernel/kernel.h"

/**
 * list_next - one step on, if the way back agrees with it.
 *
 * So a list is read as far as it is sound, and not beyond a torn link, behind which
 * may be freed objects; nor can the walk get into a circle that misses the head.
 *
 * @node: address of a list_head; @next is set to the one behind it.
 * Return: false when the list cannot be followed.
 */
bool list_next(const struct kernel *kernel, uint64_t node, uint64_t *next);

#endif
