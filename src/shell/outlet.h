/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the answer of a command goes: the terminal, a pager, a file, a pipe. */
#ifndef KSWAPCK_SHELL_OUTLET_H
#define KSWAPCK_SHELL_OUTLET_H

#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

#include "shell/line.h"

struct outlet {
	FILE *stream;
	const char *file;	/* it goes to; NULL */
	pid_t child;		/* /bin/sh that reads it; 0: none */
	bool fails_quietly;	/* whoever reads may stop to */
	struct sigaction old_sigpipe;
	/* of a terminal: kept until it is known whether a pager is needed */
	char *text;
	size_t used, room;
	unsigned int rows, columns;	/* of it; rows 0: no pager */
	unsigned int lines, column;
	int pipe;		/* of the pager; -1: not started */
};

/**
 * outlet_open - as @line says; else standard output.
 * @paged: long answers go through a pager, if standard output is a terminal.
 */
bool outlet_open(struct outlet *outlet, const struct shell_line *line, bool paged,
		 struct error *err);
/** outlet_close - all is written, and who reads it is done. False: it could not be written. */
bool outlet_close(struct outlet *outlet, struct error *err);

/** outlet_is_terminal - is it people who read it, at once? */
bool outlet_is_terminal(const struct outlet *outlet);

/** outlet_system - let /bin/sh run a command. @input: it may read standard input. */
bool outlet_system(const char *command, bool input, struct error *err);

#endif
