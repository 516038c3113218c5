/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KSWAPCK_SHELL_EXPLAIN_H
#define KSWAPCK_SHELL_EXPLAIN_H

#include "shell/shell.h"

/** shell_explain - the command explain: the whole story, or one finding. */
bool shell_explain(struct shell *shell, int argc, char **argv, struct error *err);

#endif
