/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings by their numbers: found, and shown. */
#ifndef KSWAPCK_SHELL_FINDINGS_H
#define KSWAPCK_SHELL_FINDINGS_H

#include "shell/shell.h"

#define FINDINGS_MARGIN 5	/* columns of a number and the blank behind it: "12.  " */

/* Those of one problem, or all of them; or one, if that is not SIZE_MAX. */
struct findings_selection {
	const struct kswapck_problem *problem;	/* NULL: all */
	size_t one;	/* index in the audit's */
};

/** finding_find - "3": the index of a finding; an audit is made if there was none. */
bool finding_find(struct shell *shell, const char *text, size_t *index, struct error *err);

/** findings_select - by "3", "KS101", "freed-folio"; all if @text is NULL. Audits, too. */
bool findings_select(struct shell *shell, const char *text,
		     struct findings_selection *selection, struct error *err);

/** findings_output - a report of the audit that is written to @stream. */
struct output findings_output(const struct shell *shell, FILE *stream);

/**
 * finding_print - write one with its number.
 * @evidence: with the values that prove it; else the sentence alone.
 */
bool finding_print(const struct shell *shell, size_t index, bool evidence,
		   struct error *err);

/** findings_print - write those selected; with evidence, unless that is all. */
bool findings_print(struct shell *shell, const struct findings_selection *selection,
		    struct error *err);
/** findings_print_lost - say how many were too many to be kept; nothing if none. */
void findings_print_lost(const struct shell *shell);

/** findings_write - the same as members "numbers" and "findings", the latter as scan's. */
void findings_write(struct shell *shell, const struct findings_selection *selection,
		    struct json_writer *json);

#endif
