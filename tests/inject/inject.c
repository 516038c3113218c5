// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection: lays one wrong thing after the other over a clean dump, and
 * looks whether the audit finds exactly that. Prints TAP, a line for each kind.
 *
 * Usage: inject DUMP [SEED [COUNT]]
 *        inject --list
 *        inject --places DUMP
 *
 * Each fault is laid where the first place is that fits, or COUNT times (1) at places that
 * follow from SEED, which is not 0.
 *
 * For places.py: --list names the faults, and --places lays those that it reads, lines of
 * NUMBER SEED, and prints for each NUMBER SEED RESULT PROBLEMS WHY with tabs between them.
 *
 * A DUMP that begins with "lab:" is one of the lab's; without it all is skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "faults.h"

static const struct fault *const tables[] = {
	page_faults,
	folio_faults,
	map_faults,
	owner_faults,
	tree_faults,
	table_faults,
	cluster_faults,
	cluster_transients,
	reference_faults,
	transients,
	noise,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

static unsigned int count_faults(void)
{
	const struct fault *fault;
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < TABLES; i++)
		for (fault = tables[i]; fault->name; fault++)
			count++;
	return count;
}

static bool try_fault(struct scene *scene, const struct fault *fault, char *why, size_t size)
{
	scene_reset(scene);
	if (!fault->inject(scene) || scene->skip) {
		if (!scene->skip)
			snprintf(why, size, "gave up without a word");
		return scene->skip;
	}
	if (!audit_as_expected(scene, why, size))
		return false;
	if (scene->failed)
		snprintf(why, size, "a word could not be read or laid");
	return !scene->failed;
}

/* The problems that some fault has led to, by their numbers in the catalogue. */
static void note_met(const struct scene *scene, bool *met)
{
	size_t i, k;

	for (i = 0; i < scene->expected_count; i++)
		for (k = 0; k < scene->catalogue.problem_count; k++)
			met[k] |= !strcmp(scene->catalogue.problems[k]->id, scene->expected[i].id);
}

/* Where faults are laid. */
struct rounds {
	uint64_t seed;		/* 0: at the first place that fits */
	unsigned int count;
};

/* At all the places, until it is not found at one. */
static bool try_places(struct scene *scene, const struct fault *fault, unsigned int number,
		       const struct rounds *rounds, char *why, size_t size)
{
	unsigned int round;
	char wrong[3072];

	for (round = 0; round < rounds->count; round++) {
		scene->random = (rounds->seed + 1000 * round + number) * 0x9e3779b97f4a7c15ULL;
		if (!rounds->seed)
			scene->random = 0;
		if (!try_fault(scene, fault, wrong, sizeof(wrong))) {
			snprintf(why, size, "place %u of seed %llu: %s", round,
				 (unsigned long long)rounds->seed, wrong);
			return false;
		}
	}
	return true;
}

static bool run_fault(struct scene *scene, const struct fault *fault, unsigned int number,
		      const struct rounds *rounds, bool *met)
{
	char why[4096] = "";
	bool good = try_places(scene, fault, number, rounds, why, sizeof(why));

	printf("%s %u - %s%s%s\n", good ? "ok" : "not ok", number, fault->name,
	       good && scene->skip ? " # SKIP " : "", good && scene->skip ? scene->skip : "");
	if (!good)
		printf("# %s\n", why);
	else if (!scene->skip)
		note_met(scene, met);
	return good;
}

static void tell_unmet(const struct scene *scene, const bool *met)
{
	size_t i;

	for (i = 0; i < scene->catalogue.problem_count; i++)
		if (!met[i])
			printf("# no fault led to %s %s in this dump\n",
			       scene->catalogue.problems[i]->id, scene->catalogue.problems[i]->name);
}

static int run_all(struct scene *scene, const struct rounds *rounds)
{
	const struct fault *fault;
	bool met[CATALOGUE_PROBLEMS_MAX] = {0};
	unsigned int number = 1;
	char why[4096];
	int failed = 0;
	size_t i;

	printf("1..%u\n", 1 + count_faults());
	scene_reset(scene);
	scene->sweep = true;
	if (!audit_as_expected(scene, why, sizeof(why))) {
		printf("not ok 1 - the dump is clean\n# %s\nBail out! nothing can be said "
		       "with a dump that is not clean\n", why);
		return EXIT_FAILURE;
	}
	printf("ok 1 - the dump is clean\n");
	for (i = 0; i < TABLES; i++)
		for (fault = tables[i]; fault->name; fault++)
			failed += !run_fault(scene, fault, ++number, rounds, met);
	tell_unmet(scene, met);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---------------------------------------------------------- one by one: places.py */

static const struct fault *fault_of(unsigned int number)
{
	const struct fault *fault;
	size_t i;

	for (i = 0; i < TABLES; i++)
		for (fault = tables[i]; fault->name; fault++)
			if (!number--)
				return fault;
	return NULL;
}

static void list_faults(void)
{
	const struct fault *fault;
	unsigned int number;

	for (number = 0; (fault = fault_of(number)); number++)
		printf("%u\t%s\n", number, fault->name);
}

/* Tells a fault that was laid: with "KS101+" that was to be found and was, "KS101-" was not. */
static void tell_laid(const struct scene *scene, bool good, const char *why)
{
	size_t i;

	printf("%s\t", scene->skip ? "skip" : good ? "good" : "wrong");
	for (i = 0; i < scene->expected_count && !scene->skip; i++)
		printf("%s%s%c", i ? " " : "", scene->expected[i].id,
		       scene->expected[i].met ? '+' : '-');
	printf("\t%s\n", scene->skip ? scene->skip : good ? "" : why);
}

static int lay_those_read(struct scene *scene)
{
	unsigned long long seed;
	unsigned int number;
	char why[4096] = "";

	scene_reset(scene);
	scene->sweep = true;
	if (!audit_as_expected(scene, why, sizeof(why))) {
		fprintf(stderr, "not clean: %s\n", why);
		return EXIT_FAILURE;
	}
	while (scanf("%u %llu", &number, &seed) == 2) {
		const struct fault *fault = fault_of(number);

		if (!fault || !seed)
			return EXIT_FAILURE;
		scene->random = (seed + number) * 0x9e3779b97f4a7c15ULL;
		printf("%u\t%llu\t", number, seed);
		why[0] = 0;
		tell_laid(scene, try_fault(scene, fault, why, sizeof(why)), why);
	}
	return EXIT_SUCCESS;
}

/* ----------------------------------------------------------------------- the program */

static int usage(void)
{
	fprintf(stderr, "usage: inject DUMP [SEED [COUNT]]\n       inject --list\n"
		"       inject --places DUMP\n");
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	bool places = argc == 3 && !strcmp(argv[1], "--places");
	struct rounds rounds = {.count = 1};
	struct scene scene;
	struct error err = {0};
	char path[4096];
	int status;

	/* what was found before a crash must not get lost in it */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list_faults();
		return EXIT_SUCCESS;
	}
	if (places) {
		argv++;
		argc--;
	}
	if (argc > 2)
		rounds.seed = strtoull(argv[2], NULL, 10);
	if (argc > 3)
		rounds.count = (unsigned int)strtoul(argv[3], NULL, 10);
	if (argc < 2 || argc > 4 || (argc > 2 && !rounds.seed) || !rounds.count)
		return usage();
	snprintf(path, sizeof(path), "%s", argv[1]);
	if (!strncmp(argv[1], "lab:", 4)) {
		scene_lab_path(argv[1] + 4, path, sizeof(path));
		if (access(path, R_OK)) {
			printf("1..0 # SKIP tests/lab/lab make %s\n", argv[1] + 4);
			return EXIT_SUCCESS;
		}
	}
	if (!scene_open(&scene, path, &err)) {
		printf("1..1\nnot ok 1 - the dump can be opened\n# %s\n", err.text);
		return EXIT_FAILURE;
	}
	status = places ? lay_those_read(&scene) : run_all(&scene, &rounds);
	scene_close(&scene);
	return status;
}
