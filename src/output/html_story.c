// SPDX-License-Identifier: GPL-2.0-or-later
/* The story in HTML: the verdict, the loop as a diagram, known bugs, call chains. */
#include "output/html.h"

#include <inttypes.h>
#include <string.h>

#include "output/explain_chain.h"
#include "output/explain_words.h"

/* ---------------------------------------------------------------------- verdict */

static void write_fact(FILE *stream, const char *name, uint64_t number, const char *class)
{
	html_raw(stream, "<div");
	if (number && class) {
		html_raw(stream, " class=\"");
		html_raw(stream, class);
		html_raw(stream, "\"");
	}
	html_raw(stream, "><dt>");
	html_raw(stream, name);
	html_raw(stream, "</dt><dd>");
	html_number(stream, number);
	html_raw(stream, "</dd></div>\n");
}

void html_verdict(struct output *output)
{
	const struct audit_summary *audit = &output->totals.audit;
	const struct story *story = output->explanation->story;
	const char *verdict = story_verdict_name(story->verdict);
	FILE *stream = output->options.stream;
	struct phrase phrase;

	words_verdict(output->explanation, &phrase);
	html_raw(stream, "<div class=\"verdict ");
	html_raw(stream, html_verdict_class(verdict));
	html_raw(stream, "\"><h1>");
	html_text(stream, verdict);
	html_raw(stream, "</h1>\n<p>");
	html_text(stream, phrase.text);
	html_raw(stream, "</p></div>\n<dl class=\"facts\">\n");
	write_fact(stream, "errors", audit->errors, "error");
	write_fact(stream, "warnings", audit->warnings, "warning");
	write_fact(stream, "slots", audit->slots, NULL);
	write_fact(stream, "in use", audit->used, NULL);
	write_fact(stream, "in the swap cache", audit->cached, NULL);
	html_raw(stream, "<div><dt>all was seen</dt><dd>");
	html_raw(stream, audit_summary_complete(audit) && !story->incomplete ? "yes" : "no");
	html_raw(stream, "</dd></div>\n</dl>\n");
}

/* ------------------------------------------------------------------------ the loop */

static void write_step(FILE *stream, const struct phrase *phrase, const char *class)
{
	html_raw(stream, "<li class=\"");
	html_raw(stream, class);
	html_raw(stream, "\">");
	html_text(stream, phrase->text);
	html_raw(stream, "</li>\n");
}

static void add_page(struct phrase *phrase, const struct story_spinner *spinner)
{
	phrase_add(phrase, "page 0x%" PRIx64, spinner->entry);
	if (spinner->page_read && spinner->page_text[0])
		phrase_add(phrase, ", %s", spinner->page_text);
}

static void write_stall(FILE *stream, const struct story_spinner *spinner)
{
	const char *lookup = spinner->place ? spinner->place->function : spinner->lookup;
	struct phrase phrase;

	phrase_begin(&phrase, "%s()%s looks up ", lookup ? lookup : "the lookup",
		     spinner->holds_rcu ? ", under rcu_read_lock()," : "");
	words_slot(&phrase, spinner->device, spinner->type, spinner->slot);
	write_step(stream, &phrase, "step");
	phrase_begin(&phrase, "the slot holds ");
	add_page(&phrase, spinner);
	write_step(stream, &phrase, "step");
	phrase_begin(&phrase, "%s", "");
	if (spinner->page_read)
		phrase_add(&phrase, "_refcount is %" PRId32 ": ", spinner->page.refcount);
	phrase_add(&phrase, "%s", spinner->place ? spinner->place->statement :
		   "no reference can be taken: again");
	write_step(stream, &phrase, "step fault");
}

static void write_refault(FILE *stream, const struct story_spinner *spinner)
{
	struct phrase phrase;

	phrase_begin(&phrase, "an instruction touches ");
	if (spinner->fault_address)
		phrase_add(&phrase, "0x%" PRIx64, spinner->fault_address);
	else
		phrase_add(&phrase, "a swapped page");
	phrase_add(&phrase, ": page fault");
	write_step(stream, &phrase, "step");
	phrase_begin(&phrase, "%s() finds ", spinner->lookup_for ? spinner->lookup_for :
		     "do_swap_page");
	add_page(&phrase, spinner);
	phrase_add(&phrase, " in ");
	words_slot(&phrase, spinner->device, spinner->type, spinner->slot);
	write_step(stream, &phrase, "step");
	phrase_begin(&phrase, "it is not the one that was looked for");
	if (spinner->private_known)
		phrase_begin(&phrase, "->private is 0x%" PRIx64 ", the entry in the page table "
			     "0x%" PRIx64, spinner->page_private, spinner->expected_private);
	phrase_add(&phrase, ": unlocked, and 0 is returned as if served");
	write_step(stream, &phrase, "step fault");
}

/* Who is in the loop, and who waits for its end, stand beside it. */
void html_loop(struct output *output)
{
	const struct story *story = output->explanation->story;
	const struct story_spinner *spinner = &story->spinners[0];
	const struct story_thread *thread;
	FILE *stream = output->options.stream;
	struct phrase phrase;

	if (!story->spinner_count || spinner->loop == LOOP_NONE || !words_slot_known(spinner))
		return;
	thread = words_thread_at(story, spinner->thread);
	phrase_begin(&phrase, "%s", "");
	if (thread)
		words_thread(&phrase, thread);
	html_raw(stream, "<figure class=\"loop\">\n<figcaption>");
	html_text(stream, phrase.text);
	html_raw(stream, thread ? " goes round for ever</figcaption>\n<ol>\n" :
		 "A task goes round for ever</figcaption>\n<ol>\n");
	(spinner->loop == LOOP_STALL ? write_stall : write_refault)(stream, spinner);
	html_raw(stream, "</ol>\n<p class=\"again\">and again</p>\n</figure>\n");
}

/* ----------------------------------------------------------------------- known bugs */

static void write_bug(FILE *stream, const struct story_bug *found)
{
	static const char *const words[] = {
		[FIX_UNKNOWN] = "may have the fix or not",
		[FIX_PRESENT] = "should have the fix",
		[FIX_ABSENT] = "lacks the fix",
		[FIX_NOT_NEEDED] = "should be older than the bug",
	};
	const struct known_bug *bug = found->bug;
	unsigned int i;

	html_raw(stream, "<article class=\"bug\">\n<h3>Known bug: ");
	html_text(stream, bug->name);
	html_raw(stream, "</h3>\n<p>");
	html_text(stream, bug->summary);
	html_raw(stream, "</p>\n<table><tbody><tr><th>introduced</th><td>");
	html_text(stream, bug->introduced ? bug->introduced : "not known");
	if (bug->introduced_commit)
		html_words(stream, " (%s)", bug->introduced_commit);
	html_raw(stream, "</td></tr>\n<tr><th>fixed</th><td>");
	html_words(stream, "%s (%s)", bug->fixed, bug->fix_commit);
	html_raw(stream, "</td></tr>\n<tr><th>stable</th><td>");
	for (i = 0; i < STORY_FIXES_MAX && bug->fixes[i].branch; i++)
		html_words(stream, "%s%s", i ? ", " : "", bug->fixes[i].release);
	html_raw(stream, i ? "</td></tr>\n" : "none known</td></tr>\n");
	html_raw(stream, "<tr><th>this kernel</th><td>");
	html_words(stream, "%s. %s", words[found->status], found->why);
	html_raw(stream, "</td></tr>\n</tbody></table></article>\n");
}

void html_bugs(struct output *output)
{
	const struct story *story = output->explanation->story;
	size_t i;

	for (i = 0; i < story->bug_count && i < sizeof(story->bugs) / sizeof(story->bugs[0]); i++)
		write_bug(output->options.stream, &story->bugs[i]);
}

/* -------------------------------------------------------------------------- stacks */

static void write_frame(FILE *stream, const struct story_frame *frame)
{
	struct phrase phrase;
	char name[NAME_SIZE];

	html_words(stream, "0x%016" PRIx64 "  ", frame->pc);
	phrase_begin(&phrase, "%s", "");
	chain_function(&phrase, frame);
	if (frame->file)
		phrase_add(&phrase, "  %s:%d", words_name(frame->file, name), frame->line);
	html_text(stream, phrase.text);
	fputc('\n', stream);
}

static void write_frames(FILE *stream, const struct story_thread *thread)
{
	struct phrase phrase;
	unsigned int i;

	html_raw(stream, "<pre>");
	for (i = 0; i < thread->frame_count; i++) {
		const struct story_frame *frame = &thread->frames[i];
		bool other = i && frame->stack != thread->frames[i - 1].stack;

		if (i && (other || frame->kind == FRAME_INTERRUPTED))
			html_words(stream, "--- %s stack%s ---\n", stack_kind_text(frame->stack),
				   frame->kind == FRAME_INTERRUPTED ? ", interrupted here" : "");
		write_frame(stream, frame);
	}
	phrase_begin(&phrase, "end: ");
	chain_end(&phrase, thread);
	html_text(stream, phrase.text);
	html_raw(stream, "</pre>\n");
}

static void write_thread(FILE *stream, const struct story *story, size_t index)
{
	const struct story_thread *thread = &story->threads[index];
	bool caught = words_is_spinner(story, index) != SIZE_MAX;
	struct phrase phrase;

	phrase_begin(&phrase, "%s", "");
	chain_thread(&phrase, thread);
	html_raw(stream, caught ? "<details class=\"caught\" open><summary>" :
		 "<details><summary>");
	html_text(stream, phrase.text);
	html_raw(stream, "</summary>\n");
	write_frames(stream, thread);
	html_raw(stream, "</details>\n");
}

/* Those of the story first. */
void html_stacks(struct output *output)
{
	const struct story *story = output->explanation->story;
	FILE *stream = output->options.stream;
	size_t i, count = 0;

	for (i = 0; i < story->thread_count; i++)
		if (words_is_spinner(story, i) != SIZE_MAX)
			write_thread(stream, story, i);
	for (i = 0; i < story->thread_count; i++) {
		const struct story_thread *thread = &story->threads[i];

		if (words_is_spinner(story, i) != SIZE_MAX)
			continue;
		if (!thread->on_cpu && output->explanation->stacks != STACKS_ALL &&
		    !words_is_stalled(story, i))
			continue;
		write_thread(stream, story, i);
		count++;
	}
	if (!count && !story->spinner_count)
		html_raw(stream, "<p>No call chain was seen.</p>\n");
}
