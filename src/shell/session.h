/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session of the shell: where its lines come from, and what runs them. */
#ifndef KSWAPCK_SHELL_SESSION_H
#define KSWAPCK_SHELL_SESSION_H

#include "shell/shell.h"

/* Where lines come from. */
struct session_input {
	const char *file;	/* NULL: it is text */
	const char *text;
};

struct session_options {
	const struct session_input *inputs;	/* in place of standard input */
	size_t input_count;
	bool no_rc;
};

/**
 * session_run - run the commands of ~/.kswapckrc, then those of the inputs, or what is
 * typed or comes from standard input. What fails is told on stderr, and in shell->status.
 */
void session_run(struct shell *shell, const struct session_options *options);

/**
 * shell_run - run the commands of one line.
 * @where: stands before what is told on stderr: "script:3"; NULL: nothing does.
 *
 * Return: false when the rest of the lines must not be run: quit, Ctrl-C and nobody there
 * to go on, SIGTERM.
 */
bool shell_run(struct shell *shell, const char *line, const char *where);

/**
 * shell_interrupted - was Ctrl-C pressed? Then that is told and forgotten: it ends a line, and
 * a session in which nobody types.
 */
bool shell_interrupted(struct shell *shell, const char *where);

#endif
