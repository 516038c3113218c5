/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What scan, explain and triage share: their options, and a dump or the running kernel
 * being audited.
 */
#ifndef KSWAPCK_INSPECTION_H
#define KSWAPCK_INSPECTION_H

#include "audit/slot_map.h"
#include "command/checks.h"
#include "command/command.h"
#include "command/dump_options.h"
#include "command/terminal.h"
#include "live/live.h"
#include "output/explain.h"
#include "output/output.h"

/* Which command an option belongs to; a sum. */
enum inspection_part {
	INSPECTION_SCAN		= 1 << 0,	/* findings are reported */
	INSPECTION_EXPLAIN	= 1 << 1,	/* a story is told */
	INSPECTION_WATCH	= 1 << 2,	/* the running kernel may be watched */
	INSPECTION_RECORD	= 1 << 3,	/* findings and story, in one line of JSON */
	INSPECTION_FILE		= 1 << 4,	/* it goes to a file, which must be named */
};

struct inspection_options {
	unsigned int parts;
	struct dump_options dump;
	struct dump_files files;	/* none: the running kernel */
	bool json;
	unsigned int max_findings;
	enum explain_stacks stacks;
	bool no_sweep;
	unsigned int threads;	/* 0: one */
	unsigned int confirm;	/* the running kernel: fresh audits that a finding must hold in */
	const char *output;	/* of INSPECTION_FILE */
	FILE *stream;		/* where the report goes; NULL: stdout */
	unsigned int watch;	/* milliseconds from one look at it to the next; 0: look once */
	bool quiet;
	bool help;
	struct checks checks;
};

/**
 * inspection_options_skip - index of the first argument that is no option of any command,
 * nor value of one; @argc if there is none.
 */
int inspection_options_skip(int argc, char **argv);

/* An opened dump, or the running kernel, its audit and its story. */
struct inspection {
	const struct inspection_options *options;
	struct dump dump;
	struct live *live;		/* NULL: a dump */
	struct live_options live_options;
	struct live_view view;		/* of the running kernel, once audited */
	struct report_subject subject;
	struct output output;		/* of the findings */
	struct story_findings findings;
	struct slot_map *map;		/* lent; filled by the audit. NULL: none is wanted */
	struct progress progress;
	struct story *story;		/* NULL before inspection_tell() */
};

/**
 * inspection_audit - audit, and report findings if INSPECTION_SCAN is wanted.
 *
 * The report's end is left to inspection_end(); before, nothing but findings is
 * written.
 */
bool inspection_audit(struct inspection *inspection, struct error *err);

/** inspection_tell - make the story; findings must have been audited. */
bool inspection_tell(struct inspection *inspection, struct error *err);

/** inspection_tell_view - of what a look has found; the exit status is left as it is. */
bool inspection_tell_view(struct inspection *inspection, const struct live_view *view,
			  struct error *err);

/** inspection_end - write the end of the report of findings. */
void inspection_end(struct inspection *inspection);

/** inspection_explanation - the story as output/ wants it. */
struct explanation inspection_explanation(const struct inspection *inspection);

/** What a command makes of an opened dump, on stdout. */
typedef bool inspection_fn(struct inspection *inspection, struct error *err);

/**
 * inspection_run - a whole command: options, the dump, @report, and the exit status.
 * @what: what the command does, for its help.
 */
int inspection_run(int argc, char **argv, const struct command *command, unsigned int parts,
		   const char *what, inspection_fn *report);

/* What the shell takes from here. */

/**
 * inspection_left_out - note in @totals what is not looked for, so that reports can say so:
 * problems graded 'ignore', and those whose checks --no-builtin took away.
 */
void inspection_left_out(const struct catalogue *graded, struct report_totals *totals);
/**
 * inspection_tell_left_out - the same in a story: no gap in what was seen, so that the
 * story is not incomplete for it.
 */
void inspection_tell_left_out(struct story *story, const struct report_totals *totals);
/** inspection_live_totals - what looking at a running kernel took. */
struct report_live inspection_live_totals(const struct live_view *view);

/** inspection_written - false with @err set when stdout could not be written. */
bool inspection_written(struct error *err);

#endif
