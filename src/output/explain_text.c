// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The story for people: the verdict, then who is stuck where and why, how the
 * slots got that way, by which bug, since when, who is next, and what is missing.
 * It has room on one screen; what is left out for that is counted, and in JSON.
 */
#include "output/explain.h"

#include <ctype.h>

#include "base/text.h"
#include "output/explain_chain.h"
#include "output/explain_teller.h"
#include "output/lines.h"
#include "output/sentence.h"

#define STACKS_SHOWN	4	/* of those that are cut */

/* ----------------------------------------------------------------------- lines */

void teller_paragraph(struct teller *teller, const char *label)
{
	if (teller->phrase.length)
		lines_labelled(&teller->options, label, teller->phrase.text);
}

void teller_row(struct teller *teller)
{
	const struct line_sink *sink = teller->options.sink;

	if (sink) {
		sink->row(sink->data, teller->phrase.text);
		return;
	}
	fprintf(teller->options.stream, "%*s", TELLER_INDENT, "");
	sentence_wrap(teller->options.stream, teller->phrase.text, TELLER_INDENT + 2,
		      TELLER_INDENT, teller->options.columns);
	fputc('\n', teller->options.stream);
}

size_t teller_limit(size_t count, size_t limit)
{
	return count <= limit + 1 ? count : limit;
}

void teller_rest(struct teller *teller, uint64_t rest)
{
	char number[TEXT_NUMBER_SIZE];

	if (!rest)
		return;
	phrase_begin(&teller->phrase, "and %s more", text_number(rest, number));
	teller_row(teller);
}

void teller_blank(struct teller *teller)
{
	fputc('\n', teller->options.stream);
}

/* --------------------------------------------------------------------- verdict */

static const char *verdict_colour(enum story_verdict verdict)
{
	switch (verdict) {
	case VERDICT_CLEAN:
		return LINES_GREEN;
	case VERDICT_UNRELATED:
	case VERDICT_UNKNOWN:
		return LINES_YELLOW;
	default:
		return LINES_RED;
	}
}

static void tell_verdict(struct teller *teller)
{
	const char *name = story_verdict_name(teller->story->verdict);
	unsigned int column = 0;

	lines_paint(&teller->options, verdict_colour(teller->story->verdict));
	for (; name[column]; column++)
		fputc(toupper((unsigned char)name[column]), teller->options.stream);
	lines_paint(&teller->options, LINES_PLAIN);
	fputs(": ", teller->options.stream);
	words_verdict(teller->explanation, &teller->phrase);
	sentence_wrap(teller->options.stream, teller->phrase.text, 2, column + 2,
		      teller->options.columns);
	teller_blank(teller);
}

/* ------------------------------------------------------------ seen, and not seen */

/* What a verdict without a culprit rests on. */
static void tell_looked_at(struct teller *teller)
{
	const struct audit_summary *audit = &teller->explanation->totals->audit;
	const struct story *story = teller->story;
	struct phrase *phrase = &teller->phrase;

	phrase_begin(phrase, "%s", "");
	words_count(phrase, audit->slots, "slot");
	phrase_add(phrase, " of ");
	words_count(phrase, audit->devices, "swap device");
	phrase_add(phrase, "; call chains of %u of ", words_chains_seen(story));
	words_count(phrase, story->cpu_count, "CPU");
	if (story->rcu.read)
		phrase_add(phrase, "; RCU");
	if (words_log_read(&story->log)) {
		phrase_add(phrase, "; ");
		words_count(phrase, story->log.records, "record");
		phrase_add(phrase, " of the kernel log");
	}
	teller_paragraph(teller, "looked at");
}

static void missing(struct teller *teller, bool *any)
{
	lines_marked(&teller->options, *any ? "" : "missing", teller->phrase.text);
	*any = true;
}

/* Who runs on while he is looked at is not stuck; that his chain breaks off is no matter. */
static bool went_on(const struct teller *teller, size_t index)
{
	return teller->explanation->subject->facts->live &&
	       !words_is_stalled(teller->story, index) &&
	       words_is_spinner(teller->story, index) == SIZE_MAX;
}

static bool is_missing(const struct teller *teller, size_t index)
{
	return !words_chain_seen(&teller->story->threads[index]) && !went_on(teller, index);
}

static void missing_in_motion(struct teller *teller, bool *any)
{
	size_t i, count = 0;

	for (i = 0; i < teller->story->thread_count; i++)
		count += !words_chain_seen(&teller->story->threads[i]) && went_on(teller, i);
	if (!count)
		return;
	phrase_begin(&teller->phrase, "%s", "");
	words_count(&teller->phrase, count, "call chain");
	phrase_add(&teller->phrase, " of tasks that went on while they were looked at");
	missing(teller, any);
}

static void missing_of_stacks(struct teller *teller, bool *any)
{
	const struct story *story = teller->story;
	size_t i, count = 0, limit, shown = 0;

	missing_in_motion(teller, any);
	for (i = 0; i < story->thread_count; i++)
		count += is_missing(teller, i);
	limit = teller_limit(count, STACKS_SHOWN);
	for (i = 0; i < story->thread_count && shown < limit; i++) {
		const struct story_thread *thread = &story->threads[i];

		if (!is_missing(teller, i))
			continue;
		shown++;
		phrase_begin(&teller->phrase, "call chain of ");
		words_thread(&teller->phrase, thread);
		if (thread->on_cpu && thread->origin == REGISTERS_MISSING) {
			phrase_add(&teller->phrase, ": no registers: %s",
				   thread->missing ? thread->missing : "it is not known why");
		} else {
			phrase_add(&teller->phrase, " is ");
			chain_end(&teller->phrase, thread);
		}
		missing(teller, any);
	}
	if (count == shown)
		return;
	phrase_begin(&teller->phrase, "and ");
	words_count(&teller->phrase, count - shown, "more call chain");
	missing(teller, any);
}

static void tell_missing(struct teller *teller)
{
	const struct story *story = teller->story;
	bool any = false;
	char why[512];
	size_t i;

	for (i = 0; i < story->gap_count && i < STORY_GAPS_MAX; i++) {
		phrase_begin(&teller->phrase, "%s: %s", story->gaps[i].part,
			     text_visible(story->gaps[i].why, why, sizeof(why)));
		missing(teller, &any);
	}
	missing_of_stacks(teller, &any);
	if (!audit_summary_complete(&teller->explanation->totals->audit)) {
		phrase_begin(&teller->phrase, "swap cache: not all of it was seen; 'kswapck scan' "
			     "tells what was not");
		missing(teller, &any);
	}
}

/* To be searched for: where else was this seen? */
static void tell_fingerprint(struct teller *teller)
{
	const struct story_fingerprint *print = &teller->story->fingerprint;

	if (!print->name[0])
		return;
	phrase_begin(&teller->phrase, "%s: %s", print->name, print->recipe);
	teller_paragraph(teller, "print");
}

/* Which dump it is, where no report says so. */
static void tell_heading(struct teller *teller)
{
	const struct report_subject *subject = teller->explanation->subject;
	struct phrase *phrase = &teller->phrase;
	char file[512], release[NAME_SIZE];

	phrase_begin(phrase, "%s", text_visible(subject->files[0], file, sizeof(file)));
	if (subject->file_count > 1)
		phrase_add(phrase, " and %zu more", subject->file_count - 1);
	phrase_add(phrase, ": %s; Linux %s %s", subject->facts->format,
		   words_name(subject->release, release), subject->facts->architecture);
	teller_paragraph(teller, "dump");
}

static void tell_stacks(struct teller *teller)
{
	const struct story *story = teller->story;
	size_t i;

	for (i = 0; i < story->thread_count; i++) {
		if (!story->threads[i].on_cpu && teller->explanation->stacks != STACKS_ALL)
			continue;
		teller_blank(teller);
		chain_print(&teller->options, &story->threads[i]);
	}
}

/* ------------------------------------------------------------------------ the whole */

static void tell_story(struct teller *teller)
{
	const struct story *story = teller->story;

	tell_spinners(teller);
	tell_crash(teller);
	tell_moved(teller);
	tell_swapoffs(teller);
	tell_gone(teller);
	if (!story->spinner_count && (story->rcu.stalled || story->verdict == VERDICT_UNRELATED))
		tell_stalled(teller);
	tell_origin(teller);
	tell_bugs(teller);
	if (story->verdict == VERDICT_CLEAN || story->verdict == VERDICT_UNKNOWN ||
	    story->verdict == VERDICT_UNRELATED)
		tell_looked_at(teller);
	if (story->verdict != VERDICT_CLEAN || story->log.event_count)
		tell_log(teller);
	if (story->verdict != VERDICT_CLEAN)
		tell_rcu(teller);
	tell_victims(teller);
	if (story->verdict != VERDICT_CLEAN)
		tell_waiters(teller);
	tell_missing(teller);
	tell_fingerprint(teller);
}

void explain_words(const struct line_sink *sink, const struct explanation *explanation)
{
	struct teller teller = {
		.options = {.sink = sink, .columns = EXPLAIN_COLUMNS_MAX},
		.explanation = explanation,
		.story = explanation->story,
	};

	tell_story(&teller);
}

void explain_text(const struct output_options *options, const struct explanation *explanation)
{
	struct teller teller = {
		.options = *options,
		.explanation = explanation,
		.story = explanation->story,
	};

	if (!teller.options.columns || teller.options.columns > EXPLAIN_COLUMNS_MAX)
		teller.options.columns = EXPLAIN_COLUMNS_MAX;
	tell_verdict(&teller);
	teller_blank(&teller);
	if (explanation->heading)
		tell_heading(&teller);
	tell_story(&teller);
	if (explanation->stacks != STACKS_STORY)
		tell_stacks(&teller);
}

void explain_verdict_text(const struct output_options *options,
			  const struct explanation *explanation)
{
	struct teller teller = {
		.options = *options,
		.explanation = explanation,
		.story = explanation->story,
	};

	teller.options.columns = 0;
	tell_verdict(&teller);
}
