/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two reports compared: what came, what went, what stayed.
 *
 * Nothing is told apart by an address. By slot, items of one problem and device whose
 * slots overlap are the same one; by device and by problem, all of them are.
 */
#ifndef KSWAPCK_DIFF_H
#define KSWAPCK_DIFF_H

#include "diff/document.h"

enum diff_by {
	DIFF_BY_WHAT_FITS,	/* slot within one boot, device if they have the same names */
	DIFF_BY_SLOT,
	DIFF_BY_DEVICE,
	DIFF_BY_PROBLEM,
};

/* In the order in which they are told. */
enum diff_change {
	DIFF_CAME,
	DIFF_GREW,	/* there was less of it; by slot alone */
	DIFF_SHRANK,	/* there was more of it; by slot alone */
	DIFF_WENT,
	DIFF_STAYED,
	DIFF_CHANGES,
};

/* What one report has of a change. */
struct diff_side {
	const struct diff_item *first;	/* of its items; NULL: it has none */
	uint64_t items;
	uint64_t count;			/* slots concerned, at least one for each item */
	uint64_t low, high;		/* slots from the first to the last */
};

struct diff_entry {
	enum diff_change change;
	struct diff_side before, after;
};

struct diff {
	enum diff_by by;	/* as it was done */
	bool same_boot;
	bool findings, story;	/* these were compared: both reports have them */
	struct diff_entry *entries;	/* by change, kind, name, place */
	size_t count;
	uint64_t totals[DIFF_CHANGES];
	uint64_t new_errors, new_warnings;	/* came or grew */
};

/** diff_compare - @before and @after must outlive @diff, which is to be freed. */
bool diff_compare(const struct diff_document *before, const struct diff_document *after,
		  enum diff_by by, struct diff *diff, struct error *err);
void diff_free(struct diff *diff);

/** diff_entry_item - the newer item of an entry, for its names. */
const struct diff_item *diff_entry_item(const struct diff_entry *entry);

#endif
