/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell: an opened dump (or the running kernel), and commands that look at it.
 *
 * A command is one function in one file and one entry of a const table there; shell.c
 * holds the array of tables. A command writes its answer to shell->out and returns
 * false with @err set when it cannot answer; it never ends the session, and it stops
 * soon when shell_stopped().
 */
#ifndef KSWAPCK_SHELL_H
#define KSWAPCK_SHELL_H

#include <stdio.h>

#include "audit/catalogue.h"
#include "command/dump.h"
#include "command/terminal.h"
#include "live/live.h"
#include "story/story.h"

/* What the last audit has found, numbered from 1 as people see it. */
struct shell_findings {
	struct kswapck_finding *findings;	/* their devices point into devices[] */
	size_t count, room;
	uint64_t lost;			/* there was no more room (FINDINGS_MAX) */
	struct kswapck_device devices[32];
	size_t device_count;
	struct audit_summary summary;
	struct report_live live;	/* of the running kernel */
	struct report_totals totals;	/* what a report of it says at its end */
	bool made;			/* an audit was run */
};

struct shell {
	struct dump dump;
	struct report_subject subject;
	const struct catalogue *catalogue;
	struct shell_findings audit;
	struct story_findings story_findings;
	struct story *story;		/* NULL: not told yet */
	uint64_t audits;		/* made so far; each numbers its findings anew */
	struct drgn_process *drgn;	/* NULL: not started yet */
	uint64_t drgn_audit;		/* whose findings it has; 0: none */
	bool live;			/* the running kernel: nothing read is kept */
	struct live *looks;		/* at it; NULL: none yet */
	struct live_options live_options;
	struct progress progress;
	/* of the command at work */
	FILE *out;			/* terminal, file, or pipe */
	bool json;			/* --json was among its arguments, and was taken out */
	unsigned int columns;		/* 0: do not wrap */
	bool colour;
	/* of the session */
	bool interactive;	/* somebody types at a terminal */
	bool json_always;	/* set json on */
	bool no_pager;		/* set pager off */
	bool finished;		/* quit was said */
	int status;		/* sum of enum exit_status: what failed, what was found */
};

/* How an argument is completed. */
enum shell_completion {
	COMPLETE_NOTHING,
	COMPLETE_SYMBOL,
	COMPLETE_STRUCT,	/* "page", and members after a dot */
	COMPLETE_COMMAND,
	COMPLETE_FILE,
	COMPLETE_TASK,		/* process ids */
	COMPLETE_PROBLEM,	/* ids and names */
	COMPLETE_TOPIC,		/* commands, problems, known bugs */
};

struct shell_command {
	const char *name;
	const char *arguments;	/* "TYPE:SLOT | ENTRY" */
	const char *summary;	/* one line */
	const char *help;	/* paragraphs */
	enum shell_completion completion;
	/** what follows the name is one argument, as it stands: no quotes, pipes, ; or # */
	bool raw;
	/** @argv[0] is the name; @argc - 1 arguments follow, --json taken out */
	bool (*run)(struct shell *shell, int argc, char **argv, struct error *err);
};

/* Each ends with name NULL. */
extern const struct shell_command shell_audit_commands[];	/* report.c: scan and the like */
extern const struct shell_command shell_confirm_commands[];	/* confirm.c: confirm */
extern const struct shell_command shell_drgn_commands[];	/* drgn.c: drgn */
extern const struct shell_command shell_slot_commands[];	/* slot.c: slot who xa */
extern const struct shell_command shell_page_commands[];	/* page.c: page folio */
extern const struct shell_command shell_task_commands[];	/* task.c: task bt log rcu */
extern const struct shell_command shell_memory_commands[];	/* memory.c: rd vtop sym struct */
extern const struct shell_command shell_session_commands[];	/* session.c: help set quit */

/** shell_command_at - the N-th of all; NULL after the last. */
const struct shell_command *shell_command_at(size_t index);

/** shell_command_find - by its whole name; NULL if there is none. */
const struct shell_command *shell_command_find(const char *name);

/** shell_stopped - Ctrl-C was pressed, or nobody reads any more. */
bool shell_stopped(const struct shell *shell);

/**
 * shell_number - an address or number: "0x1f", "1f" where @hex, "swap_info", "swap_info+8".
 * False with @err set when it is none of that.
 */
bool shell_number(struct shell *shell, const char *text, bool hex, uint64_t *value,
		  struct error *err);

/**
 * shell_settle - of the running kernel: forget what was read, and see anew what the CPUs do.
 * False with @err set when out of memory.
 */
bool shell_settle(struct shell *shell, struct error *err);

/** shell_audit - run the audit if there is none yet (or @again): fills shell->audit. */
bool shell_audit(struct shell *shell, bool again, struct error *err);

/** shell_forget - give the audit and its story back. */
void shell_forget(struct shell *shell);

/** shell_tell - the story, told if it was not: fills shell->story. */
bool shell_tell(struct shell *shell, struct error *err);

#endif
