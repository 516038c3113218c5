/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages could not be read, by all the threads that read a dump: each counts once. */
#ifndef KSWAPCK_SOURCE_FAILURES_H
#define KSWAPCK_SOURCE_FAILURES_H

#include <stdint.h>

struct failures;

/**
 * failures_new - none so far.
 * @counts: by enum read_status, lent; to be read when no other thread is at work.
 *
 * Return: NULL when out of memory.
 */
struct failures *failures_new(uint64_t *counts);
void failures_free(struct failures *failures);	/* NULL is fine */

/** failures_add - the page @key, which is not UINT64_MAX, could not be read. */
void failures_add(struct failures *failures, uint64_t key, unsigned int status);

/** failures_forget - from now on all may count again. */
void failures_forget(struct failures *failures);

#endif
