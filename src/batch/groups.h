/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records grouped by what they have in common: a fingerprint, a verdict, or why they failed. */
#ifndef KSWAPCK_BATCH_GROUPS_H
#define KSWAPCK_BATCH_GROUPS_H

#include "batch/records.h"

enum group_kind {
	GROUP_BUG,		/* one fingerprint */
	GROUP_VERDICT,		/* analysed, and no bug: clean, unknown, unrelated */
	GROUP_FAILED,		/* not analysed */
};

/* A word, and how many records have it. Words are of the records. */
struct group_count {
	const char *word;
	size_t count;
};

struct group_counts {
	struct group_count *list;	/* the most frequent first */
	size_t count;
};

struct group {
	enum group_kind kind;
	char *name;		/* fingerprint, verdict, or status */
	char *what;		/* recipe, "", or reason with N for each number */
	size_t count;		/* records */
	struct group_counts verdicts, releases;
	const char *first, *last;	/* when dumps were taken; NULL: no record tells */
	size_t undated;		/* records that do not tell */
	const struct record *exemplar;	/* its bugs are those of the group */
	size_t fix_present, fix_absent;	/* records, of the exemplar's first bug */
	size_t incomplete;	/* records where not everything was seen */
};

struct groups {
	struct group *list;	/* bugs first, the most frequent first; then verdicts, failures */
	size_t count;
};

/** groups_make - of merged records, which must outlive them; false when out of memory. */
bool groups_make(struct groups *groups, const struct records *records);
void groups_free(struct groups *groups);

/* A summary, for people and for programs. */
/** groups_head - "40 dumps: 8 broken in 3 ways, 32 clean", in plain letters, on one line. */
void groups_head(FILE *stream, const struct groups *groups, const struct records *records);
void groups_text(FILE *stream, const struct groups *groups, const struct records *records,
		 unsigned int columns);
void groups_json(FILE *stream, const struct groups *groups, const struct records *records);
/** groups_html - an index with a search, as one page; false: out of memory, or not written. */
bool groups_html(FILE *stream, const struct groups *groups, const struct records *records);

#endif
