/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine's clock said when the dump was taken. */
#ifndef KSWAPCK_CLOCK_H
#define KSWAPCK_CLOCK_H

#include "kernel/kernel.h"

/**
 * clock_read - seconds since 1970, UTC; 0 when that cannot be told.
 *
 * From VMCOREINFO, where a crashing kernel writes it; else what the kernel itself took
 * for the time at its last tick.
 */
int64_t clock_read(const struct kernel *kernel);

#endif
