/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that are typed at a terminal, through readline. */
#ifndef KSWAPCK_SHELL_EDITOR_H
#define KSWAPCK_SHELL_EDITOR_H

#include "shell/shell.h"

/** editor_open - before the first line; one session at a time, as readline has it. */
void editor_open(struct shell *shell);
/**
 * editor_read - a line; Ctrl-C begins it anew.
 *
 * Return: to be freed; NULL at the end (Ctrl-D, or the terminal is gone).
 */
char *editor_read(void);
void editor_close(void);

#endif
