/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ctrl-C: the first asks the work to stop and to say how far it came; the second kills. */
#ifndef KSWAPCK_INTERRUPT_H
#define KSWAPCK_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupt_seen(void);

/**
 * interrupt_keep - for a session of many commands: no Ctrl-C kills it, and SIGTERM and
 * SIGHUP, if it was not ignored before, ask it to end.
 */
void interrupt_keep(void);
/** interrupt_ended - the signal that asked the session to end; 0: none did. */
int interrupt_ended(void);
/** interrupt_reset - the next command may begin: Ctrl-C was heard. */
void interrupt_reset(void);

#endif
