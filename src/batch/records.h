/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of batches read back, from any number of files in any order. What is one set of
 * records stays one, however it was cut into files: each dump counts once.
 */
#ifndef KSWAPCK_BATCH_RECORDS_H
#define KSWAPCK_BATCH_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

#define RECORD_BUGS_MAX 4

struct record_bug {
	char *name, *fixed, *status;
	char *stable;		/* "6.1.71, 6.6.10"; may be empty */
};

/* Strings that were null or missing are "". */
struct record {
	uint64_t key;
	char *line;		/* all of it, without its end */
	char *status, *reason, *path, *host, *started;
	char *release, *taken, *verdict, *text, *fingerprint, *recipe;
	struct record_bug bugs[RECORD_BUGS_MAX];
	size_t bug_count;
	bool complete;		/* everything was seen */
};

struct records {
	struct record *list;
	size_t count, room;
	uint64_t bad_lines;	/* that are no records */
	uint64_t again;		/* records of dumps that have another one, which counts */
};

/** records_read - add what is in a file; "-" is stdin. A line that is no record is counted. */
bool records_read(struct records *records, const char *path, struct error *err);

/**
 * records_merge - keep one record of each dump: one of an analysis rather than of a failure,
 * of a complete one, then the later. Sorts by key.
 */
void records_merge(struct records *records);
void records_free(struct records *records);

#endif
