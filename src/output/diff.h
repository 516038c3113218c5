/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'kswapck diff' says, as text or JSON. */
#ifndef KSWAPCK_OUTPUT_DIFF_H
#define KSWAPCK_OUTPUT_DIFF_H

#include "diff/diff.h"
#include "output/output.h"

/* All is lent. */
struct diff_report {
	const struct diff_document *before, *after;
	const struct diff *diff;
	int exit_status;
};

/** diff_text - for people; of each change at most options->max_findings of each problem. */
void diff_text(const struct output_options *options, const struct diff_report *report);

/** diff_json - one document; its schema is src/output/kswapck-diff.schema.json. */
void diff_json(FILE *stream, const struct diff_report *report);

#endif
