/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of the shell taken apart: words, quotes, comments, and where the answer goes.
 *
 *   slot 0:16389; page 0xe00 --json     # two commands
 *   log -r 'swap|oom' | tail > file     # what follows | is for /bin/sh
 *   findings >> file
 *   !ls -l                              # all of the line is for /bin/sh
 */
#ifndef KSWAPCK_SHELL_LINE_H
#define KSWAPCK_SHELL_LINE_H

#include <stdbool.h>

#include "base/error.h"

#define LINE_WORDS_MAX 64

/* One command of a line. */
struct shell_line {
	char *words[LINE_WORDS_MAX + 1];	/* ends with NULL */
	int count;		/* 0: there is no command */
	char *pipe;		/* after |; NULL: none */
	char *file;		/* after > or >>; NULL: none */
	bool append;		/* it was >> */
	char *system;		/* after !; NULL: none */
	char *text;		/* that all of these lie in; owned */
};

/**
 * line_take - take the next command from a line.
 * @text: moved behind it; the line is done when that is at its end.
 * @is_raw: does this command want the rest of the line as one word?
 *
 * A backslash stands for itself, but before " and \ within "...".
 *
 * Return: false with ERROR_USAGE when the line is not sound; then it is done. @line is to
 * be freed with line_free() in any case.
 */
bool line_take(const char **text, bool (*is_raw)(const char *name), struct shell_line *line,
	       struct error *err);
void line_free(struct shell_line *line);

#endif
