/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which dumps a batch is of: what files, folders, patterns and lists name, with the parts
 * of each split set together, and without what lies beside dumps.
 */
#ifndef KSWAPCK_BATCH_DUMPS_H
#define KSWAPCK_BATCH_DUMPS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* One dump; all parts of it, if it is split. */
struct batch_dump {
	char **paths;
	size_t count;
	uint64_t size;		/* bytes of all files; 0 when they cannot be looked at */
	int64_t modified;	/* nanoseconds since 1970, of the youngest file; 0: the same */
	uint64_t key;		/* of paths, size and modified: has it a record already? */
};

struct batch_dumps;

/**
 * batch_dumps_new - an empty list; NULL when out of memory.
 * @output: where records go, which is no dump; NULL: nowhere that could be found.
 */
struct batch_dumps *batch_dumps_new(const char *output);
void batch_dumps_free(struct batch_dumps *dumps);	/* NULL is fine */

/**
 * batch_dumps_add - add what @path names: a file, whatever is in it; of a folder all files
 * below that may be dumps; or, if there is no such file, those that it matches as a pattern.
 *
 * What cannot be read stays in the list: it gets a record that says so.
 */
bool batch_dumps_add(struct batch_dumps *dumps, const char *path, struct error *err);

/** batch_dumps_read - add each line of @stream; each string, if there is a NUL in it. */
bool batch_dumps_read(struct batch_dumps *dumps, FILE *stream, struct error *err);

/**
 * batch_dumps_finish - no more are added: sort by path, leave out what was named twice, join
 * split sets.
 * @shard, @shards: keep only the dumps of this shard, from 0, of so many. Which that is, is
 * told by the path of the first file alone.
 */
bool batch_dumps_finish(struct batch_dumps *dumps, unsigned int shard, unsigned int shards,
			struct error *err);

size_t batch_dumps_count(const struct batch_dumps *dumps);
const struct batch_dump *batch_dumps_at(const struct batch_dumps *dumps, size_t index);
/** batch_dumps_passed - files of folders that are not dumps. */
size_t batch_dumps_passed(const struct batch_dumps *dumps);

#endif
