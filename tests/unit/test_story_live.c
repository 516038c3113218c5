// SPDX-License-Identifier: GPL-2.0-or-later
/* What is missing in the story of a running kernel, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "story/live.h"

/* Two CPUs: on one this program, which a story of a dump would call cut off; one was missed. */
struct sample {
	struct story story;
	struct story_thread threads[2];
};

static int setup(void **state)
{
	static struct sample sample;

	sample = (struct sample){
		.story = {.thread_count = 2, .incomplete = true},
		.threads = {
			{.on_cpu = true, .known = true, .origin = REGISTERS_SAMPLED,
			 .task.tgid = getpid(), .end = UNWIND_NOT_CODE},
			{.on_cpu = true, .cpu = 1, .origin = REGISTERS_MISSING},
		},
	};
	sample.story.threads = sample.threads;
	*state = &sample;
	return 0;
}

static void what_we_do_ourselves_is_no_gap(void **state)
{
	struct sample *sample = *state;

	story_judge_live(&sample->story);
	assert_false(sample->story.incomplete);
	assert_int_equal(sample->threads[0].end, UNWIND_USER);
}

static void gaps_doubts_and_unseen_cpus_are(void **state)
{
	struct sample *sample = *state;

	sample->story.gap_count = 1;
	story_judge_live(&sample->story);
	assert_true(sample->story.incomplete);

	sample->story.gap_count = 0;
	sample->story.spinner_count = 1;
	story_judge_live(&sample->story);
	assert_true(sample->story.incomplete);

	sample->story.spinner_count = 0;
	sample->threads[0].origin = REGISTERS_MISSING;
	story_judge_live(&sample->story);
	assert_true(sample->story.incomplete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_we_do_ourselves_is_no_gap, setup),
		cmocka_unit_test_setup(gaps_doubts_and_unseen_cpus_are, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
