/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was not seen, in sentences, with the likely cause and the remedy. */
#ifndef KSWAPCK_COVERAGE_H
#define KSWAPCK_COVERAGE_H

#include "output/output.h"

/** Called for each thing that could not be read or judged. */
typedef void coverage_fn(void *data, const char *what, uint64_t count, const char *cause);

/**
 * coverage_for_each - tell everything that was left unseen.
 * @what: "tree nodes", "swap_map bytes" ...
 * @cause: a sentence, or NULL when nothing more is known.
 */
void coverage_for_each(const struct report_totals *totals,
		       const struct report_subject *subject, coverage_fn *tell, void *data);

#endif
