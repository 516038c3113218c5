// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output.h"

#include "audit/catalogue.h"

uint64_t output_count(struct output *output, const struct kswapck_finding *finding)
{
	const struct kswapck_problem *problem;
	struct report_tally *tally;
	size_t i;

	for (i = 0; (problem = catalogue_problem(i)) && i < REPORT_PROBLEMS_MAX - 1; i++)
		if (problem == finding->problem)
			break;
	tally = &output->totals.problems[i];
	tally->slots += finding->count;
	return ++tally->findings;
}
