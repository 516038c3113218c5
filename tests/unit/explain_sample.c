// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the JSON of a made story, for tests/golden/samples.py: VERDICT-NUMBER [worst] */
#include <stdio.h>
#include <stdlib.h>

#include "story_sample.h"

int main(int argc, char **argv)
{
	unsigned long verdict = argc > 1 ? strtoul(argv[1], NULL, 10) : VERDICT_COUNT;
	struct sample *sample;
	char *json;

	if (verdict >= VERDICT_COUNT) {
		fprintf(stderr, "%d\n", VERDICT_COUNT);
		return 1;
	}
	sample = sample_new((enum story_verdict)verdict);
	if (argc > 2)
		sample_worst(sample);
	json = sample_json(sample);
	fputs(json, stdout);
	free(json);
	free(sample);
	return 0;
}
