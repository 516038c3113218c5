/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What TAB puts in: commands, symbols, types and their members, tasks, problems, files. */
#ifndef KSWAPCK_SHELL_COMPLETE_H
#define KSWAPCK_SHELL_COMPLETE_H

#include "shell/shell.h"

/** complete_open - let readline ask here; @shell is lent until complete_close(). */
void complete_open(struct shell *shell);
void complete_close(void);

#endif
