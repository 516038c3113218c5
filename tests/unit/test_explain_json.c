// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The story for programs: every part is there, and it stays JSON whatever the dump
 * holds. Against its schema it is held by tests/golden/samples.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "told.h"

/* Brackets that match, and no control character, outside and inside of strings. */
static void assert_sound(const char *json)
{
	bool in_string = false;
	int depth = 0;

	for (; *json; json++) {
		assert_true((unsigned char)*json >= 0x20 || (*json == '\n' && !in_string));
		if (in_string && *json == '\\')
			json++;
		else if (*json == '"')
			in_string = !in_string;
		else if (!in_string && strchr("{[", *json))
			depth++;
		else if (!in_string && strchr("}]", *json))
			depth--;
		assert_true(depth >= 0);
	}
	assert_false(in_string);
	assert_int_equal(depth, 0);
}

static void every_verdict_is_sound(void **state)
{
	unsigned int verdict, worst;

	(void)state;
	for (verdict = 0; verdict < VERDICT_COUNT; verdict++)
		for (worst = 0; worst < 2; worst++) {
			struct sample *sample = sample_new(verdict);
			char *json;

			if (worst)
				sample_worst(sample);
			json = sample_json(sample);
			assert_sound(json);
			assert_has(json, "\"schema\": \"kswapck-explain/1\"");
			assert_has(json, story_verdict_name(verdict));
			free(json);
			free(sample);
		}
}

static void parts_of_a_stall(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *json = sample_json(sample);

	(void)state;
	assert_has(json, "\"verdict\": \"stall\"");
	assert_has(json, "\"slot\": 16389");
	assert_has(json, "\"certain\": true");
	assert_has(json, "\"what\": \"xa_state.xa_index\", \"function\": \"do_swap_page\", "
		   "\"address\": \"0xffffc900001f7d28\", \"value\": \"0x4005\", \"type\": 0, "
		   "\"slot\": 16389, \"agrees\": true}");
	assert_has(json, "\"new_page\": \"0xffffea0000040000\"");
	assert_has(json, "\"fix_commit\": \"fc346d0a70a1\"");
	assert_has(json, "{\"branch\": \"6.6\", \"release\": \"6.6.10\"}");
	assert_has(json, "\"first\": 21.000");
	assert_has(json, "{\"kind\": \"CPU\", \"cpu\": 1, \"stack\": 0, \"spinner\": 0}");
	assert_has(json, "\"function\": \"xas_load\", \"offset\": \"0x73\", \"module\": null");
	assert_has(json, "\"kind\": \"interrupted\"");
	assert_has(json, "\"registers\": \"");
	assert_has(json, "\"waits_for\": \"mmap_lock\"");
	assert_has(json, "\"exit_status\": 1");
	free(json);
	free(sample);
}

static void parts_of_a_crash(void **state)
{
	struct sample *sample = sample_new(VERDICT_CRASH);
	char *json;

	(void)state;
	sample_swapoff(sample);
	json = sample_json(sample);
	assert_has(json, "\"verdict\": \"crash\"");
	assert_has(json, "\"address\": \"0x7f023d943000\"");
	assert_has(json, "\"proved\": true");
	assert_has(json, "\"folio_index\": \"0x7f023d88e\"");
	assert_has(json, "\"from\": \"0x7f023d889000\"");
	assert_has(json, "\"function\": \"__page_check_anon_rmap\"");
	assert_has(json, "\"fix_commit\": \"c50f8e6053b0\"");
	assert_has(json, "\"effect\": \"rmap\"");
	assert_has(json, "\"waits_for\": \"read\"");
	assert_has(json, "\"left\": 67430");
	assert_has(json, "\"endless\": false");
	free(json);
	sample->story.crash.happened = false;
	sample->story.moved.pages = 0;
	json = sample_json(sample);
	assert_has(json, "\"crash\": null");
	assert_has(json, "\"moved\": null");
	free(json);
	free(sample);
}

static void what_is_not_known_is_null(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *json;

	(void)state;
	sample->story.log.read = sample->story.rcu.read = false;
	sample->story.origin.pattern = PATTERN_NONE;
	sample->story.spinners[0].page_read = false;
	sample->story.spinners[0].agreeing = 0;
	sample->story.spinners[0].entry = 0;
	sample->story.spinners[0].thread = SIZE_MAX;
	json = sample_json(sample);
	assert_sound(json);
	assert_has(json, "\"log\": null");
	assert_has(json, "\"rcu\": null");
	assert_has(json, "\"origin\": null");
	assert_has(json, "\"struct_page\": null");
	assert_has(json, "\"device\": null");
	assert_has(json, "\"type\": null");
	assert_has(json, "\"slot\": null");
	assert_has(json, "\"entry\": null");
	assert_has(json, "\"stack\": null");
	free(json);
	free(sample);
}

/* A program may well print what it reads. */
static void no_control_characters(void **state)
{
	struct sample *sample = sample_new(VERDICT_STALL);
	char *json;

	(void)state;
	snprintf(sample->threads[0].task.comm, sizeof(sample->threads[0].task.comm),
		 "%s", "a\xc2\x9b" "2J\x9b\033");
	json = sample_json(sample);
	assert_has(json, "\"comm\": \"a\\u009b2J\xef\xbf\xbd\\u001b\"");
	assert_null(strstr(json, "\xc2\x9b"));
	free(json);
	free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict_is_sound),
		cmocka_unit_test(parts_of_a_stall),
		cmocka_unit_test(parts_of_a_crash),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(no_control_characters),
	};

	return cmocka_run_group_tests_name("explain_json", tests, NULL, NULL);
}
