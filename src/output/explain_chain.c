// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/explain_chain.h"

#include <inttypes.h>
#include <string.h>

#include "output/lines.h"
#include "output/sentence.h"

/* Functions in a short chain. */
#define SHORT_MAX 10

/* Column of the names in a chain of a frame a line, and where it is for long ones. */
#define FRAME_NAME 26
#define FRAME_LONG 8

#define LOCALS_INDENT 9

/* Compilers add ".isra.0", ".part.0" and the like. */
static bool is_function(const struct story_frame *frame, const char *function)
{
	size_t length = strlen(function);
	const char *name = frame->name.function;

	return frame->named && !strncmp(name, function, length) &&
	       (!name[length] || name[length] == '.');
}

unsigned int chain_start(const struct story_thread *thread, const char *function)
{
	unsigned int i, on_top = 0, start = 0;

	for (i = 0; function && i < thread->frame_count; i++) {
		if (thread->frames[i].kind == FRAME_INTERRUPTED)
			start = i;
		if (is_function(&thread->frames[i], function))
			return start;
	}
	start = 0;
	for (i = 0; i < thread->frame_count; i++)
		if (thread->frames[i].stack > STACK_TASK &&
		    thread->frames[i].stack != STACK_ENTRY)
			on_top = i + 1;
	for (i = on_top; on_top && i < thread->frame_count && !start; i++)
		if (thread->frames[i].kind == FRAME_INTERRUPTED)
			start = i;
	return start;
}

bool chain_complete(const struct story_thread *thread)
{
	return unwind_end_complete(thread->end);
}

void chain_end(struct phrase *phrase, const struct story_thread *thread)
{
	if (thread->end == UNWIND_USER)
		phrase_add(phrase, "user mode");
	else if (thread->end == UNWIND_TOP)
		phrase_add(phrase, "top");
	else if (chain_complete(thread))
		phrase_add(phrase, "%s", unwind_end_text(thread->end));
	else
		phrase_add(phrase, "cut: %s", unwind_end_text(thread->end));
	if (!chain_complete(thread) && thread->end_address)
		phrase_add(phrase, " (0x%" PRIx64 ")", thread->end_address);
	/* of the running kernel: its stack is of another moment than its registers */
	if (!chain_complete(thread) && thread->on_cpu && thread->origin == REGISTERS_SAMPLED)
		phrase_add(phrase, "; it went on meanwhile");
}

void chain_function(struct phrase *phrase, const struct story_frame *frame)
{
	char name[NAME_SIZE], module[NAME_SIZE];
	unsigned int i;

	/* as the kernel's own traces mark what may be no caller */
	if (frame->guessed)
		phrase_add(phrase, "? ");
	for (i = 0; i < frame->inlined_count && i < STORY_INLINED_MAX; i++)
		if (frame->inlined[i].function)
			phrase_add(phrase, "[%s] ", words_name(frame->inlined[i].function, name));
	if (!frame->named) {
		phrase_add(phrase, "0x%" PRIx64, frame->pc);
		return;
	}
	phrase_add(phrase, "%s+0x%" PRIx64, words_name(frame->name.function, name),
		   frame->name.offset);
	if (frame->name.module[0])
		phrase_add(phrase, " [module %s]", words_name(frame->name.module, module));
}

void chain_short(struct phrase *phrase, const struct story_thread *thread, unsigned int start)
{
	unsigned int i;

	for (i = start; i < thread->frame_count && i < start + SHORT_MAX; i++) {
		phrase_add(phrase, "%s", i == start ? "" : " < ");
		chain_function(phrase, &thread->frames[i]);
	}
	if (i < thread->frame_count)
		phrase_add(phrase, " < %u more", thread->frame_count - i);
	phrase_add(phrase, "%s", thread->frame_count ? " < " : "");
	chain_end(phrase, thread);
}

static const char *top_stack(const struct story_thread *thread, unsigned int start)
{
	enum stack_kind kind = STACK_TASK;
	unsigned int i;

	for (i = 0; i < start; i++)
		if (thread->frames[i].stack != STACK_TASK)
			kind = thread->frames[i].stack;
	return stack_kind_text(kind);
}

void chain_interrupt(struct phrase *phrase, const struct story_thread *thread,
		     unsigned int start)
{
	if (!start)
		return;
	phrase_add(phrase, "an interrupt came there: ");
	chain_function(phrase, &thread->frames[start - 1]);
	if (start > 1) {
		phrase_add(phrase, ", now in ");
		chain_function(phrase, &thread->frames[0]);
		phrase_add(phrase, " (");
		words_count(phrase, start, "frame");
		phrase_add(phrase, ", %s stack)", top_stack(thread, start));
	}
}

/* ---------------------------------------------------------------- frame by frame */

void chain_thread(struct phrase *phrase, const struct story_thread *thread)
{
	words_thread(phrase, thread);
	if (thread->known && thread->task.tgid != thread->task.pid)
		phrase_add(phrase, ", a thread of pid %" PRId32, thread->task.tgid);
	if (thread->preempted)
		phrase_add(phrase, ", preempted in the kernel");
	else if (!thread->on_cpu && thread->known)
		phrase_add(phrase, ", state 0x%" PRIx64, thread->task.state);
	if (thread->user)
		phrase_add(phrase, ", in user mode at 0x%" PRIx64, thread->user_pc);
	if (thread->on_cpu && thread->origin != REGISTERS_MISSING)
		phrase_add(phrase, "; registers: %s", register_origin_text(thread->origin));
	else if (thread->on_cpu)
		phrase_add(phrase, "; no registers: %s",
			   thread->missing ? thread->missing : "it is not known why");
}

static void print_thread(const struct output_options *options,
			 const struct story_thread *thread)
{
	struct phrase phrase;

	phrase_begin(&phrase, "%s", "");
	chain_thread(&phrase, thread);
	lines_paint(options, LINES_BOLD);
	sentence_wrap(options->stream, phrase.text, 2, 0, options->columns);
	lines_paint(options, LINES_PLAIN);
	fputc('\n', options->stream);
}

static size_t longest_word(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		longest = length > longest ? length : longest;
		text += length + strspn(text + length, " ");
	}
	return longest;
}

/* What stands in column FRAME_NAME; on a line of its own, further left, if it is too long. */
static void print_name(const struct output_options *options, const char *text)
{
	unsigned int column = FRAME_NAME;

	if (options->columns && FRAME_NAME + 2 + longest_word(text) > options->columns) {
		column = FRAME_LONG;
		fprintf(options->stream, "\n%*s", FRAME_LONG, "");
	}
	sentence_wrap(options->stream, text, column + 2, column, options->columns);
	fputc('\n', options->stream);
}

static void print_inlined(const struct output_options *options, const struct story_frame *frame)
{
	struct phrase phrase;
	char name[NAME_SIZE];
	unsigned int i;

	for (i = 0; i < frame->inlined_count && i < STORY_INLINED_MAX; i++) {
		const struct debug_scope *scope = &frame->inlined[i];

		phrase_begin(&phrase, "%s (inlined)",
			     scope->function ? words_name(scope->function, name) : "?");
		if (scope->file)
			phrase_add(&phrase, " %s:%d", words_name(scope->file, name),
				   scope->line);
		fprintf(options->stream, "%*s", FRAME_NAME, "");
		print_name(options, phrase.text);
	}
}

static void print_frame(const struct output_options *options, const struct story_frame *frame,
			unsigned int number)
{
	struct story_frame plain = *frame;
	struct phrase phrase;
	char name[NAME_SIZE];

	print_inlined(options, frame);
	plain.inlined_count = 0;
	phrase_begin(&phrase, "%s", "");
	if (frame->named)
		chain_function(&phrase, &plain);
	else
		phrase_add(&phrase, "?");
	if (frame->file)
		phrase_add(&phrase, " %s:%d", words_name(frame->file, name), frame->line);
	fprintf(options->stream, "  #%-3u 0x%016" PRIx64 " ", number, frame->pc);
	print_name(options, phrase.text);
}

/* "name = 0x..", or where a struct is: "xas at 0x..". */
static void print_locals(const struct output_options *options, const struct story_frame *frame)
{
	struct phrase phrase;
	unsigned int i;

	phrase_begin(&phrase, "%s", "");
	for (i = 0; i < frame->local_count; i++) {
		const struct debug_local *local = &frame->locals[i];
		bool value = !local->in_memory || local->size <= sizeof(local->value);

		phrase_add(&phrase, "%s%s %s 0x%" PRIx64, i ? ", " : "", local->name,
			   value ? "=" : "at", value ? local->value : local->address);
	}
	if (!phrase.length)
		return;
	fprintf(options->stream, "%*s", LOCALS_INDENT, "");
	sentence_wrap(options->stream, phrase.text, LOCALS_INDENT, LOCALS_INDENT,
		      options->columns);
	fputc('\n', options->stream);
}

void chain_print(const struct output_options *options, const struct story_thread *thread)
{
	struct phrase phrase;
	unsigned int i;

	print_thread(options, thread);
	for (i = 0; i < thread->frame_count; i++) {
		const struct story_frame *frame = &thread->frames[i];
		bool other = i && frame->stack != thread->frames[i - 1].stack;

		if (i && (other || frame->kind == FRAME_INTERRUPTED))
			fprintf(options->stream, "  --- %s stack%s ---\n",
				stack_kind_text(frame->stack),
				frame->kind == FRAME_INTERRUPTED ? ", interrupted here" : "");
		print_frame(options, frame, i);
		print_locals(options, frame);
	}
	phrase_begin(&phrase, "end: ");
	chain_end(&phrase, thread);
	fputs("  ", options->stream);
	sentence_wrap(options->stream, phrase.text, 4, 2, options->columns);
	fputc('\n', options->stream);
}
