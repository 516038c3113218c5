// SPDX-License-Identifier: GPL-2.0-or-later
/* The fingerprint of a story: what it is made of, and what changes nothing in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "story/parts.h"

static const struct kswapck_problem freed = {.id = "KS101", .name = "freed-folio"};
static const struct kswapck_problem reused = {.id = "KS102", .name = "reused-page"};
static const struct kswapck_problem nrpages = {.id = "KS203", .name = "nrpages"};

static const struct story_loop_place in_lookup = {.function = "filemap_get_entry"};

/* With room for what the story points to. */
struct made {
	struct story_range ranges[2];
	struct story_findings findings;
	struct story story;
};

static void make(struct made *made)
{
	*made = (struct made){
		.ranges = {
			{.problem = &nrpages, .effect = EFFECT_NONE},
			{.problem = &reused, .effect = EFFECT_REFAULT},
		},
		.findings = {.count = 2},
		.story = {.verdict = VERDICT_LATENT, .release = "6.6.9-200.fc39.x86_64"},
	};
	made->findings.ranges = made->ranges;
	made->story.findings = &made->findings;
}

static void spin(struct made *made, const struct kswapck_problem *problem)
{
	made->story.verdict = VERDICT_STALL;
	made->story.spinner_count = 1;
	made->story.spinners[0].place = &in_lookup;
	made->story.spinners[0].problem = problem;
}

static const char *recipe(struct made *made)
{
	story_fingerprint_make(&made->story);
	return made->story.fingerprint.recipe;
}

static void test_recipe(void **state)
{
	static struct made made;

	(void)state;
	make(&made);
	assert_string_equal(recipe(&made), "problem=KS102 kernel=6.6");
	spin(&made, &freed);
	assert_string_equal(recipe(&made), "problem=KS101 loop=filemap_get_entry kernel=6.6");
	spin(&made, NULL);	/* its slot is not known */
	assert_string_equal(recipe(&made), "problem=KS102 loop=filemap_get_entry kernel=6.6");
	made.story.origin.pattern = PATTERN_SPLIT;
	assert_string_equal(recipe(&made), "pattern=split kernel=6.6");
	memcpy(made.story.release, "nobody knows", sizeof("nobody knows"));
	assert_string_equal(recipe(&made), "pattern=split");
}

static void test_crash(void **state)
{
	static struct made made;

	(void)state;
	make(&made);
	made.story.verdict = VERDICT_CRASH;
	made.story.log.event_count = 1;
	assert_string_equal(recipe(&made), "problem=KS102 kernel=6.6");
	strcpy(made.story.log.events[0].function, "__folio_add_anon_rmap.isra.0");
	assert_string_equal(recipe(&made),
			    "problem=KS102 bug-in=__folio_add_anon_rmap kernel=6.6");
}

/* Names that people have written down must stay what they are. */
static void test_name(void **state)
{
	static struct made made;

	(void)state;
	make(&made);
	made.story.origin.pattern = PATTERN_ONE_SLOT;
	strcpy(made.story.release, "6.1.192-kswapck-bug");
	recipe(&made);
	assert_string_equal(made.story.fingerprint.name, "kf1-93631e60ad3fca8e");
	made.story.origin.pattern = PATTERN_MOVED;
	recipe(&made);
	assert_string_not_equal(made.story.fingerprint.name, "kf1-93631e60ad3fca8e");
}

/* Where and on which machine: no part of it. */
static void test_chance(void **state)
{
	static struct made made;
	char name[24];

	(void)state;
	make(&made);
	spin(&made, &freed);
	recipe(&made);
	memcpy(name, made.story.fingerprint.name, sizeof(name));
	made.ranges[1].first_slot = 4711;
	made.ranges[1].pid = 4711;
	made.findings.count = 1;
	made.story.spinner_count = 2;
	made.story.spinners[0].slot = 4711;
	made.story.spinners[0].entry = 0xffffea0000123400;
	made.story.spinners[0].lookup = "__read_swap_cache_async";
	made.story.uptime = 4711;
	strcpy(made.story.version, "#2 SMP");
	strcpy(made.story.release, "6.6.12-100.fc38.x86_64");
	recipe(&made);
	assert_string_equal(made.story.fingerprint.name, name);
}

/* What is sound, or not about swap, is not counted among bugs. */
static void test_none(void **state)
{
	static const enum story_verdict none[] = {
		VERDICT_UNKNOWN, VERDICT_CLEAN, VERDICT_UNRELATED,
	};
	static struct made made;
	size_t i;

	(void)state;
	make(&made);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		made.story.verdict = none[i];
		assert_string_equal(recipe(&made), "");
		assert_string_equal(made.story.fingerprint.name, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recipe),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
