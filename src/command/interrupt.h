/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ctrl-C: the first asks the work to stop and to say how far it came; the second kills. */
#ifndef KSWAPCK_INTERRUPT_H
#define KSWAPCK_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupt_seen(void);

#endif
