/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What crash and drgn read of every dump, so that they can show what kswapck has found. */
#ifndef KSWAPCK_COMPANIONS_H
#define KSWAPCK_COMPANIONS_H

#include "kernel/kernel.h"

/** companions_read - read it all, so that it is recorded. What is not there is left out. */
void companions_read(const struct kernel *kernel);

#endif
