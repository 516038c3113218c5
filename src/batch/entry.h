/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One record: what a child found in a dump, and what became of the child. */
#ifndef KSWAPCK_BATCH_ENTRY_H
#define KSWAPCK_BATCH_ENTRY_H

#include "batch/child.h"
#include "batch/dumps.h"

struct entry {
	char *line;		/* with '\n' at its end; to be freed */
	size_t length;
	bool analysed;
	int exit_status;	/* what it adds to that of the batch */
};

/**
 * entry_make - the record of @dump, from a child that ended.
 * @started: seconds since 1970; @shard: "2/4", or NULL.
 *
 * Return: false when out of memory.
 */
bool entry_make(struct entry *entry, const struct batch_dump *dump, const struct child *child,
		int64_t started, const char *shard);

#endif
