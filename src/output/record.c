// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One dump in one line of JSON, for who has many; kswapck batch puts in front of it what
 * it measured. Its schema is src/output/kswapck-batch.schema.json.
 */
#include "output/output.h"

#include "audit/catalogue.h"
#include "base/text.h"
#include "output/coverage.h"
#include "output/explain.h"
#include "output/explain_words.h"
#include "output/sentence.h"

#define SCHEMA "kswapck-batch/1"

/* Findings in short: of each problem the first ones; all are counted. */
#define SHOWN_OF_EACH 2

static void record_begin(struct output *output, const struct report_subject *subject)
{
	struct json_writer *json = &output->json;

	json->stream = output->options.stream;
	json_flat_object(json, NULL);
	json_string(json, "schema", SCHEMA);
	json_string(json, "kswapck", KSWAPCK_VERSION);
	json_dump(json, subject);
	json_kernel(json, subject);
	json_array(json, "findings");
}

static void record_finding(struct output *output, const struct kswapck_finding *finding,
			   uint64_t nth)
{
	struct json_writer *json = &output->json;
	char text[1024];

	if (nth > SHOWN_OF_EACH)
		return;
	sentence_of(finding, text, sizeof(text));
	json_object(json, NULL);
	json_string(json, "id", finding->problem->id);
	json_string(json, "name", finding->problem->name);
	json_string(json, "text", text);
	json_close(json, '}');
}

static void write_problems(struct output *output)
{
	const struct kswapck_problem *problem;
	size_t i;

	json_object(&output->json, "problems");
	for (i = 0; (problem = catalogue_problem(output->catalogue, i)); i++) {
		const struct report_tally *tally = &output->totals.problems[i];

		if (!tally->findings)
			continue;
		json_object(&output->json, problem->name);
		json_string(&output->json, "id", problem->id);
		json_number(&output->json, "findings", tally->findings);
		json_number(&output->json, "slots", tally->slots);
		json_close(&output->json, '}');
	}
	json_close(&output->json, '}');
}

static void write_bug(struct json_writer *json, const struct story_bug *judged)
{
	const struct known_bug *bug = judged->bug;
	unsigned int i;

	json_object(json, NULL);
	json_string(json, "name", bug->name);
	json_string(json, "fixed", bug->fixed);
	json_string(json, "fix_commit", bug->fix_commit);
	json_array(json, "stable");
	for (i = 0; i < STORY_FIXES_MAX && bug->fixes[i].branch; i++)
		json_string(json, NULL, bug->fixes[i].release);
	json_close(json, ']');
	json_string(json, "status", story_fix_name(judged->status));
	json_close(json, '}');
}

static void write_bugs(struct json_writer *json, const struct story *story)
{
	size_t i;

	json_array(json, "bugs");
	for (i = 0; i < story->bug_count; i++)
		write_bug(json, &story->bugs[i]);
	json_close(json, ']');
}

static void write_gap(void *data, const char *what, uint64_t count, const char *cause)
{
	struct json_writer *json = data;

	json_object(json, NULL);
	json_string(json, "what", what);
	json_number(json, "count", count);
	json_string(json, "why", cause);
	json_close(json, '}');
}

static void write_coverage(struct output *output, const struct report_subject *subject)
{
	const struct audit_summary *audit = &output->totals.audit;
	const struct story *story = output->explanation->story;
	struct json_writer *json = &output->json;
	size_t i;

	json_object(json, "coverage");
	json_bool(json, "complete", audit_summary_complete(audit) && !story->incomplete);
	json_bool(json, "swept", audit->swept);
	json_number(json, "slots", audit->slots);
	json_number(json, "cached", audit->cached);
	json_number(json, "pages_read", output->totals.reads.pages_read);
	json_array(json, "not_seen");
	coverage_for_each(&output->totals, subject, write_gap, json);
	for (i = 0; i < story->gap_count && i < STORY_GAPS_MAX; i++)
		write_gap(json, story->gaps[i].part, 0, story->gaps[i].why);
	json_close(json, ']');
	json_close(json, '}');
}

static void write_taken(struct json_writer *json, int64_t taken)
{
	char text[TEXT_TIME_SIZE];

	json_string(json, "taken", taken ? text_time(taken, text) : NULL);
}

static void record_end(struct output *output, const struct report_subject *subject)
{
	const struct story *story = output->explanation->story;
	const struct story_fingerprint *print = &story->fingerprint;
	struct json_writer *json = &output->json;
	struct phrase phrase;

	json_close(json, ']');
	write_problems(output);
	write_taken(json, subject->taken);
	json_string(json, "verdict", story_verdict_name(story->verdict));
	words_verdict(output->explanation, &phrase);
	json_string(json, "text", phrase.text);
	json_string(json, "fingerprint", print->name[0] ? print->name : NULL);
	json_string(json, "recipe", print->name[0] ? print->recipe : NULL);
	write_bugs(json, story);
	write_coverage(output, subject);
	json_number(json, "exit_status", (uint64_t)output->totals.exit_status);
	json_close(json, '}');
	fputc('\n', output->options.stream);
}

const struct output_ops output_record = {
	.name = "record",
	.begin = record_begin,
	.finding = record_finding,
	.end = record_end,
};
