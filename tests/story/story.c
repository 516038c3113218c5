// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stories of real dumps: what must be told of them as they are, by what their
 * guests said; and with wrong words laid over them, what must still be told, and
 * that what is missing is said. Prints TAP, a line for each act.
 *
 * Usage: story known|harm|table|noise DUMP
 *
 * A DUMP that begins with "lab:" is one of the lab's; without it all is skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts.h"

#define SECONDS_MAX 2.0

static bool has_gap(const struct story *story, const char *part)
{
	size_t i;

	for (i = 0; i < story->gap_count; i++)
		if (!strcmp(story->gaps[i].part, part))
			return true;
	return false;
}

static bool try_act(struct stage *stage, const struct act *act, char *why, size_t size)
{
	stage_reset(stage);
	*stage->trouble = '\0';
	if (act->harm && !act->harm(stage))
		return stage->scene.skip || wrong(why, size, "gave up without a word");
	if (*stage->trouble)
		return wrong(why, size, "%s", stage->trouble);
	if (stage->scene.failed)
		return wrong(why, size, "a word could not be read or laid");
	if (!stage_tell(stage, why, size) || !stage_sane(stage, why, size))
		return false;
	if (stage->now.seconds > SECONDS_MAX)
		return wrong(why, size, "took %.1f s", stage->now.seconds);
	if (!stage_same(stage, act->same, why, size))
		return false;
	if (act->gap && !has_gap(stage->now.story, act->gap))
		return wrong(why, size, "it is not said that %s is missing", act->gap);
	return !act->check || act->check(stage, why, size);
}

static bool run_act(struct stage *stage, const struct act *act, unsigned int number)
{
	char why[4096] = "";
	bool good = try_act(stage, act, why, sizeof(why));
	const char *skipped = good ? stage->scene.skip : NULL;

	printf("%s %u - %s%s%s\n", good ? "ok" : "not ok", number, act->name,
	       skipped ? " # SKIP " : "", skipped ? skipped : "");
	if (!good)
		printf("# %s\n", why);
	return good;
}

static int run_all(struct stage *stage, const struct act *acts)
{
	unsigned int count = 0, number;
	int failed = 0;

	while (acts[count].name)
		count++;
	printf("1..%u\n", count);
	for (number = 0; number < count; number++)
		failed += !run_act(stage, &acts[number], number + 1);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct act *acts_of(const struct stage *stage, const char *what)
{
	if (!strcmp(what, "harm") && !strncmp(stage->guest.scenario, "planted", 7))
		return planted_harms;
	if (!strcmp(what, "harm"))
		return stage->clean.story->verdict == VERDICT_REFAULT ? refault_harms : harms;
	if (!strcmp(what, "noise"))
		return noise;
	if (!strcmp(what, "table"))
		return stage->clean.story->spinner_count ? table_harms : NULL;
	return known_acts(stage->guest.scenario);
}

int main(int argc, char **argv)
{
	const struct act *acts;
	char path[4096], why[4096];
	struct stage stage;
	int status;

	/* what was found before a crash must not get lost in it */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3) {
		fprintf(stderr, "usage: story known|harm|table|noise DUMP\n");
		return EXIT_FAILURE;
	}
	snprintf(path, sizeof(path), "%s", argv[2]);
	if (!strncmp(argv[2], "lab:", 4)) {
		scene_lab_path(argv[2] + 4, path, sizeof(path));
		if (access(path, R_OK)) {
			printf("1..0 # SKIP tests/lab/lab make %s\n", argv[2] + 4);
			return EXIT_SUCCESS;
		}
	}
	if (!stage_open(&stage, path, why, sizeof(why))) {
		printf("1..1\nnot ok 1 - the dump can be opened\n# %s\n", why);
		return EXIT_FAILURE;
	}
	acts = acts_of(&stage, argv[1]);
	if (!acts)
		printf("1..1\nnot ok 1 - '%s' is not known\n", stage.guest.scenario);
	status = acts ? run_all(&stage, acts) : EXIT_FAILURE;
	stage_close(&stage);
	return status;
}
