/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many dumps, several at a time, each by a process of its own; one record of each. */
#ifndef KSWAPCK_BATCH_H
#define KSWAPCK_BATCH_H

#include "batch/child.h"
#include "batch/dumps.h"
#include "batch/results.h"

struct batch_totals {
	size_t dumps;		/* that there are */
	size_t skipped;		/* have a record already, or got one from another batch */
	size_t done;		/* got one from this batch */
	size_t broken;		/* of these: errors or warnings were found */
	size_t failed;		/* of these: no verdict */
	size_t running;
	int exit_status;	/* of all that were done, added up */
	bool interrupted;
};

struct batch_options {
	char *const *arguments;	/* of a child, before the files; ends with NULL */
	unsigned int jobs;
	struct child_limits limits;
	const char *shard;	/* "2/4"; NULL: not split */
	struct results *results;/* NULL: records go to stdout */
	void *data;
	/** may be NULL; called ten times a second at most while children run */
	void (*progress)(void *data, const struct batch_totals *totals);
	/** true: end all children and return */
	bool (*stop)(void *data);
};

/**
 * batch_run - do all dumps.
 *
 * Return: false with @err set when records cannot be written or processes not started; what
 * was written stays, and the rest can be done with the same results later.
 */
bool batch_run(const struct batch_dumps *dumps, const struct batch_options *options,
	       struct batch_totals *totals, struct error *err);

#endif
