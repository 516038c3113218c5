/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the story's text share: paragraphs and rows. */
#ifndef KSWAPCK_EXPLAIN_TELLER_H
#define KSWAPCK_EXPLAIN_TELLER_H

#include "output/explain_words.h"

#define TELLER_INDENT 12	/* blanks before a row */

struct teller {
	struct output_options options;	/* columns is a width, never 0 */
	const struct explanation *explanation;
	const struct story *story;
	struct phrase phrase;		/* the words at hand */
};

/** teller_paragraph - write the words at hand, with a label; nothing if there are none. */
void teller_paragraph(struct teller *teller, const char *label);
/** teller_row - write the words at hand below a paragraph. */
void teller_row(struct teller *teller);
/**
 * teller_limit - how many of @count rows to show: @limit, but all if only one more is
 * left, for to say so takes a row as well.
 */
size_t teller_limit(size_t count, size_t limit);
/** teller_rest - a row that says "and 5 more"; nothing if @rest is 0. */
void teller_rest(struct teller *teller, uint64_t rest);
void teller_blank(struct teller *teller);

/* explain_stuck.c: who is in it, where and why; and who will be */
void tell_spinners(struct teller *teller);
/** tell_stalled - those that RCU or the log names, in a stall without a spinner. */
void tell_stalled(struct teller *teller);
void tell_victims(struct teller *teller);
void tell_waiters(struct teller *teller);

/* explain_swap.c: swapoffs, devices that are gone, folios that belong elsewhere */
void tell_swapoffs(struct teller *teller);
void tell_gone(struct teller *teller);
void tell_moved(struct teller *teller);
void tell_crash(struct teller *teller);

/* explain_cause.c: how it came to that, and since when */
void tell_origin(struct teller *teller);
void tell_bugs(struct teller *teller);
void tell_log(struct teller *teller);
void tell_rcu(struct teller *teller);

#endif
