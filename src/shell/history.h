/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was typed, kept from session to session in ~/.local/state/kswapck/history. */
#ifndef KSWAPCK_SHELL_HISTORY_H
#define KSWAPCK_SHELL_HISTORY_H

/** history_open - read it. Without a home or rights, it lasts as long as the session. */
void history_open(void);
/** history_add - keep a line; not an empty one, one that begins with a blank, or the last. */
void history_add(const char *line);
/** history_shut - cut the file to its bound. */
void history_shut(void);

#endif
