/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results turned into bytes. A format is one file that ends in one const
 * struct output_ops. Nothing here reads dump memory or decides anything.
 */
#ifndef KSWAPCK_OUTPUT_H
#define KSWAPCK_OUTPUT_H

#include <stdio.h>

#include "audit/audit.h"
#include "output/json_writer.h"

/* What was opened. */
struct report_subject {
	const char *const *files;
	size_t file_count;
	const struct source_facts *facts;
	const char *release;
	const char *build_id;		/* NULL when not known */
	const char *symbols_from;
	const char *types_from;
	const char *era;
	bool swap_tables;		/* in place of trees, and of swap_map: see coverage.c */
	bool slab_is_page_type;		/* see coverage.c */
	int64_t taken;			/* seconds since 1970, the machine's clock; 0: not known */
};

#define REPORT_PROBLEMS_MAX CATALOGUE_PROBLEMS_MAX
#define REPORT_DEVICES_MAX 32

/* Findings of one problem. */
struct report_tally {
	uint64_t findings;
	uint64_t slots;
};

/* What came out of it, gathered while the findings pass by. */
/* How sure what was found in motion is. */
struct report_live {
	unsigned int audits;	/* fresh ones, one after the other; 0: of a dump */
	uint64_t transient;	/* findings that were gone in a later one */
	uint64_t undecided;	/* that neither held for long enough, nor went */
};

struct report_totals {
	struct audit_summary audit;
	struct report_tally problems[REPORT_PROBLEMS_MAX];	/* in catalogue order */
	struct kswapck_device devices[REPORT_DEVICES_MAX];
	size_t device_count;
	struct memory_statistics reads;	/* pages read from the dump, or not */
	struct report_live live;
	unsigned int left_out;		/* problems that the user does not want looked for */
	char left_out_names[200];	/* "freed-folio, nrpages" */
	int exit_status;
};

/* Who takes labelled lines and rows as words, not as text of so many columns. */
struct line_sink {
	void *data;
	/** @label: "" goes on with the one before; @marked: to be seen, "missing" */
	void (*line)(void *data, const char *label, const char *text, bool marked);
	/** @text: a row below the line before */
	void (*row)(void *data, const char *text);
};

struct output_options {
	FILE *stream;
	const struct line_sink *sink;	/* lines go there and not to the stream; NULL */
	unsigned int max_findings;	/* of each problem, on the screen; 0: all */
	bool colour;
	unsigned int columns;		/* of the terminal; 0: do not wrap lines */
};

struct output_ops;
struct explanation;

/* A report being written. */
struct output {
	const struct output_ops *ops;
	struct output_options options;
	const struct catalogue *catalogue;	/* whose problems are reported */
	struct report_totals totals;
	struct json_writer json;	/* used by output_json alone */
	/* lent; output_json and output_html write it at the end. NULL: none. See explain.h */
	const struct explanation *explanation;
	struct html_report *html;	/* used by output_html alone */
};

struct output_ops {
	const char *name;
	void (*begin)(struct output *output, const struct report_subject *subject);
	/** @nth: the how manieth finding of its problem this is, from 1 */
	void (*finding)(struct output *output, const struct kswapck_finding *finding,
			uint64_t nth);
	void (*end)(struct output *output, const struct report_subject *subject);
};

/* Parts of the text, line by line: what was opened; what was seen, and what was not. */
void text_subject(struct output *output, const struct report_subject *subject);
void text_coverage(struct output *output, const struct report_subject *subject);

extern const struct output_ops output_text;
extern const struct output_ops output_json;
extern const struct output_ops output_record;	/* one line for many dumps; with the story */

/* Members that all JSON documents have. */
void json_dump(struct json_writer *json, const struct report_subject *subject);
void json_kernel(struct json_writer *json, const struct report_subject *subject);

/** output_count - count a finding; returns which of its problem it is, from 1. */
uint64_t output_count(struct output *output, const struct kswapck_finding *finding);

#endif
