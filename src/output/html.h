/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report as one HTML page that needs nothing else: no network, and scripts only to
 * zoom and to search. What comes from the dump is escaped on its way, without exception:
 * only html_raw() writes what it is given as it is, and only constants go there.
 */
#ifndef KSWAPCK_HTML_H
#define KSWAPCK_HTML_H

#include "audit/slot_map.h"
#include "output/output.h"

/* Slots of a finding, for the pictures. */
struct html_mark {
	unsigned int type;
	uint64_t first, last;
	uint64_t furthest;	/* the largest last of this device up to here, once sorted */
	uint64_t finding;	/* its number, from 1 */
	bool error;
	bool partial;		/* not all of these slots */
	bool shown;		/* the table has it */
};

#define HTML_MARKS_MAX 50000

/* Zero it, but for map, and cluster_slots; give it to a struct output. */
struct html_report {
	const struct slot_map *map;	/* lent */
	uint32_t cluster_slots;		/* 0: this kernel has no clusters */
	FILE *findings;			/* rows of the table, made as they come */
	char *text;
	size_t size;
	uint64_t number;		/* of the last finding */
	struct html_mark *marks;	/* sorted by type and first slot, once all are there */
	size_t mark_count, mark_room;
	uint64_t marks_lost;
	bool out_of_memory;
};

void html_report_free(struct html_report *html);

/** output_html - to output->options.stream; output->html and ->explanation must be set. */
extern const struct output_ops output_html;

/* html_write.c */
/** html_raw - a constant, as it is. */
void html_raw(FILE *stream, const char *constant);
/** html_text - any string, escaped for text and for attributes in quotes; made visible. */
void html_text(FILE *stream, const char *text);
/** html_words - the same with a format. */
void html_words(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** html_number - 8,123,456 */
void html_number(FILE *stream, uint64_t number);
/** html_begin - the head of a page: its policy, its style and, if it has one, its script. */
void html_begin(FILE *stream, const char *title, bool script);
void html_end(FILE *stream);
/** html_paragraphs - a text of kswapck help: lines that begin with a blank are code. */
void html_paragraphs(FILE *stream, const char *text);
/** html_verdict_class - "bad", "odd", "good" or "unknown". */
const char *html_verdict_class(const char *verdict);

/* The sections. */
void html_findings_add(struct output *output, const struct kswapck_finding *finding,
		       uint64_t nth);
void html_findings(struct output *output);
void html_problems(struct output *output);
void html_map(struct output *output);
void html_verdict(struct output *output);
void html_story(struct output *output);
void html_loop(struct output *output);
void html_bugs(struct output *output);
void html_stacks(struct output *output);

#endif
