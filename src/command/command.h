/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subcommands: one file each, one const struct command each. */
#ifndef KSWAPCK_COMMAND_H
#define KSWAPCK_COMMAND_H

#include "audit/exit_status.h"
#include "base/error.h"

struct command {
	const char *name;
	const char *arguments;		/* "[OPTION]... DUMP..." */
	const char *summary;		/* one line */
	/** @argv[0] is the command's name. Return: exit status. */
	int (*run)(int argc, char **argv);
};

extern const struct command command_triage;
extern const struct command command_explain;
extern const struct command command_scan;
extern const struct command command_pins;
extern const struct command command_diff;
extern const struct command command_batch;
extern const struct command command_summarize;
extern const struct command command_record;
extern const struct command command_report;
extern const struct command command_distill;
extern const struct command command_shell;
extern const struct command command_plugins;
extern const struct command command_confirm;
extern const struct command command_help;

/** command_find - by name; NULL if there is none. */
const struct command *command_find(const char *name);
/** command_at - the N-th command; NULL after the last. */
const struct command *command_at(int index);

/**
 * command_unknown - say on stderr that there is no command or file of this name;
 * returns the exit status.
 */
int command_unknown(const char *name);

/** command_fail - print @err on stderr; returns the exit status that fits it. */
int command_fail(const struct error *err);

#endif
