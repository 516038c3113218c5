// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output.h"

#include "audit/catalogue.h"

uint64_t output_count(struct output *output, const struct kswapck_finding *finding)
{
	size_t number = catalogue_index(output->catalogue, finding->problem);
	struct report_tally *tally = &output->totals.problems[number];

	tally->slots += finding->count;
	return ++tally->findings;
}
