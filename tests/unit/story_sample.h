/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made stories, one for each verdict, with names in them as a hostile dump has them. */
#ifndef STORY_SAMPLE_H
#define STORY_SAMPLE_H

#include "output/explain.h"

struct sample {
	struct story story;
	struct story_findings findings;
	struct story_thread threads[8];
	struct story_frame frames[8][16];
	struct story_range ranges[8];
	struct story_waiter waiters[8];
	struct story_victim victims[8];
	struct source_facts facts;
	struct report_subject subject;
	struct report_totals totals;
	struct explanation explanation;
};

/** sample_new - to be freed with free(). */
struct sample *sample_new(enum story_verdict verdict);

/** sample_swapoff - add a swapoff of vda that goes well; its first thread is a new one. */
struct story_swapoff *sample_swapoff(struct sample *sample);

/** sample_worst - fill whatever a story can have with the longest and worst there is. */
void sample_worst(struct sample *sample);

/** sample_text - the text, @columns wide; to be freed with free(). */
char *sample_text(const struct sample *sample, unsigned int columns);
/** sample_json - the document; to be freed with free(). */
char *sample_json(const struct sample *sample);

#endif
