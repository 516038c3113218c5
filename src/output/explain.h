/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A story turned into bytes: for people in explain_text.c, for programs in
 * explain_json.c. As all of output/, it decides nothing and reads no dump.
 */
#ifndef KSWAPCK_EXPLAIN_H
#define KSWAPCK_EXPLAIN_H

#include "output/output.h"
#include "story/story.h"

#define EXPLAIN_COLUMNS_MAX 100

/* Which call chains are shown frame by frame. */
enum explain_stacks {
	STACKS_STORY,	/* none; those of the story stand in it, short */
	STACKS_CPUS,	/* of all CPUs */
	STACKS_ALL,	/* of every thread that the story holds */
};

/* A story to be shown. All is lent. */
struct explanation {
	const struct story *story;
	const struct report_subject *subject;
	const struct report_totals *totals;	/* of the audit */
	enum explain_stacks stacks;		/* text only */
	bool heading;		/* tell which dump it is; text only */
};

/**
 * explain_text - write the story for people.
 * @options: stream, colour and columns are used; lines never get longer than
 * EXPLAIN_COLUMNS_MAX, nor than columns if that is not 0.
 */
void explain_text(const struct output_options *options, const struct explanation *explanation);

/** explain_verdict_text - of all that only the verdict, as one line that is not wrapped. */
void explain_verdict_text(const struct output_options *options,
			  const struct explanation *explanation);

/** explain_words - the story's lines and rows, without the verdict, to @sink. */
void explain_words(const struct line_sink *sink, const struct explanation *explanation);

/**
 * explain_json - write the story as one object; its schema is
 * src/output/kswapck-explain.schema.json.
 * @key: NULL if the object is no member of another.
 */
void explain_json(struct json_writer *json, const char *key,
		  const struct explanation *explanation);

#endif
