/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that records are appended to. Several batches may write to one, on several
 * machines if its file system has locks: each dump is claimed by a lock on one byte far
 * behind the end of the file, which goes when its owner does; records are appended under
 * another lock, one write each, and are on the disk a second later. What a killed writer has
 * left of a line is taken away.
 */
#ifndef KSWAPCK_BATCH_RESULTS_H
#define KSWAPCK_BATCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct results;

/**
 * results_open - open a file of records, or make one.
 * @resume: it may have records; they are read.
 * @retry: of these, those of dumps that could not be analysed do not count.
 */
struct results *results_open(const char *path, bool resume, bool retry, struct error *err);
void results_close(struct results *results);	/* NULL is fine */

/** results_sync - what was appended is on the disk now; false with @err set if it is not. */
bool results_sync(struct results *results, struct error *err);

enum results_claim {
	RESULTS_CLAIMED,	/* nobody else will write a record of it */
	RESULTS_DONE,		/* there is one */
	RESULTS_ELSEWHERE,	/* another batch is at work on it */
	RESULTS_FAILED,
};

/** results_claim - may a record of the dump with this key be made? */
enum results_claim results_claim(struct results *results, uint64_t key, struct error *err);
/** results_release - it was not made; another batch may. */
void results_release(struct results *results, uint64_t key);

/** results_append - write a line, which ends in '\n', of a claimed dump. */
bool results_append(struct results *results, uint64_t key, const char *line, size_t length,
		    struct error *err);

#endif
